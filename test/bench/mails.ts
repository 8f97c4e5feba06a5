// The mails of the benchmarks: each with a token of its own, declared by a P-256 or an RSA-2048 key in turn, and with a
// DKIM signature (RSA-2048, relaxed/relaxed) for OpenDKIM to verify. Both milters get the very same octets.
import { createHash, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { bytesFromString, concatBytes } from "../../shared/encoding/bytes.ts";
import { relaxBody, relaxedField } from "../../shared/header/canonical.ts";
import type { Message } from "../../shared/header/field.ts";
import { type Identity, makeIdentity, makeMail, must, rawMail, signMail, withFields } from "../fakes/mail.ts";

/** Who sends and who receives in all benchmarks; mload.c has the same envelope. */
export const sender = "alice@sender.test";
export const recipient = "bob@example.test";

/** Where the DKIM key is published. */
export const dkimName = "sel._domainkey.sender.test";

/** What a benchmark's world consists of. */
export interface World {
  readonly identities: readonly Identity[];
  readonly dkimKey: KeyObject;
  /** TXT value of `dkimName`. */
  readonly dkimRecord: string;
}

/** New keys. */
export async function makeWorld(): Promise<World> {
  const valid = { notBefore: now() - 86_400, notAfter: now() + 30 * 86_400 };
  const identities = [
    await makeIdentity(sender, { kind: "p256", ...valid }),
    await makeIdentity(sender, { kind: "rsa2048", ...valid }),
  ];
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const spki = publicKey.export({ format: "der", type: "spki" }).toString("base64");
  return { identities, dkimKey: privateKey, dkimRecord: `v=DKIM1; k=rsa; p=${spki}` };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

const words = "the invoice for October is attached please pay within fourteen days of receipt thank you".split(" ");

/** Text of about this many octets, lines as people's. */
function text(bytes: number, seed: number): string {
  let body = `Mail number ${seed}\r\n`;
  for (let line = 0; body.length < bytes; line += 1) {
    const start = (seed + line * 7) % words.length;
    body += `${[...words.slice(start), ...words.slice(0, start)].slice(0, 11).join(" ")}${line % 9 === 0 ? "\r\n" : ""}\r\n`;
  }
  return body;
}

const signedNames = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"];

function dkimSign(mail: Message, key: KeyObject): Message {
  const bodyHash = createHash("sha256")
    .update(must(relaxBody(mail.body)))
    .digest("base64");
  const start = ` v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.test; s=sel;\r\n\th=${signedNames.join(":")};\r\n\tbh=${bodyHash};\r\n\tb=`;
  const lines = signedNames.map((name) => {
    const field = mail.fields.find((candidate) => candidate.name === name);
    return `${relaxedField(name, field?.value ?? "")}\r\n`;
  });
  const data = bytesFromString(lines.join("") + relaxedField("DKIM-Signature", start));
  const signature = createSign("sha256").update(data).sign(key, "base64");
  const folded = signature.replace(/(.{72})/g, "$1\r\n\t");
  return withFields(mail, { name: "DKIM-Signature", value: start + folded });
}

async function makeOne(world: World, bytes: number, number: number): Promise<Uint8Array> {
  const identity = world.identities[number % world.identities.length];
  if (identity === undefined) throw new Error("a world without identities");
  const plain = makeMail({
    from: `Alice Sender <${sender}>`,
    to: `Bob <${recipient}>`,
    subject: `Invoice ${number}`,
    messageId: `<${number}.${bytes}@sender.test>`,
    more: [
      ["User-Agent", "Mozilla Thunderbird"],
      ["X-Mailer-Number", String(number)],
      ["References", "<1.0@sender.test> <2.0@sender.test>"],
    ],
    body: text(bytes, number),
  });
  const declared = await signMail(plain, identity, { now: now() });
  const trace = {
    name: "Received",
    value:
      " from client.sender.test (client.sender.test [198.51.100.7])\r\n\tby a.sender.test (Postfix) with ESMTPSA id 4QABC\r\n\tfor <bob@example.test>; Sat, 22 Nov 2025 22:20:00 +0000 (UTC)",
  };
  return rawMail(withFields(dkimSign(declared, world.dkimKey), trace));
}

/** Writes mails for mload: each after its length and a LF. */
export async function writeMails(world: World, path: string, count: number, bytes: number): Promise<void> {
  const pieces: Uint8Array[] = [];
  for (let number = 0; number < count; number += 1) {
    const mail = await makeOne(world, bytes, number);
    pieces.push(bytesFromString(`${mail.length}\n`), mail);
  }
  writeFileSync(path, concatBytes(...pieces));
}
