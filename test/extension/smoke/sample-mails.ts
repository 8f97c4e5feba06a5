// Mails as the reader's own server hands them over: declared, signed, sealed by a bridge whose keys are made here.
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import type { SealSigner } from "../../../shared/hop/key-types.ts";
import type { PublishedKey } from "../../../shared/hop/keys.ts";
import { sealHop } from "../../../shared/hop/seal.ts";
import { makeBridgeKey, makeIdentity, makeMail, makeSignal, rawMail, signMail, withFields } from "../../fakes/mail.ts";
import type { Identity } from "../../fakes/mail.ts";

/** A bridge that seals and a sender who signs, at `now`. */
export interface SampleWorld {
  readonly domain: string;
  readonly reader: string;
  readonly keys: readonly PublishedKey[];
  readonly sender: Identity;
  /** The key that sealed, to introduce its successor. */
  readonly signer: SealSigner;
  /** The invoice, sealed by another key. */
  sealedBy(signer: SealSigner): Promise<string>;
  /** Raw mails by name: CRLF, one character an octet. */
  readonly mails: Readonly<Record<"invoice" | "tampered" | "plain" | "hostile", string>>;
  /** Like the invoice, with a mail attached that declares nothing. */
  readonly carrier: string;
}

const day = 86_400;
const text = (raw: Uint8Array): string => Buffer.from(raw).toString("latin1");

function received(at: number): HeaderField {
  const date = new Date(at * 1000).toUTCString().replace("GMT", "+0000");
  const value =
    " from mail.bank.example (mail.bank.example [192.0.2.25])\r\n" +
    "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n" +
    `\tby mx1.example.net (Postfix) with ESMTPS id 4XyZ1234; ${date}`;
  return { name: "Received", value };
}

/** A page that paints over everything, hides everything, and shows a bar of its own. */
const hostileHtml = `<html><head><style>
* { visibility: hidden !important; opacity: 0 !important; }
#waybill-banner, aside, div { display: none !important; transform: translateX(-9999px) !important; z-index: -1 !important; }
body { background: #fff; } .bar { visibility: visible !important; opacity: 1 !important; display: block !important; transform: none !important;
 position: fixed; top: 0; left: 0; right: 0; height: 90px; background: #e6f4ea; z-index: 2147483647 !important; }
</style></head><body><div class="bar">Waybill: Holds. VERIFIED (fake)</div><p>Please pay.</p></body></html>\r\n`;

/** The mail with another attached, which declares nothing. */
function carrying(mail: Message): Message {
  const inner = text(rawMail(makeMail({ subject: "Attached", messageId: "<inner@evil.example>" }))).trimEnd();
  const parts =
    "--b\r\nContent-Type: text/plain\r\n\r\nPlease pay.\r\n--b\r\nContent-Type: message/rfc822\r\n" +
    `Content-Disposition: attachment; filename="inner.eml"\r\n\r\n${inner}\r\n--b--\r\n`;
  const fields = mail.fields.map((field) =>
    field.name === "Content-Type" ? { ...field, value: ' multipart/mixed; boundary="b"' } : field,
  );
  return { fields, body: new TextEncoder().encode(parts) };
}

export async function makeSampleWorld(now: number): Promise<SampleWorld> {
  const bridge = makeBridgeKey({ notBefore: now - 30 * day, notAfter: now + 60 * day });
  const reader = "alice@example.net";
  const sender = await makeIdentity("billing@bank.example", { notBefore: now - day, notAfter: now + 300 * day });
  const date = new Date((now - 60) * 1000).toUTCString().replace("GMT", "+0000");
  const base = { from: "Bank <billing@bank.example>", to: `Alice <${reader}>`, date };

  async function sealed(mail: Message, ref: string, signer: SealSigner = bridge.signer): Promise<Message> {
    const below = withFields(mail, received(now - 30));
    const signal = makeSignal(below, signer, { at: now - 30, ref, trust: "domain" });
    const value = await sealHop({ signal, fields: below.fields, signer });
    return withFields(below, { name: "Hop-Signal", value: ` ${value}` });
  }

  const declared = await signMail(
    makeMail({ ...base, subject: "Invoice 1001", messageId: "<1001@bank.example>" }),
    sender,
    {
      now: now - 50,
    },
  );
  const invoice = await sealed(declared, "r-1001");
  const carrier = await signMail(
    carrying(makeMail({ ...base, subject: "Two invoices", messageId: "<2@bank.example>" })),
    sender,
    {
      now: now - 50,
    },
  );
  const plain = makeMail({
    ...base,
    from: "Bob <bob@example.org>",
    subject: "Lunch",
    messageId: "<lunch@example.org>",
  });
  const hostile: Message = {
    fields: [
      ...makeMail({ ...base, subject: "Overlay", messageId: "<overlay@evil.example>" }).fields.filter(
        (field) => field.name !== "Content-Type",
      ),
      { name: "Content-Type", value: " text/html; charset=us-ascii" },
    ],
    body: new TextEncoder().encode(hostileHtml),
  };
  const broken = { ...invoice, body: new TextEncoder().encode("Please pay to another account.\r\n") };
  const retitled = broken.fields.map((field) =>
    field.name === "Message-ID" ? { ...field, value: " <1002@bank.example>" } : field,
  );
  return {
    domain: "example.net",
    reader,
    keys: [bridge.key],
    sender,
    signer: bridge.signer,
    sealedBy: async (signer) => text(rawMail(await sealed(declared, "r-1003", signer))),
    carrier: text(rawMail(await sealed(carrier, "r-1004"))),
    mails: {
      invoice: text(rawMail(invoice)),
      tampered: text(rawMail({ ...broken, fields: retitled })).replace(
        "Subject: Invoice 1001",
        "Subject: Invoice 1002",
      ),
      plain: text(rawMail(plain)),
      hostile: text(rawMail(hostile)),
    },
  };
}

/** A mail that takes its time on the way: words first, then something to keep. */
export function largeMail(subject: string, megabytes = 5): string {
  const mail = makeMail({ subject, messageId: "<large@evil.example>" });
  const fields = mail.fields.filter((field) => field.name !== "Content-Type");
  const type = { name: "Content-Type", value: ' multipart/mixed; boundary="b"' };
  const attached = `${"A".repeat(76)}\r\n`.repeat(12_800 * megabytes);
  const parts =
    "--b\r\nContent-Type: text/plain\r\n\r\nPlease pay.\r\n--b\r\nContent-Type: application/octet-stream\r\n" +
    `Content-Disposition: attachment; filename="a.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n${attached}--b--\r\n`;
  return text(rawMail({ fields: [...fields, type], body: new TextEncoder().encode(parts) }));
}
