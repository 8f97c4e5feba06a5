// A raw mail taken apart into header fields and body. RFC 5322 sections 2.1 and 2.2, RFC 6532.
// Line ends are CRLF (SMTP, IMAP) or bare LF (Thunderbird's local folders); a CR without LF is an ordinary octet.
// Known gap: a first line "From ..." or ">From ..." of mbox files is skipped, everything else malformed is refused, as
// two programs that disagree on where the header ends disagree on what was signed.
import { stringFromBytes } from "../encoding/bytes.ts";
import { limits } from "../limits.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import type { HeaderField, Message } from "./field.ts";

const lf = 10;
const cr = 13;

/** Offsets of where the header section's last line ends and where the body begins. */
function headerEnd(raw: Uint8Array): { header: number; body: number } {
  let lineStart = 0;
  for (;;) {
    const at = raw.indexOf(lf, lineStart);
    if (at < 0) {
      return { header: raw.length, body: raw.length };
    }
    if (at === lineStart || (at === lineStart + 1 && raw[lineStart] === cr)) {
      return { header: lineStart, body: at + 1 };
    }
    if (at > limits.headerBytes) {
      return { header: at, body: at };
    }
    lineStart = at + 1;
  }
}

/** RFC 5322 section 3.6.8: field names are printable ASCII without colon. WSP before the colon is obsolete syntax (4.5). */
function fieldName(text: string): string | null {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 0x20 || text.charCodeAt(end - 1) === 0x09)) {
    end -= 1;
  }
  for (let index = 0; index < end; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x21 || unit > 0x7e) {
      return null;
    }
  }
  return end === 0 ? null : text.slice(0, end);
}

function parseField(text: string): HeaderField | null {
  const colon = text.indexOf(":");
  const name = colon < 0 ? null : fieldName(text.slice(0, colon));
  return name === null ? null : { name, value: text.slice(colon + 1) };
}

/** The offset after the field that starts at `start`: its line and all continuation lines. */
function fieldEnd(text: string, start: number): { content: number; next: number } {
  let from = start;
  for (;;) {
    const at = text.indexOf("\n", from);
    if (at < 0) {
      return { content: text.length, next: text.length };
    }
    const following = text.charCodeAt(at + 1);
    if (following !== 0x20 && following !== 0x09) {
      return { content: at > start && text.charCodeAt(at - 1) === cr ? at - 1 : at, next: at + 1 };
    }
    from = at + 1;
  }
}

/** The header fields of a header section (a byte string, its lines ended by CRLF or LF). */
export function splitHeader(text: string): Result<readonly HeaderField[]> {
  const fields: HeaderField[] = [];
  let start = /^>?From /.test(text) ? fieldEnd(text, 0).next : 0;
  while (start < text.length) {
    if (fields.length >= limits.headerFields) {
      return perm("header/too-many-fields", `more than ${limits.headerFields} fields`);
    }
    const { content, next } = fieldEnd(text, start);
    const field = parseField(text.slice(start, content));
    if (field === null) {
      return perm("header/malformed", `no field name at octet ${start} of the header`);
    }
    fields.push(field);
    start = next;
  }
  return ok(fields);
}

/**
 * Header fields and body of a raw mail. Field values keep their folding; the body is a view into `raw`, not a copy.
 * Fails with header/too-large, header/too-many-fields or header/malformed.
 */
export function splitMessage(raw: Uint8Array): Result<Message> {
  const end = headerEnd(raw);
  if (end.header > limits.headerBytes) {
    return perm("header/too-large", `more than ${limits.headerBytes} octets of header`);
  }
  const fields = splitHeader(stringFromBytes(raw.subarray(0, end.header)));
  return fields.ok ? ok({ fields: fields.value, body: raw.subarray(end.body) }) : fields;
}
