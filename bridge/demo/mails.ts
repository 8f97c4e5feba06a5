// The mails the demo sends itself: what each is to show, how it is made, and how it travels. Every one goes over SMTP.
import { randomUUID } from "node:crypto";
import { bytesFromString, encodeUtf8, stringFromBytes } from "../../shared/encoding/bytes.ts";
import type { Result } from "../../shared/result.ts";
import { addresses, reader } from "./world.ts";

/** The sending side, as far as mails need it. */
export interface Author {
  /** Signs a submitted mail; "" in `wish` means it declares nothing. */
  readonly sign: (address: string, raw: Uint8Array) => Promise<Result<Uint8Array>>;
  /** As `sign`, by a certificate that ended yesterday. */
  readonly signExpired: (address: string, raw: Uint8Array) => Promise<Result<Uint8Array>>;
  /** Takes the address's key back and makes another. */
  readonly changeKey: (address: string) => Promise<Result<void>>;
  /** A signed mail that was sent before, by its id. */
  readonly sent: (id: string) => Uint8Array | null;
}

/** One mail of the show. */
export interface Scene {
  readonly id: string;
  readonly title: string;
  /** Who speaks SMTP, and how. */
  readonly from: keyof typeof addresses;
  readonly tls: "with-certificate" | "yes" | "no";
  /** Into the mailbox by a server without a bridge. */
  readonly bypass?: boolean;
  /** Envelope recipients, one transaction each; the reader comes last. */
  readonly recipients?: readonly string[];
  /** Left out of the show: it only prepares the next one. */
  readonly hidden?: boolean;
  make(author: Author): Promise<Result<Uint8Array>>;
}

interface Letter {
  readonly from: string;
  readonly to?: string;
  readonly subject: string;
  readonly wish?: string;
  readonly more?: readonly string[];
  readonly text: readonly string[];
}

