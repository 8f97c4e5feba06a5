// CFBL-Address and CFBL-Feedback-ID: where a mail's sender wants complaints to go, and what he calls the mail. RFC 9477
// section 5. Known gaps: no comment between ";" and "report=", no UTF-8 in a feedback id.
import { atEnd, skipCfws, takeRun, type Cursor } from "../authres/scan.ts";
import { decodeUtf8Strict } from "../encoding/bytes.ts";
import { parseAddress } from "../header/address.ts";
import { limits } from "../limits.ts";
import { ok, perm, type Result } from "../result.ts";

/** Where reports go. */
export interface FeedbackAddress {
  /** Unicode, domain as lower-case A-labels. */
  readonly address: string;
  readonly domain: string;
  /** The form that is asked for; "arf" where none is (RFC 9477 section 3.5). */
  readonly format: "arf" | "xarf";
}

const format = /;[ \t\r\n]*report=(arf|xarf)[ \t\r\n]*$/;

/** Reads CFBL-Address: a value as in HeaderField. Fails with `cfbl/too-long`, `cfbl/encoding`, `cfbl/address`. */
export function parseFeedbackAddress(value: string): Result<FeedbackAddress> {
  if (value.length > limits.feedbackChars) return perm("cfbl/too-long", `${value.length} characters`);
  const text = decodeUtf8Strict(value);
  if (text === null) return perm("cfbl/encoding", "not UTF-8");
  const asked = format.exec(text);
  const written = asked === null ? text : text.slice(0, asked.index);
  const parsed = parseAddress(written.replaceAll(/\r?\n/g, ""));
  if (!parsed.ok) return perm("cfbl/address", parsed.detail);
  const { address, domain } = parsed.value;
  // A report is sent to what a domain's owner signed for: an address literal has none.
  if (!domain.includes(".") || domain.startsWith("[")) return perm("cfbl/address", "no mail domain");
  return ok({ address, domain, format: asked?.[1] === "xarf" ? "xarf" : "arf" });
}

const idText = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~:-]*/y;

/** Reads CFBL-Feedback-ID; white space and comments are no part of it. Fails with `cfbl/too-long`, `cfbl/id`. */
export function parseFeedbackId(value: string): Result<string> {
  if (value.length > limits.feedbackChars) return perm("cfbl/too-long", `${value.length} characters`);
  const cursor: Cursor = { text: value, at: 0 };
  let id = "";
  for (;;) {
    if (!skipCfws(cursor)) return perm("cfbl/id", "a comment that does not end");
    const run = takeRun(cursor, idText);
    if (run === "") break;
    id += run;
  }
  return id !== "" && atEnd(cursor) ? ok(id) : perm("cfbl/id", `at ${cursor.at}`);
}
