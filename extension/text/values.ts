// Values that come from mail, made safe to stand in a sentence: no control characters, no bidirectional tricks, no end.
import type { Phrase } from "../../shared/verdict/types.ts";

/** Longest value shown, UTF-16 units: an address has at most 254 octets (RFC 5321 section 4.5.3.1), a host name 253. */
const maxValueLength = 300;

// C0, C1, line and paragraph separators; and the marks, embeddings, overrides and isolates of Unicode's bidirectional
// algorithm (UAX #9), with which a name can be made to read as another.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const hidden = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Text as it may be shown inside a sentence of ours. */
export function plainValue(text: string): string {
  const clean = text.slice(0, maxValueLength * 2).replace(hidden, "\ufffd");
  const units = clean.length > maxValueLength ? `${clean.slice(0, maxValueLength).trimEnd()}…` : clean;
  return units.toWellFormed();
}

/** Keeps a right-to-left value from reordering the sentence around it (UAX #9 section 2.7). */
export function isolated(text: string, direction: "ltr" | "rtl"): string {
  return direction === "rtl" || rightToLeft.test(text) ? `\u2068${text}\u2069` : text;
}

/** How a value is shown follows from the end of its name, so that nothing from mail is ever taken for a key or a date. */
export function valueKind(name: string): "moment" | "day" | "key" | "text" {
  if (name.endsWith("_at")) return "moment";
  if (name.endsWith("_day")) return "day";
  return name.endsWith("_key") ? "key" : "text";
}

/** The values' names in the order of the message's `$1`, `$2` …: alphabetical, in every locale. */
export function orderedNames(values: Phrase["values"]): string[] {
  return Object.keys(values).toSorted();
}
