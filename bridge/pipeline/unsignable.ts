// Why a submitted mail can't be declared, in words for its writer, who may have no other: what stands in the way, and what
// he can do. RFC 3463 sections 3.4, 3.7 and 3.8.
import { wishField } from "./wish.ts";
import type { Failure } from "../../shared/result.ts";
import type { Reply } from "./mail.ts";

/** A label of the counter and the log, never personal. */
export type Reason =
  | "not-understood"
  | "not-authenticated"
  | "resent"
  | "no-single-from"
  | "foreign-address"
  | "no-certificate"
  | "purpose-not-granted"
  | "eight-bit"
  | "hidden-parts"
  | "too-large"
  | "no-room"
  | "not-signable";

/** Why, and what its writer is told where he wished for it. */
export interface Unsignable {
  readonly reason: Reason;
  /** A stable code beside the reason, or null. */
  readonly code: string | null;
  readonly reply: Reply;
  /** For the log: what the postmaster does about it. Only where it is his to mend. */
  readonly remedy?: string;
}

const otherwise = "or send it without a purpose";

/** Refused by rules: who may declare what. */
export function forbidden(reason: Reason, text: string): Unsignable {
  return { reason, code: null, reply: { code: 550, enhanced: "5.7.1", text } };
}

/** A certificate that was made a moment ago is unknown to a running bridge for up to an hour. */
const certificateRemedy =
  "waybill cert show: none of this address? waybill cert new; a valid one? systemctl reload waybill";

/** The postmaster's to mend: such mail may wait for him. */
export function noCertificate(address: string): Unsignable {
  const text = `There is no certificate to declare mail of ${address}: the postmaster can make one (waybill cert new), ${otherwise}`;
  const reply = { code: 451, enhanced: "4.3.5", text };
  return { reason: "no-certificate", code: null, reply, remedy: certificateRemedy };
}

/** Sent again by somebody who is not its author. */
export const resent = forbidden(
  "resent",
  `Mail that is sent again (Resent-*) can't be declared, leave out ${wishField}`,
);

interface Words {
  readonly reason: Reason;
  readonly code: number;
  readonly enhanced: string;
  readonly text: (detail: string) => string;
}

const words: Readonly<Record<string, Words>> = {
  "mime/protected": {
    reason: "eight-bit",
    code: 550,
    enhanced: "5.6.3",
    text: (type) =>
      `A part of the mail (${type}) holds 8-bit text, and may not be recoded: sign or encrypt it as quoted-printable or base64, ${otherwise}`,
  },
  "mime/inner-header": {
    reason: "eight-bit",
    code: 550,
    enhanced: "5.6.3",
    text: () =>
      `A file's name or an attached mail's header has letters beyond ASCII that are not encoded (RFC 2231, RFC 2047): rename the file, attach the mail zipped, ${otherwise}`,
  },
  "mime/malformed": {
    reason: "eight-bit",
    code: 550,
    enhanced: "5.6.0",
    text: (detail) =>
      `The mail's 8-bit text can't be recoded, its parts are malformed (${detail}): mend it, ${otherwise}`,
  },
  "mime/hidden-parts": {
    reason: "hidden-parts",
    code: 550,
    enhanced: "5.6.0",
    text: () =>
      `White space in the mail hides where its parts begin (behind or in a boundary, or for a part's empty line), or a boundary is written in the ways of RFC 2231: mend it, ${otherwise}`,
  },
  "mime/too-large": {
    reason: "too-large",
    code: 552,
    enhanced: "5.3.4",
    text: () => `The mail is too large for its 8-bit text to be recoded: make it smaller than 32 MB, ${otherwise}`,
  },
  "mime/no-room": {
    reason: "no-room",
    code: 451,
    enhanced: "4.3.1",
    text: () => "Too many large mails at once, please try again later",
  },
  "header/eight-bit": {
    reason: "eight-bit",
    code: 550,
    enhanced: "5.6.3",
    text: (name) =>
      `${name} has letters beyond ASCII that are not encoded: encode them (RFC 2047), use SMTPUTF8, ${otherwise}`,
  },
  "ipp/incomplete": {
    reason: "not-signable",
    code: 550,
    enhanced: "5.6.0",
    text: (detail) => `The mail can't be declared (${detail}): mend it, ${otherwise}`,
  },
};

/** What stands in the way of signing, as makeSevenBit, signDeclaration and the pipeline say. */
export function unsignable({ code, detail }: Failure): Unsignable {
  const said = words[code] ?? words["ipp/incomplete"];
  if (said === undefined) throw new Error("no words");
  return { reason: said.reason, code, reply: { code: said.code, enhanced: said.enhanced, text: said.text(detail) } };
}