function letter(parts: Letter): Uint8Array {
  const { from, to = reader, subject, wish, more = [], text } = parts;
  const domain = /@([^>]+)/.exec(from)?.[1] ?? "example";
  const lines = [
    ...(wish === undefined ? [] : [`X-IPP-Purpose: ${wish}`]),
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${randomUUID()}@${domain}>`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 7bit",
    ...more,
    "",
    ...text,
    "",
  ];
  return encodeUtf8(lines.join("\r\n"));
}

const ok = (raw: Uint8Array): Promise<Result<Uint8Array>> => Promise.resolve({ ok: true, value: raw });

function edited(signed: Result<Uint8Array>, from: string, to: string): Result<Uint8Array> {
  return signed.ok ? { ok: true, value: bytesFromString(stringFromBytes(signed.value).replace(from, to)) } : signed;
}

const billing = "Bank Example <billing@bank.example>";
const news = "Letters Weekly <news@letters.example>";
const support = "Letters Support <support@letters.example>";
const newsletter = "p=newsletter; cls=bulk; consent=optin";
const listFields = ["List-Id: Letters Weekly <weekly.letters.example>"];

const invoice: Letter = {
  from: billing,
  subject: "Your invoice for November",
  wish: "p=transactional.invoice; cls=individual; consent=relationship",
  text: [
    "Dear customer,",
    "",
    "please find below your invoice no. 2026-11-0417.",
    "Amount: 48.20 EUR, due on 15 December.",
    "Account: DE02 1203 0000 0000 2020 51",
    "",
    "Bank Example",
  ],
};

const weekly: Letter = {
  from: news,
  to: `${reader}, tom@home.example, ina@home.example`,
  subject: "Letters Weekly no. 47: winter reading",
  wish: newsletter,
  more: listFields,
  text: ["Hello,", "", "this week: seven novels for long evenings.", "", "You asked for this newsletter in March."],
};

const plain = (from: string, subject: string, text: readonly string[], more: readonly string[] = []): Uint8Array =>
  letter({ from, subject, text, more });

const forgedSignal =
  "Hop-Signal: v=1; a=ecdsa-p256-sha256; s=home.example; k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; hop=1;" +
  " by=mx.home.example; id=4F00; t=1763850000; with=ESMTPS; tls=TLSv1.3; ipp=pass; p=account; tr=domain; act=accept;" +
  " ref=AAAAAAAAAAAAAAAAAAAAAA; bh=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU; b=AAAA";

/** The show, in its order. */
export const scenes: readonly Scene[] = [
  {
    id: "invoice",
    title: "Good: an invoice, signed; TLS 1.3, and the sending server showed its certificate",
    from: "bank",
    tls: "with-certificate",
    make: (author) => author.sign("billing@bank.example", letter(invoice)),
  },
  {
    id: "newsletter",
    title: 'Good: a newsletter that says so. Try "Not what it says": nobody is named, it went to three readers there',
    from: "letters",
    tls: "yes",
    make: (author) => author.sign("news@letters.example", letter(weekly)),
  },
  {
    id: "tampered",
    title: "The same invoice, its account number changed on the way; the bank signs all its mail",
    from: "stranger",
    tls: "yes",
    async make(author) {
      const signed = await author.sign("billing@bank.example", letter(invoice));
      return edited(signed, "DE02 1203 0000 0000 2020 51", "DE75 5121 0800 1245 1261 99");
    },
  },
  {
    id: "list-footer",
    title: "The same newsletter, passed on by a mailing list that added a footer",
    from: "relay",
    tls: "yes",
    async make(author) {
      const signed = await author.sign("news@letters.example", letter(weekly));
      return edited(signed, "in March.", "in March.\r\n-- \r\nPassed on by the reading circle");
    },
  },
  {
    id: "undeclared",
    title: "From a bank that declares all its mail, without a declaration",
    from: "stranger",
    tls: "yes",
    make: () =>
      ok(
        plain("Bank Example <security@bank.example>", "Your account will be closed", [
          "Dear customer,",
          "",
          "confirm your password within 24 hours: https://bank-example.invalid/confirm",
        ]),
      ),
  },
  {
    id: "copy",
    title: "The good invoice once more, from somewhere else: a second copy",
    from: "stranger",
    tls: "yes",
    make: async (author) => ({ ok: true, value: author.sent("invoice") ?? new Uint8Array() }),
  },
  {
    id: "forwarded",
    title: "Written to somebody else and forwarded: signed, but you are not named in it",
    from: "relay",
    tls: "yes",
    make: (author) =>
      author.sign(
        "billing@bank.example",
        letter({ ...invoice, to: "karl@elsewhere.example", subject: "Invoice for Karl" }),
      ),
  },
  {
    id: "expired",
    title: "Signed by a certificate that ended yesterday",
    from: "letters",
    tls: "yes",
    make: (author) =>
      author.signExpired(
        "archive@letters.example",
        letter({
          from: "Letters Archive <archive@letters.example>",
          subject: "From our archive",
          wish: "p=newsletter; cls=bulk",
          text: ["An old favourite, sent again."],
        }),
      ),
  },
  {
    id: "forged-hop",
    title: "Claims to have been checked by your server: the border took that claim out",
    from: "stranger",
    tls: "yes",
    make: () =>
      ok(
        plain(
          "Service Desk <service@home.example>",
          "Your mailbox is full",
          ["Log in here to keep your mail: https://home-example.invalid/"],
          [forgedSignal],
        ),
      ),
  },
  {
    id: "smuggled-hop",
    title: "The same claim, put into the mailbox past the server",
    from: "stranger",
    tls: "yes",
    bypass: true,
    make: () =>
      ok(
        plain(
          "Service Desk <service@home.example>",
          "Your mailbox is full (2)",
          ["Log in here to keep your mail: https://home-example.invalid/"],
          [forgedSignal],
        ),
      ),
  },
  {
    id: "plain",
    title: "An ordinary mail, declares nothing, came without TLS: like most mail for years to come",
    from: "relay",
    tls: "no",
    make: () =>
      ok(
        plain("Aunt Erna <erna@elsewhere.example>", "Sunday", [
          "Dear all,",
          "",
          "cake at four. Bring the dog.",
          "",
          "Erna",
        ]),
      ),
  },
  {
    id: "replay",
    title: "One signed newsletter, sent again to many whom it does not name",
    from: "stranger",
    tls: "yes",
    recipients: [...Array.from({ length: 11 }, (_, index) => `guest${index + 1}@home.example`), reader],
    make: (author) =>
      author.sign(
        "news@letters.example",
        letter({ ...weekly, to: "ina@elsewhere.example", subject: "Letters Weekly, just for Ina" }),
      ),
  },
  {
    id: "support-before",
    title: "A first mail by the support's key",
    from: "letters",
    tls: "yes",
    hidden: true,
    make: (author) => author.sign("support@letters.example", letter(supportMail("Your question"))),
  },
  {
    id: "changed-key",
    title: "The support's key has changed since its last mail, and the old one was taken back",
    from: "letters",
    tls: "yes",
    async make(author) {
      const changed = await author.changeKey("support@letters.example");
      return changed.ok ? author.sign("support@letters.example", letter(supportMail("Re: Your question"))) : changed;
    },
  },
];

function supportMail(subject: string): Letter {
  return {
    from: support,
    subject,
    wish: "p=transactional; cls=individual; consent=relationship",
    text: ["Hello,", "", "we have sent the missing issue once more.", "", "Letters Support"],
  };
}
