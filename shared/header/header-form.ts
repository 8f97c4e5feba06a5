// Whether a header means the same to every program that reads it. RFC 5322 section 2.2: a field ends at CRLF, and CR and LF
// stand nowhere else; mail programs (Thunderbird among them) end a line at a CR alone, others cut a value at a NUL. So
// "Subject: hello<CR>From: billing@bank.example" is one field to whoever signs, and two to whoever reads.
import type { HeaderField } from "./field.ts";

// oxlint-disable-next-line no-control-regex -- the controls are what it looks for
const stray = /\0|\r(?!\n)|\n(?![ \t])/;

/** No field holds a NUL, a CR that is no line end's, or a line end that is no folding (CRLF, or LF as milters fold). */
export function isOneHeader(fields: readonly HeaderField[]): boolean {
  return !fields.some(({ value }) => stray.test(value));
}
