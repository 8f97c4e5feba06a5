// What was changed after signing never validates; what was mangled is refused, not thrown over, and soon.
// The default round is short; longer: X509_MUTATIONS=200000.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { parseCertificateList } from "../../../shared/x509/crl.ts";
import { type PathQuestion, validatePath } from "../../../shared/x509/path.ts";
import { general, issue, issueList, now, testKey } from "./issue.ts";
import { Random, scenario } from "./scenario.ts";
import { stopwatch } from "./stopwatch.ts";

const rounds = Number(process.env["X509_MUTATIONS"] ?? 4_000);
const emailProtection = "1.3.6.1.5.5.7.3.4";

const signs = { ca: true, keyUsage: ["keyCertSign", "cRLSign"] } as const;
const root = issue({ subject: [["CN", "Root"]], key: testKey("p256", 0), issuer: null, ...signs });
const authority = issue({
  subject: [
    ["O", "Example"],
    ["CN", "CA"],
  ],
  key: testKey("ed25519", 1),
  issuer: root,
  pathLength: 0,
  permitted: [general.email("example.org")],
  ...signs,
});
const leaf = issue({
  subject: [
    ["O", "Example"],
    ["CN", "Alice"],
  ],
  key: testKey("p256", 2),
  issuer: authority,
  extendedKeyUsage: [emailProtection],
  names: [general.email("alice@example.org"), general.dns("example.org")],
});
const list = issueList({ issuer: authority, revoked: [{ serial: Uint8Array.of(1), reason: 1 }] });

const question: PathQuestion = {
  leaf: leaf.der,
  intermediates: [authority.der],
  anchors: [root.der],
  at: new Date(now * 1000),
  name: { type: "email", value: "alice@example.org" },
  extendedKeyUsage: [emailProtection],
  keyUsage: ["digitalSignature"],
};

/** One change: an octet set, inserted or removed, a run copied over another, or a length made huge. */
function mutate(original: Uint8Array, random: Random): Uint8Array {
  const at = random.below(original.length);
  const octets = [...original];
  switch (random.below(6)) {
    case 0:
      octets[at] = random.below(256);
      break;
    case 1:
      octets[at] = (octets[at] ?? 0) ^ (1 << random.below(8));
      break;
    case 2:
      octets.splice(at, 0, random.below(256));
      break;
    case 3:
      octets.splice(at, 1 + random.below(8));
      break;
    case 4: {
      const from = random.below(original.length);
      for (let index = 0; index < 1 + random.below(20); index += 1)
        if (at + index < octets.length) octets[at + index] = original[from + index] ?? 0;
      break;
    }
    default:
      octets.splice(at, 1, 0x84, 0x7f, 0xff, 0xff, 0xff);
  }
  return Uint8Array.from(octets);
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

test("untouched it is valid", async () => {
  expect(await validatePath(question)).toMatchObject({ ok: true });
  expect(await validatePath({ ...question, crls: [list] })).toMatchObject({ ok: true });
});

describe(`${rounds} mutations`, () => {
  test("of leaf or CA: never valid", { timeout: 600_000 }, async () => {
    const random = new Random(1);
    let parsed = 0;
    let slowest = 0;
    for (let round = 0; round < rounds; round += 1) {
      const end = random.chance(60);
      const original = end ? leaf.der : authority.der;
      const changed = mutate(original, random);
      if (same(changed, original)) continue;
      if (parseCertificate(changed).ok) parsed += 1;
      const took = stopwatch();
      const result = await validatePath(
        end ? { ...question, leaf: changed } : { ...question, intermediates: [changed] },
      );
      slowest = Math.max(slowest, took());
      expect(result.ok, Buffer.from(changed).toString("hex")).toBe(false);
    }
    console.info(`mutations: ${parsed} of ${rounds} still parse, none valid, slowest ${slowest.toFixed(0)} ms`);
    expect(parsed).toBeGreaterThan(rounds / 10);
  });

  test("of the CRL: never good, never thrown over", { timeout: 600_000 }, async () => {
    const random = new Random(2);
    for (let round = 0; round < rounds / 4; round += 1) {
      const changed = mutate(list, random);
      if (same(changed, list)) continue;
      const result = await validatePath({ ...question, crls: [changed] });
      expect(result.ok, Buffer.from(changed).toString("hex")).toBe(false);
    }
  });

  test("of certificates of every shape: parsed or refused, soon", { timeout: 600_000 }, () => {
    const random = new Random(3);
    const shapes = Array.from({ length: 60 }, (_, index) => scenario(index, random)).flatMap((one) => [
      one.leaf.der,
      ...one.intermediates.map(({ der }) => der),
    ]);
    for (let round = 0; round < rounds * 3; round += 1) {
      let octets = shapes[random.below(shapes.length)] ?? leaf.der;
      for (let change = 1 + random.below(4); change > 0 && octets.length > 0; change -= 1)
        octets = mutate(octets, random);
      const took = stopwatch();
      const result = parseCertificate(octets);
      parseCertificateList(octets);
      expect(took()).toBeLessThan(500);
      if (!result.ok) expect(result.code).toMatch(/^x509\/(certificate|too-long)$/u);
    }
  });
});

test("any octets at all", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (octets) => {
      expect(parseCertificate(octets).ok).toBe(false);
      expect(parseCertificateList(octets).ok).toBe(false);
      expect((await validatePath({ ...question, leaf: octets })).ok).toBe(false);
      expect((await validatePath({ ...question, anchors: [octets] })).ok).toBe(false);
    }),
  );
});
