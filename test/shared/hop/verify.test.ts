import { beforeAll, describe, expect, test } from "vitest";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import { sealHop } from "../../../shared/hop/seal.ts";
import type { BridgeKey, HopFindings, HopSignal } from "../../../shared/hop/types.ts";
import { verifyHops } from "../../../shared/hop/verify.ts";
import { limits } from "../../../shared/limits.ts";
import {
  bodyHashOf,
  editField,
  makeBridgeKey,
  makeIdentity,
  makeMail,
  makeSignal,
  must,
  signMail,
  testCrypto,
  testTime,
  withFields,
} from "../../fakes/mail.ts";

const { signer, key } = makeBridgeKey();

const field = (name: string, value: string): HeaderField => ({ name, value: ` ${value}` });
const authres = (id: string, result = "pass"): HeaderField => field("Authentication-Results", `${id}; dkim=${result}`);

/** The mail as a border leaves it: our Authentication-Results, and the Hop-Signal above. */
async function sealed(mail: Message, more: Partial<HopSignal> = {}, by = signer): Promise<Message> {
  const signal = makeSignal(mail, by, more);
  const seen = withFields(mail, authres(signal.by));
  return withFields(seen, { name: "Hop-Signal", value: await sealHop({ signal, fields: seen.fields, signer: by }) });
}

async function verify(
  mail: Message,
  keys: readonly BridgeKey[] = [key],
  domains = ["example.net"],
): Promise<HopFindings> {
  const input = { fields: mail.fields, body: { octets: mail.body }, domains, keys: () => keys, crypto: testCrypto };
  const findings = must(await verifyHops(input));
  const byHash = must(await verifyHops({ ...input, body: { hash: bodyHashOf(mail) } }));
  expect(byHash).toEqual(findings);
  return findings;
}

let declared: Message;
let good: Message;
beforeAll(async () => {
  declared = await signMail(makeMail(), await makeIdentity("alice@example.org"));
  good = await sealed(declared);
});

