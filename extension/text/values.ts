// How a phrase's values stand in a sentence: which are texts, times or further messages, in which order, and isolated where
// they are written the other way.
import type { Phrase } from "../../shared/verdict/types.ts";

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Keeps a right-to-left value from reordering the sentence around it (UAX #9 section 2.7). */
export function isolated(text: string, direction: "ltr" | "rtl"): string {
  return direction === "rtl" || rightToLeft.test(text) ? `\u2068${text}\u2069` : text;
}

/** How a value is shown follows from the end of its name, so that nothing from mail is ever taken for a key or a date. */
export function valueKind(name: string): "moment" | "day" | "number" | "key" | "text" {
  if (name.endsWith("_at")) return "moment";
  if (name.endsWith("_day")) return "day";
  if (name === "count" || name.endsWith("_count")) return "number";
  return name.endsWith("_key") ? "key" : "text";
}

/** The values' names in the order of the message's `$1`, `$2` …: alphabetical, in every locale. */
export function orderedNames(values: Phrase["values"]): string[] {
  return Object.keys(values).toSorted();
}
