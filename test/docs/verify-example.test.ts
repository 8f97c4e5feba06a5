// The worked example and mails of other keys under an implementation that shares nothing with ours: verify-example.sh.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { KeyKind } from "../../bridge/keys/key-file.ts";
import { stringFromBytes } from "../../shared/encoding/bytes.ts";
import { formatBridgeKeys } from "../../shared/hop/keys.ts";
import { sealHop } from "../../shared/hop/seal.ts";
import { formatPem } from "../../shared/x509/pem.ts";
import { makeBridgeKey, makeIdentity, makeMail, makeSignal, rawMail, signMail, withFields } from "../fakes/mail.ts";
import { protocolFile } from "./protocol.ts";

const script = join(import.meta.dirname, "verify-example.sh");
const example = readFileSync(protocolFile, "utf8");
const holds = /^the declaration holds: [a-z.]+, signed for alice@example\.org\nthe seal holds: mx1\.example\.net .*\n$/;

function run(document: string): { readonly code: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), "waybill-example-"));
  try {
    const file = join(folder, "document.md");
    writeFileSync(file, document, "latin1");
    const { status, stdout, stderr } = spawnSync("bash", [script, file], { encoding: "latin1" });
    return { code: status, said: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A document like the protocol's, of a mail of all the white space that relaxing is about. */
async function documentOf(kind: KeyKind, sealKind: "p256" | "ed25519"): Promise<string> {
  const alice = await makeIdentity("alice@example.org", { kind });
  const { signer, key } = makeBridgeKey({ kind: sealKind });
  const mail = makeMail({
    to: "Bob <bob@example.net>,\r\n\tCarla\t<Carla@sub.example.net>",
    cc: "Dora <dora@example.com>",
    subject: "  two  blanks,\ta tab,\r\n   and a fold \t",
    body: "\r\n\r\none  two\t\tthree \t\r\n \r\n  in\r\nCaf\xe9\r\n\r\n \t\r\n\r\n",
  });
  const declared = await signMail(mail, alice);
  const results = { name: "Authentication-Results", value: " mx1.example.net;\r\n dkim=pass header.d=example.org" };
  const foreign = { name: "Authentication-Results", value: " mx.example.org; none" };
  const seen = withFields(declared, results, foreign);
  const value = await sealHop({ signal: makeSignal(seen, signer), fields: seen.fields, signer });
  const blocks = [
    stringFromBytes(rawMail(withFields(seen, { name: "Hop-Signal", value }))),
    `v=IPP1; t=url; url=https://mail.example.org/ipp/{d}/; ca=sha256:${alice.signer.keyId}`,
    alice.chain.map((der) => formatPem(der)).join(""),
    JSON.stringify({ keys: formatBridgeKeys([key]) }, null, 1),
  ];
  return `## 8. Example\n\n${blocks.map((text) => `\`\`\`\n${text.replace(/\n?$/, "\n")}\`\`\`\n`).join("\n")}`;
}

describe("verify-example.sh", () => {
  test("takes the protocol's example", () => {
    expect(run(example)).toEqual({ code: 0, said: expect.stringMatching(holds) });
  });

  test.each([
    ["ed25519", "p256"],
    ["p256", "ed25519"],
    ["rsa2048", "p256"],
  ] as const)("takes a mail of a key of kind %s, sealed by one of kind %s", async (kind, sealKind) => {
    const document = await documentOf(kind, sealKind);
    expect(run(document)).toEqual({ code: 0, said: expect.stringMatching(holds) });
    expect(run(document.replace("one  two", "one  three")).said).toContain("the body is not the one signed");
    expect(run(document.replace("two  blanks", "two blank")).said).toContain("the declaration's signature");
    expect(run(document.replace("header.d=example.org", "header.d=example.com")).said).toContain("the seal");
  });

  test.each([
    ["body", "12.50 EUR to pay", "99.50 EUR to pay", "the body is not the one signed"],
    ["Subject", "Subject: Your invoice", "Subject: Your  other", "the declaration's signature"],
    ["To", "To: Bob <bob@example.net>", "To: Eve <eve@example.net>", "the declaration's signature"],
    ["From", "From: Alice <alice@example.org>", "From: Alice <alice@bank.example>", "From is not i"],
    ["purpose", "p=transactional.invoice; cls", "p=personal; cls", "the declaration's signature"],
    ["a bound recipient", "rh=pj0e", "rh=pj0f", "the declaration's signature"],
    ["token", "tok=AQF8", "tok=AQF9", "the declaration's signature"],
    ["Content-Type", "Content-Type: text/plain", "Content-Type: text/html", "the declaration's signature"],
    ["an added Subject", "Subject: Your", "Subject: x\nSubject: Your", "the declaration's signature"],
    ["when it was signed", "t=1763850000; x=", "t=1700000000; x=", "the certificate"],
    ["the key's name", "ks=qTXz", "ks=qTXy", "ks is not the certificate's key"],
    ["the key's name in DNS", "ca=sha256:qTXz", "ca=sha256:qTXy", "the TXT record does not name the key"],
    ["Authentication-Results", "smtp.bits=256", "smtp.bits=128", "the seal"],
    ["the sealed result", "ipp=pass", "ipp=none", "the seal"],
    ["the sealed TLS", "tls=TLSv1.3; cs", "tls=TLSv1.2; cs", "the seal"],
    ["the sealed body digest", "bh=3UQME9whEM7qenDysWMaAB_HW", "bh=3UQME9whEM7qenDysWMaAB_HX", "not the one sealed"],
    ["the seal's key", '"x": "XL2fo', '"x": "XL2fp', "kid is not the digest of the key"],
    [
      "an algorithm that is not the seal key's",
      "a=ecdsa-p256-sha256",
      "a=ed25519-sha256",
      "a is not of the key's kind",
    ],
    ["a seal key of another kind than its seal", '"kty": "EC"', '"kty": "OKP"', "a is not of the key's kind"],
    ["when the key was valid", '"exp": 1771626000', '"exp": 1763850004', "out of its time"],
    ["a revoked key", '"revoked": false', '"revoked": true', "out of its time"],
    ["the text's octets that are signed", "\nsubject:Your invoice", "\nsubject:Your  invoice", "other signed octets"],
    ["the text's octets that are sealed", "\nsubject:Yourinvoice", "\nsubject:Your invoice", "other sealed octets"],
  ])("refuses the example with another %s", (_name, was, is, words) => {
    const section = example.indexOf("## 8. Worked example");
    const altered = example.slice(0, section) + example.slice(section).replace(was, () => is);
    expect(altered).not.toBe(example);
    const { code, said } = run(altered);
    expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(words) });
  });

  test("is a few dozen lines of coreutils, sed, awk and openssl", () => {
    const lines = readFileSync(script, "utf8")
      .split("\n")
      .filter((line) => !/^\s*(#|$)/.test(line));
    expect(lines.length).toBeLessThan(90);
    expect(lines.join("\n")).not.toMatch(/\b(node|python3?|perl|waybill)\b/);
  });
});
