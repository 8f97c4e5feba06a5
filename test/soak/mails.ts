// The mails of a soak: four kinds in a fixed mixture, each with a number of its own in X-Soak-Number, made when its turn
// comes. The declarations' tokens are the sending bridge's own, so that complaints about them count there.
import { bytesFromString } from "../../shared/encoding/bytes.ts";
import type { Signer } from "../../shared/crypto/crypto.ts";
import type { TokenKey } from "../../shared/ipp/token.ts";
import { makeMail, rawMail, signMail } from "../fakes/mail.ts";

/** Properly declared; the same with 200 kB; declared and changed afterwards; not declared. */
export type Kind = "good" | "large" | "broken" | "undeclared";

/** What the receiving bridge must say of each kind. */
export const wanted: Readonly<Record<Kind, string>> = {
  good: "pass",
  large: "pass",
  broken: "broken",
  undeclared: "none",
};

export const senderDomain = "sender.test";
export const readerDomain = "example.test";
/** Mailboxes there. */
export const readers = 40;
const undeclaredFrom = "carol@plain.test";
const largeBytes = 200_000;

/** One mail, the same octets at each try. */
export interface SoakMail {
  readonly number: number;
  readonly kind: Kind;
  readonly from: string;
  readonly to: string;
  readonly messageId: string;
  /** CRLF lines. */
  readonly raw: Buffer;
}

/** Who declares: a key of the sending bridge. */
export interface Author {
  readonly address: string;
  readonly signer: Signer;
  readonly tokenKey: TokenKey;
}

/** Of twenty: eleven good, one large, four broken, four undeclared. */
export function kindOf(number: number): Kind {
  const place = number % 20;
  if (place === 3) return "large";
  if (place % 5 === 1) return "broken";
  return place % 5 === 2 ? "undeclared" : "good";
}

/** The mailbox a mail goes to. */
export function readerOf(number: number): string {
  return `reader${number % readers}@${readerDomain}`;
}

const words = "the invoice for October is attached please pay within fourteen days of receipt thank you".split(" ");

/** About this many octets, different for each mail. */
function textOf(number: number, bytes: number): string {
  const line = `${words.slice(number % 7).join(" ")} ${number}\r\n`;
  return line.repeat(Math.ceil(bytes / line.length));
}

/** Makes one. `author` declares it, where it is declared. */
export async function makeSoakMail(number: number, author: Author): Promise<SoakMail> {
  const kind = kindOf(number);
  const from = kind === "undeclared" ? undeclaredFrom : author.address;
  const to = readerOf(number);
  const messageId = `<soak-${number}@${senderDomain}>`;
  const plain = makeMail({
    from: `Sender <${from}>`,
    to,
    subject: `Invoice ${number}`,
    date: new Date().toUTCString().replace("GMT", "+0000"),
    messageId,
    more: [["X-Soak-Number", String(number)]],
    body: textOf(number, kind === "large" ? largeBytes : 1_000 + (number % 9) * 1_000),
  });
  const now = Math.floor(Date.now() / 1_000);
  const signed = kind === "undeclared" ? plain : await signMail(plain, author, { now, tokenKey: author.tokenKey });
  const sent = kind === "broken" ? { ...signed, body: bytesFromString(textOf(number + 1, 900)) } : signed;
  return { number, kind, from, to, messageId, raw: Buffer.from(rawMail(sent)) };
}