describe("verifyHops", () => {
  test("a good seal", async () => {
    const findings = await verify(good);
    expect(findings).toMatchObject({ verified: [{ body: "same" }], forged: [], foreign: 0, oldestIndex: 0 });
    expect(findings.verified[0]?.signal).toEqual(makeSignal(declared, signer));
  });

  test.each(["p256", "ed25519"] as const)("the same under WebCrypto, by a key of kind %s", async (kind) => {
    const made = makeBridgeKey({ kind });
    const mail = await sealed(declared, {}, made.signer);
    expect(await verify(mail, [made.key])).toMatchObject({ verified: [{ body: "same" }], forged: [] });
    const input = { body: { octets: mail.body }, domains: ["EXAMPLE.net"], keys: () => [made.key], crypto: webCrypto };
    expect(must(await verifyHops({ ...input, fields: mail.fields })).verified).toHaveLength(1);
    const changed = editField(mail, "Subject", () => " x");
    expect(must(await verifyHops({ ...input, fields: changed.fields })).forged).toMatchObject([{ code: "hop/seal" }]);
  });

  const confused = [
    { kind: "p256", said: "ed25519-sha256" },
    { kind: "ed25519", said: "ecdsa-p256-sha256" },
  ] as const;
  test.each(confused)("a key of kind $kind seals nothing as a=$said", async ({ kind, said }) => {
    const made = makeBridgeKey({ kind });
    const mail = await sealed(declared, {}, { ...made.signer, algorithm: said });
    expect(await verify(mail, [made.key])).toMatchObject({ verified: [], forged: [{ code: "hop/key-type" }] });
    const honest = await sealed(declared, {}, made.signer);
    const renamed = editField(honest, "Hop-Signal", (value) => value.replace(made.signer.algorithm, said));
    expect(await verify(renamed, [made.key])).toMatchObject({ verified: [], forged: [{ code: "hop/key-type" }] });
    // Whose id, whose key: what counts is the key.
    const other = makeBridgeKey({ kind: kind === "p256" ? "ed25519" : "p256" }).key;
    expect(await verify(honest, [{ ...other, keyId: made.key.keyId }])).toMatchObject({
      verified: [],
      forged: [{ code: "hop/key-type" }],
    });
  });

  test("no Hop-Signal: nothing, and no key is asked for", async () => {
    const input = {
      fields: declared.fields,
      body: { octets: declared.body },
      domains: ["example.net"],
      crypto: testCrypto,
    };
    const keys = (): never => {
      throw new Error("asked");
    };
    expect(must(await verifyHops({ ...input, keys }))).toEqual({
      verified: [],
      forged: [],
      foreign: 0,
      oldestIndex: -1,
    });
  });

  const harmless: { name: string; change: (mail: Message) => Message }[] = [
    {
      name: "trace fields on top",
      change: (mail) => withFields(mail, field("Received", "x"), field("Return-Path", "<>")),
    },
    { name: "fields nobody seals", change: (mail) => ({ ...mail, fields: [...mail.fields, field("X-Spam", "no")] }) },
    {
      name: "refolding",
      change: (mail) => editField(mail, "Subject", (value) => value.replace(" invoice", "\r\n\tinvoice  ")),
    },
    {
      name: "refolding of itself",
      change: (mail) => editField(mail, "Hop-Signal", (value) => value.replaceAll("; ", ";\r\n\t")),
    },
    {
      name: "a space inside a value of itself",
      change: (mail) => editField(mail, "Hop-Signal", (value) => value.replace("mx1.example", "mx1. example")),
    },
    {
      name: "others' Authentication-Results",
      change: (mail) => ({ ...mail, fields: [...mail.fields, authres("mx.evil.example")] }),
    },
    {
      name: "Authentication-Results above the seal: those are only claimed",
      change: (mail) => withFields(mail, authres("mx1.example.net")),
    },
    {
      name: "Hop-Signals of others above",
      change: (mail) => withFields(mail, field("Hop-Signal", "v=1; s=other.example")),
    },
    {
      name: "other fields' order",
      change: (mail) => ({ ...mail, fields: [...mail.fields.slice(0, 2), ...mail.fields.slice(2).reverse()] }),
    },
  ];
  test("an MTA that breaks long lines on their way to the mailbox does not break it", async () => {
    const mail = await sealed(makeMail({ subject: "x".repeat(2_500) }));
    const fields = mail.fields.map(({ name, value }) => {
      const lines = `${name}:${value}`.split("\r\n").map((line) => line.replaceAll(/.{998}(?=.)/g, "$&\r\n "));
      return { name, value: lines.join("\r\n").slice(name.length + 1) };
    });
    expect(fields.filter(({ value }, index) => value !== mail.fields[index]?.value)).toHaveLength(1);
    expect(await verify({ ...mail, fields })).toMatchObject({ verified: [{ body: "same" }], forged: [] });
  });

  test.each(harmless)("$name does not break it", async ({ change }) => {
    expect(await verify(change(good))).toMatchObject({ verified: [{ body: "same" }], forged: [] });
  });

  const names = [
    "From",
    "Sender",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "IPP-Purpose",
    "IPP-Signature",
  ];
  const breaking: { name: string; change: (mail: Message) => Message }[] = [
    ...names.flatMap((name) => [
      { name: `a ${name} added on top`, change: (mail: Message) => withFields(mail, field(name, "x")) },
      {
        name: `a ${name} added below`,
        change: (mail: Message) => ({ ...mail, fields: [...mail.fields, field(name, "x")] }),
      },
    ]),
    ...names
      .filter((name) => !["Sender", "Cc", "Reply-To"].includes(name))
      .flatMap((name) => [
        { name: `${name} changed`, change: (mail: Message) => editField(mail, name, (value) => `${value}x`) },
        { name: `${name} removed`, change: (mail: Message) => editField(mail, name, () => null) },
      ]),
    {
      name: "our Authentication-Results changed",
      change: (mail) => editField(mail, "Authentication-Results", (value) => value.replace("pass", "fail")),
    },
    {
      name: "our Authentication-Results removed",
      change: (mail) => editField(mail, "Authentication-Results", () => null),
    },
    {
      name: "another of our Authentication-Results below",
      change: (mail) => ({ ...mail, fields: [...mail.fields, authres("MX1.example.net")] }),
    },
    {
      name: "ours below, its authserv-id in quotes",
      change: (mail) => ({ ...mail, fields: [...mail.fields, authres('"mx1.example.net"')] }),
    },
    {
      name: "ours below, behind a comment",
      change: (mail) => ({ ...mail, fields: [...mail.fields, authres("(x)\r\n mx1.example.net")] }),
    },
    {
      name: "a Hop-Signal below",
      change: (mail) => ({ ...mail, fields: [...mail.fields, field("Hop-Signal", "v=1; s=other.example")] }),
    },
    {
      name: "another IP",
      change: (mail) => editField(mail, "Hop-Signal", (value) => value.replace("192.0.2.25", "192.0.2.26")),
    },
    {
      name: "a tag removed",
      change: (mail) => editField(mail, "Hop-Signal", (value) => value.replace(" ip=192.0.2.25;", "")),
    },
    { name: "a tag added", change: (mail) => editField(mail, "Hop-Signal", (value) => `${value}; zz=1`) },
    {
      name: "another body hash",
      change: (mail) => editField(mail, "Hop-Signal", (value) => value.replace(/bh=./, "bh=B")),
    },
  ];
  test.each(breaking)("$name breaks it", async ({ change }) => {
    const changed = change(good);
    expect(changed).not.toEqual(good);
    expect(await verify(changed)).toMatchObject({ verified: [], forged: [{ code: "hop/seal" }], oldestIndex: -1 });
  });

  test("another body is a second result: neither good nor forged", async () => {
    const changed = { ...good, body: Buffer.from("other") };
    expect(await verify(changed)).toMatchObject({ verified: [{ body: "changed" }], forged: [] });
  });

  test("two fields of one name change places", async () => {
    const two = await sealed({ ...declared, fields: [...declared.fields, field("To", "carol@example.com")] });
    expect((await verify(two)).verified).toHaveLength(1);
    const fields = [...two.fields];
    const first = fields.findIndex((entry) => entry.name === "To");
    const last = fields.length - 1;
    [fields[first], fields[last]] = [fields[last] ?? field("", ""), fields[first] ?? field("", "")];
    expect((await verify({ ...two, fields })).forged).toHaveLength(1);
  });

  test("transplanted into another mail", async () => {
    const other = withFields(makeMail({ subject: "Pay at once" }), ...good.fields.slice(0, 2));
    expect(await verify(other)).toMatchObject({ verified: [], forged: [{ code: "hop/seal" }] });
  });

  const keys: { name: string; keys: BridgeKey[]; code: string | null }[] = [
    { name: "no such key", keys: [makeBridgeKey().key], code: "hop/unknown-key" },
    { name: "revoked", keys: [{ ...key, revoked: true }], code: "hop/revoked-key" },
    { name: "sealed before its time", keys: [{ ...key, notBefore: testTime + 6 }], code: "hop/key-time" },
    { name: "sealed after its time", keys: [{ ...key, notAfter: testTime + 4 }], code: "hop/key-time" },
    {
      name: "retired since, but sealed in its time",
      keys: [{ ...key, notAfter: testTime + 5 }, makeBridgeKey().key],
      code: null,
    },
    { name: "the id of one, the key of another", keys: [{ ...key, spki: makeBridgeKey().key.spki }], code: "hop/seal" },
    { name: "no key at all", keys: [{ ...key, spki: new Uint8Array(91) }], code: "hop/key-type" },
  ];
  test.each(keys)("key: $name", async ({ keys, code }) => {
    const findings = await verify(good, keys);
    expect(findings.forged.map((entry) => entry.code)).toEqual(code === null ? [] : [code]);
    expect(findings.verified).toHaveLength(code === null ? 1 : 0);
  });

  test("another domain's seals are not ours to believe", async () => {
    expect(await verify(good, [key], ["example.com"])).toMatchObject({ verified: [], forged: [], foreign: 1 });
  });

  test("a forged one from outside: right domain, wrong key", async () => {
    const mallory = makeBridgeKey();
    const forged = await sealed(declared, {}, mallory.signer);
    expect(await verify(forged)).toMatchObject({ verified: [], forged: [{ code: "hop/unknown-key" }] });
    const claimed = await sealed(declared, {}, { ...mallory.signer, keyId: key.keyId });
    expect(await verify(claimed)).toMatchObject({ verified: [], forged: [{ code: "hop/seal" }] });
  });

  const junk: { name: string; value: string; want: Partial<HopFindings> }[] = [
    { name: "unreadable, names our domain", value: " hello example.net", want: { foreign: 0 } },
    { name: "unreadable, names nobody", value: " hello", want: { foreign: 1, forged: [] } },
    { name: "our s, nothing else", value: " s=EXAMPLE.net", want: { foreign: 0 } },
    { name: "another s that mentions us", value: " s=a.example; helo=example.net", want: { foreign: 1, forged: [] } },
  ];
  test.each(junk)("$name", async ({ value, want }) => {
    const findings = await verify(withFields(declared, { name: "hop-signal", value }));
    expect(findings).toMatchObject({ verified: [], ...want });
    expect(findings.forged.length).toBe(want.foreign === 0 ? 1 : 0);
  });

  test("two hops; the upper one covers the lower", async () => {
    const two = await sealed(good, { hop: 2, by: "mx2.example.net" });
    const findings = await verify(two);
    expect(findings.verified.map(({ signal }) => [signal.hop, signal.by])).toEqual([
      [2, "mx2.example.net"],
      [1, "mx1.example.net"],
    ]);
    expect(findings.oldestIndex).toBe(2);
    const without = { ...two, fields: two.fields.filter((_entry, index) => index !== 2) };
    expect(await verify(without)).toMatchObject({ verified: [], forged: [{ code: "hop/seal" }] });
    const lying = editField(two, "Hop-Signal", (value) =>
      value.includes("hop=1") ? value.replace("TLSv1.3", "TLSv1.2") : value,
    );
    expect(await verify(lying)).toMatchObject({ verified: [], forged: [{ code: "hop/seal" }, { code: "hop/seal" }] });
  });

  test("the same host twice (a content filter in between) breaks nothing", async () => {
    const two = await sealed(good, { hop: 2 });
    expect((await verify(two)).verified).toHaveLength(2);
  });

  test("hop numbers rise from below, or the lower one is not believed", async () => {
    const two = await sealed(good, { hop: 1 });
    expect(await verify(two)).toMatchObject({
      verified: [{ signal: { hop: 1 } }],
      forged: [{ code: "hop/order" }],
      oldestIndex: 0,
    });
  });

  test("a doubled Hop-Signal is not believed twice", async () => {
    const doubled = withFields(good, ...good.fields.slice(0, 1));
    const findings = await verify(doubled);
    expect(findings.verified).toHaveLength(1);
    expect(findings.forged).toHaveLength(1);
  });

  test("too many are not all looked at", async () => {
    const many = withFields(
      declared,
      ...Array.from({ length: limits.hops + 50 }, () => field("Hop-Signal", "v=1; s=example.net")),
    );
    const { forged } = await verify(many);
    expect(forged).toHaveLength(limits.hops + 1);
    expect(forged.at(-1)?.code).toBe("hop/too-many");
  });

  test("sealing under another key's name is a bug", async () => {
    const signal = makeSignal(declared, makeBridgeKey().signer);
    await expect(sealHop({ signal, fields: declared.fields, signer })).rejects.toThrow(RangeError);
  });
});
