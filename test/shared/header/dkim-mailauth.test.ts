// Generated messages signed by mailauth, relaxed/relaxed, and checked with our canonicalisation: header, body, and where one
// ends and the other begins. Seeded; another round by DKIM_SEED, a longer one by DKIM_MESSAGES.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { dkimSign } from "mailauth/lib/dkim/sign.js";
import { expect, test } from "vitest";
import { concatBytes } from "../../../shared/encoding/bytes.ts";
import { Random } from "../x509/scenario.ts";
import { relaxedSignatures } from "./dkim.ts";

const messages = Number(process.env["DKIM_MESSAGES"] ?? 1_000);
const seed = Number(process.env["DKIM_SEED"] ?? 20_261_122);

const privateKey = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
const publicKey = createPublicKey(createPrivateKey(privateKey));

const signer = { signingDomain: "example.org", selector: "s", privateKey };

type Pieces = readonly [string, ...string[]];
const names: Pieces = ["Subject", "SUBJECT", "subject ", "To", "Cc", "Reply-To", "Content-Type", "X-Long", "List-Id\t"];
const values: Pieces = [
  "a",
  "B",
  " ",
  "  ",
  "\t",
  " \t ",
  "\r\n ",
  "\r\n\t",
  "\r\n \r\n ",
  ":",
  ";",
  "\xe9",
  "\xff",
  "\r",
  "=?utf-8?q?=e9?=",
];
const bodies: Pieces = [
  "a",
  "b c",
  " ",
  "\t",
  "  \t",
  "\r\n",
  "\r\n\r\n",
  "\n",
  "\r",
  "\r\r\n",
  "\xe9",
  "\xff\0",
  ".",
  "\r\n.\r\n",
  "--x",
  "From ",
];

function text(random: Random, pieces: Pieces, most: number): string {
  return Array.from({ length: random.below(most + 1) }, () => random.pick(pieces)).join("");
}

/** A message as it may come over the wire. Octets in latin1. */
function message(random: Random): string {
  const fields = ["From: Alice <alice@example.org>\r\n"];
  for (let left = random.below(8); left > 0; left -= 1) {
    const long = random.chance(10) ? "x".repeat(random.below(3_000)) : "";
    // What follows a fold must not be empty, else the line would end the header or not be one.
    fields.push(`${random.pick(names)}:${text(random, values, 12)}${long}.\r\n`);
  }
  const shape = random.below(10);
  const body =
    shape === 0
      ? ""
      : shape === 1
        ? text(random, ["\r\n", " \r\n", "\t\r\n"], 6)
        : shape === 2
          ? `${"y".repeat(random.below(5_000))}${text(random, bodies, 4)}`
          : text(random, bodies, 30);
  return `${fields.join("")}\r\n${body}`;
}

async function sign(octets: Uint8Array): Promise<string> {
  const { signatures, errors } = await dkimSign(Buffer.from(octets), {
    canonicalization: "relaxed/relaxed",
    algorithm: "ed25519-sha256",
    headerList: ["From", "Subject", "To", "Cc", "Reply-To", "Content-Type", "X-Long", "List-Id"],
    // Its types ask for these above, its code for those below.
    ...signer,
    signatureData: [signer],
  });
  expect(errors).toEqual([]);
  return signatures;
}

test(`${messages} messages that mailauth signs`, { timeout: 60_000 + messages * 20 }, async () => {
  const random = new Random(seed);
  const differing: string[] = [];
  for (let index = 0; index < messages; index += 1) {
    const text = message(random);
    const octets = Uint8Array.from(Buffer.from(text, "latin1"));
    const signatures = await sign(octets);
    const [signature] = relaxedSignatures(concatBytes(Uint8Array.from(Buffer.from(signatures, "latin1")), octets));
    const { body, header } = signature?.check(publicKey) ?? { body: false, header: false };
    if (!body || !header)
      differing.push(`${index} ${body ? "" : "body "}${header ? "" : "header "}${JSON.stringify(text).slice(0, 600)}`);
  }
  expect(differing).toEqual([]);
});

test("a changed octet shows", async () => {
  const octets = Uint8Array.from(Buffer.from("From: a@example.org\r\nSubject: x\r\n\r\nhello\r\n"));
  const signed = `${await sign(octets)}${Buffer.from(octets).toString()}`;
  const checked = (whole: string) => relaxedSignatures(Uint8Array.from(Buffer.from(whole)))[0]?.check(publicKey);
  expect(checked(signed)).toEqual({ body: true, header: true });
  expect(checked(signed.replace("hello", "hallo"))).toEqual({ body: false, header: true });
  expect(checked(signed.replace("Subject: x", "Subject: y"))).toEqual({ body: true, header: false });
});
