import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../shared/header/address.ts";
import { formatSignature, maySign, parseSignature, type SignatureParts } from "../../../shared/ipp/signature.ts";
import { requiredFields } from "../../../shared/ipp/signed-fields.ts";
import { must } from "../../fakes/mail.ts";

const parts: SignatureParts = {
  algorithm: "ed25519-sha256",
  mailbox: must(parseAddress("alice@example.org")),
  keyId: "k".repeat(42) + "A",
  signedAt: 1_763_850_000,
  expiresAt: 1_764_454_800,
  signedFields: [...requiredFields],
  bodyHash: new Uint8Array(32).fill(7),
  rh: ["r".repeat(22)],
  rd: ["d".repeat(22)],
  token: Buffer.concat([Uint8Array.of(1, 7), Buffer.alloc(28, 3)]).toString("base64url"),
  signature: new Uint8Array(64).fill(9),
};
const good = formatSignature(parts);

/** The good value with one tag written otherwise, or left out (null). */
function withTag(name: string, value: string | null): string {
  const tags = good.split(";").filter((tag) => !tag.trim().startsWith(`${name}=`));
  return [...tags, ...(value === null ? [] : [` ${name}=${value}`])].join(";");
}

describe("parseSignature", () => {
  test("reads what formatSignature writes", () => {
    expect(must(parseSignature(good))).toMatchObject({
      algorithm: "ed25519-sha256",
      address: "alice@example.org",
      domain: "example.org",
      signedFields: [...requiredFields],
      rh: parts.rh,
      rd: parts.rd,
      signature: parts.signature,
    });
  });

  test("each h is read as it is, whatever was read before", () => {
    const names = (count: number): string[] => [
      ...requiredFields,
      ...Array.from({ length: count }, (_, i) => `x-${i}`),
    ];
    for (let round = 0; round < 2; round += 1) {
      for (let count = 0; count < 150; count += 1) {
        const read = parseSignature(withTag("h", names(count).join(":")));
        expect(must(read).signedFields).toEqual(names(count));
      }
      expect(parseSignature(withTag("h", "from:to"))).toMatchObject({ ok: false, code: "ipp/not-signed" });
      expect(parseSignature(withTag("h", null))).toMatchObject({ ok: false });
    }
  });

  const accepted: { name: string; input: string; want: object }[] = [
    { name: "unknown tags", input: withTag("zz", "1"), want: {} },
    { name: "known critical tags", input: withTag("crit", "h:bh"), want: {} },
    {
      name: "names in h in any case, folded",
      input: withTag("h", requiredFields.join(" :\r\n ").toUpperCase()),
      want: { signedFields: [...requiredFields] },
    },
    { name: "more names in h", input: withTag("h", [...requiredFields, "subject", "x-y"].join(":")), want: {} },
    { name: "a domain in capitals", input: withTag("d", "EXAMPLE.org"), want: { domain: "example.org" } },
    { name: "no recipients", input: withTag("rh", null), want: { rh: [] } },
    {
      name: "a local part that needs no quotes",
      input: withTag("i", "=22a.b+c=22@example.org"),
      want: { address: "a.b+c@example.org" },
    },
    { name: "a UTF-8 local part", input: withTag("i", "j=C3=B6rg@example.org"), want: { address: "jörg@example.org" } },
  ];
  test.each(accepted)("$name", ({ input, want }) => {
    expect(must(parseSignature(input))).toMatchObject(want);
  });

  const refused: { name: string; input: string; code: string }[] = [
    { name: "nothing", input: "", code: "ipp/signature-syntax" },
    { name: "a tag twice", input: `${good}; v=1`, code: "ipp/signature-syntax" },
    { name: "another version", input: withTag("v", "2"), code: "ipp/version" },
    { name: "l=", input: withTag("l", "100"), code: "ipp/length-tag" },
    { name: "an unknown critical tag", input: withTag("crit", "zz"), code: "ipp/critical" },
    { name: "an unknown algorithm", input: withTag("a", "rsa-sha1"), code: "ipp/algorithm" },
    { name: "a prototype's name as algorithm", input: withTag("a", "constructor"), code: "ipp/algorithm" },
    { name: "d above i's domain", input: withTag("i", "alice@mail.example.org"), code: "ipp/domain-mismatch" },
    { name: "another d", input: withTag("d", "example.com"), code: "ipp/domain-mismatch" },
    { name: "no d", input: withTag("d", null), code: "ipp/signature-syntax" },
    { name: "a d that is no name", input: withTag("d", "exa mple"), code: "ipp/signature-syntax" },
    { name: "no i", input: withTag("i", null), code: "ipp/signature-syntax" },
    { name: "i without local part", input: withTag("i", "@example.org"), code: "ipp/signature-syntax" },
    { name: "i with a display name", input: withTag("i", "A<alice@example.org>"), code: "ipp/signature-syntax" },
    ...[
      { name: "words for i's local part", i: "=22billing@bank.example,=20checked=22@example.org" },
      { name: "a dot before i's local part", i: "=22.a=22@example.org" },
      { name: "a dot behind it", i: "=22a.=22@example.org" },
      { name: "two dots within it", i: "=22a..b=22@example.org" },
      { name: "a space in i", i: "=22a=20b=22@example.org" },
      { name: "a full-width @ in i", i: "billing=EF=BC=A0bank.example@example.org" },
      { name: "an ideographic space in i", i: "a=E3=80=80b@example.org" },
      { name: "a right-to-left override in i", i: "a=E2=80=AEb@example.org" },
    ].map(({ name, i }) => ({ name, input: withTag("i", i), code: "ipp/signature-syntax" })),
    { name: "i with a broken escape", input: withTag("i", "a=2@example.org"), code: "ipp/signature-syntax" },
    { name: "a short ks", input: withTag("ks", "AAAA"), code: "ipp/signature-syntax" },
    { name: "a ks with stray bits", input: withTag("ks", "l".repeat(43)), code: "ipp/signature-syntax" },
    { name: "no t", input: withTag("t", null), code: "ipp/signature-syntax" },
    { name: "a negative t", input: withTag("t", "-1"), code: "ipp/signature-syntax" },
    { name: "a t in letters", input: withTag("t", "1e9"), code: "ipp/signature-syntax" },
    { name: "a t beyond all time", input: withTag("t", "9".repeat(13)), code: "ipp/signature-syntax" },
    { name: "no x", input: withTag("x", null), code: "ipp/signature-syntax" },
    { name: "x at t", input: withTag("x", "1763850000"), code: "ipp/lifetime" },
    {
      name: "x more than 14 days after t",
      input: withTag("x", String(1_763_850_000 + 14 * 86_400 + 1)),
      code: "ipp/lifetime",
    },
    { name: "an empty h", input: withTag("h", ""), code: "ipp/signature-syntax" },
    { name: "an empty name in h", input: withTag("h", "from::to"), code: "ipp/signature-syntax" },
    {
      name: "the signature's own name in h",
      input: withTag("h", [...requiredFields, "IPP-Signature"].join(":")),
      code: "ipp/signature-syntax",
    },
    {
      name: "too many names",
      input: withTag("h", [...requiredFields, ...Array<string>(200).fill("x")].join(":")),
      code: "ipp/signature-syntax",
    },
    { name: "a short bh", input: withTag("bh", "AAAA"), code: "ipp/signature-syntax" },
    { name: "no b", input: withTag("b", null), code: "ipp/signature-syntax" },
    { name: "an empty b", input: withTag("b", ""), code: "ipp/signature-syntax" },
    { name: "a huge b", input: withTag("b", "AAAA".repeat(400)), code: "ipp/signature-syntax" },
    { name: "a malformed binding", input: withTag("rh", "short"), code: "ipp/signature-syntax" },
    {
      name: "101 bindings",
      input: withTag("rh", Array(101).fill("r".repeat(22)).join(":")),
      code: "ipp/signature-syntax",
    },
    { name: "a malformed token", input: withTag("tok", "AAAA"), code: "ipp/token" },
    { name: "no token", input: withTag("tok", null), code: "ipp/token" },
    ...requiredFields.map((name) => ({
      name: `h without ${name}`,
      input: withTag("h", requiredFields.filter((other) => other !== name).join(":")),
      code: "ipp/not-signed",
    })),
  ];
  test.each(refused)("$name is refused", ({ input, code }) => {
    expect(parseSignature(input)).toMatchObject({ ok: false, kind: "perm", code });
  });

  test("never throws", () => {
    const unit = fc.constantFrom(...good.split(/(?<=[;=:])/), ";", "=", "\0", " ", "\r\n ");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => void parseSignature(text)),
      { numRuns: 2_000 },
    );
  });

  test("parse(format(x)) is x, and no line is longer than 78 characters", () => {
    const binding = fc
      .uint8Array({ minLength: 17, maxLength: 17 })
      .map((octets) => Buffer.from(octets).toString("base64url").slice(0, 22));
    const octets = (length: number): fc.Arbitrary<Uint8Array> =>
      fc.uint8Array({ minLength: length, maxLength: length });
    const arbitrary = fc.record({
      algorithm: fc.constantFrom("ed25519-sha256" as const, "ecdsa-p256-sha256" as const, "rsa-sha256" as const),
      mailbox: fc
        .tuple(fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }), fc.domain())
        .map(([local, domain]) => parseAddress(`"${local.replaceAll(/["\\]/g, "\\$&")}"@${domain}`))
        .filter((parsed) => parsed.ok)
        .map((parsed) => must(parsed))
        .filter(maySign),
      keyId: octets(32).map((bytes) => Buffer.from(bytes).toString("base64url")),
      signedAt: fc.integer({ min: 0, max: 1e10 }),
      signedFields: fc
        .array(fc.stringMatching(/^[!-9<-@[-~]{1,20}$/), { maxLength: 20 })
        .map((more) => [...requiredFields, ...more]),
      bodyHash: octets(32),
      rh: fc.array(binding, { minLength: 1, maxLength: 100 }),
      rd: fc.array(binding, { minLength: 1, maxLength: 10 }),
      token: octets(29).map((bytes) => Buffer.concat([Uint8Array.of(1), bytes]).toString("base64url")),
      signature: fc.oneof(octets(64), octets(256), octets(512)),
    });
    fc.assert(
      fc.property(arbitrary, (value) => {
        const full: SignatureParts = { ...value, expiresAt: value.signedAt + 100 };
        const text = formatSignature(full);
        const { list: _list, address: _address, domain: _domain, nonce, ...read } = must(parseSignature(text));
        expect(read).toEqual(full);
        expect(Buffer.from(nonce)).toEqual(Buffer.from(full.token, "base64url").subarray(2, 14));
        expect(Math.max(...text.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(1_000);
      }),
    );
  });
});
