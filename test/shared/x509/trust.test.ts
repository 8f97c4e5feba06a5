// Trust levels: which hold, which is best, what became worse. docs/protocol.md, trust levels.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toBase64Url } from "../../../shared/encoding/base64.ts";
import type { TrustLevel } from "../../../shared/ipp/types.ts";
import { ok, perm, type Result, temp } from "../../../shared/result.ts";
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { type ValidPath, validatePath } from "../../../shared/x509/path.ts";
import { type EarlierKey, type TrustInputs, decideTrust, findVouched } from "../../../shared/x509/trust.ts";
import * as der from "./der-writer.ts";
import {
  type Issued,
  type Specification,
  type TestExtension,
  general,
  issue,
  issueList,
  now,
  testKey,
} from "./issue.ts";

const address = "alice@bank.example";
const at = new Date(now * 1000);
const digest = (data: Uint8Array): Uint8Array => Uint8Array.from(createHash("sha256").update(data).digest());
const keyId = (issued: Issued): string => toBase64Url(digest(issued.key.spki));

function authority(change: Partial<Specification> = {}): Issued {
  const keyUsage = ["keyCertSign", "cRLSign"];
  return issue({ subject: [["CN", "Bank CA"]], key: testKey("p256", 0), issuer: null, ca: true, keyUsage, ...change });
}

function leaf(issuer: Issued | null, change: Partial<Specification> = {}): Issued {
  return issue({
    subject: [["CN", "Alice"]],
    key: testKey("p256", 1),
    issuer,
    names: [general.email(address)],
    ...change,
  });
}

const ca = authority();
const signed = leaf(ca);
const store = await validatePath({ leaf: signed.der, intermediates: [], anchors: [ca.der], at });

function earlier(key: string, level: TrustLevel, dkimAligned = true): EarlierKey {
  return { keyId: key, level, dkimAligned };
}

const nothing: TrustInputs = {
  keyId: "key",
  domain: "bank.example",
  store: null,
  dnssec: "unknown",
  vouched: null,
  now,
  publishedAt: null,
  publishedKeyIds: [],
  earlier: [],
};

describe("decideTrust", () => {
  test.each<[string, Partial<TrustInputs>, TrustLevel]>([
    ["nothing but the signature", {}, "self"],
    ["a path to the trust store", { store }, "pkix"],
    ["no path", { store: perm("x509/no-path", "") }, "self"],
    ["a path of which revocation is not known", { store: temp("x509/crl-expired", "") }, "self"],
    ["a secure TXT with the leaf's digest", { dnssec: "secure", vouched: ok({ by: "leaf" }) }, "domain"],
    ["an insecure TXT", { dnssec: "insecure", vouched: ok({ by: "leaf" }) }, "self"],
    ["a bogus TXT", { dnssec: "bogus", vouched: ok({ by: "leaf" }) }, "self"],
    ["a TXT of unknown state", { dnssec: "unknown", vouched: ok({ by: "leaf" }) }, "self"],
    ["a secure TXT without the digest", { dnssec: "secure" }, "self"],
    ["published", { publishedAt: "mail.bank.example" }, "site"],
    ["the key of earlier mail with aligned DKIM", { earlier: [earlier("key", "self")] }, "pinned"],
    ["the key of earlier mail without", { earlier: [earlier("key", "self", false)] }, "self"],
    ["several: the best", { store, publishedAt: "x", dnssec: "secure", vouched: ok({ by: "leaf" }) }, "pkix"],
    [
      "a revoked leaf, whoever still names it",
      { store: perm("x509/revoked", ""), publishedAt: "x", dnssec: "secure", vouched: ok({ by: "leaf" }) },
      "none",
    ],
    [
      "a leaf revoked by a CA in secure DNS",
      { vouched: perm("x509/revoked", ""), publishedAt: "x", dnssec: "secure" },
      "none",
    ],
    ["the same in insecure DNS", { vouched: perm("x509/revoked", ""), publishedAt: "x", dnssec: "insecure" }, "site"],
    ["a revoked CA takes its own level only", { store: perm("x509/ca-revoked", ""), publishedAt: "x" }, "site"],
  ])("%s", (_name, change, want) => expect(decideTrust({ ...nothing, ...change }).level).toBe(want));

  test("all that holds is kept, best first", () => {
    const { evidence } = decideTrust({
      ...nothing,
      store,
      publishedAt: "mail.bank.example",
      dnssec: "secure",
      vouched: ok({ by: "leaf" }),
      earlier: [earlier("key", "site")],
    });
    expect(evidence).toEqual([
      { level: "pkix", detail: "a path leads to CN=Bank CA" },
      { level: "domain", detail: "the key stands in the signed DNS of bank.example" },
      { level: "site", detail: "published at mail.bank.example for bank.example" },
      { level: "pinned", detail: "earlier mail with this key had aligned DKIM" },
      { level: "self", detail: "the signature verifies under this key" },
    ]);
  });

  test.each<[string, Partial<TrustInputs>, { changedKey: boolean; lowered: boolean }]>([
    ["first mail", {}, { changedKey: false, lowered: false }],
    ["the same key", { earlier: [earlier("key", "pinned")] }, { changedKey: false, lowered: false }],
    ["another key", { earlier: [earlier("old", "self")] }, { changedKey: true, lowered: false }],
    [
      "one of several keys",
      { earlier: [earlier("old", "self"), earlier("key", "self")] },
      { changedKey: false, lowered: false },
    ],
    [
      "a roll-over that is published",
      { publishedKeyIds: ["old"], earlier: [earlier("old", "self")] },
      { changedKey: false, lowered: false },
    ],
    [
      "forged mail before doesn't make the true key look changed",
      { earlier: [earlier("forged", "self", false)] },
      { changedKey: false, lowered: false },
    ],
    ["a lower level", { earlier: [earlier("key", "pkix")] }, { changedKey: false, lowered: true }],
    ["the same level", { publishedAt: "x", earlier: [earlier("key", "site")] }, { changedKey: false, lowered: false }],
    [
      "another key and a lower level",
      { earlier: [earlier("old", "domain", false)] },
      { changedKey: true, lowered: true },
    ],
  ])("%s", (_name, change, want) => expect(decideTrust({ ...nothing, ...change })).toMatchObject(want));
});

const points: TestExtension = {
  type: "2.5.29.31",
  value: der.sequence(der.sequence(der.explicit(0, der.explicit(0, general.uri("http://crl.example/ca.crl"))))),
};
const serial = Uint8Array.of(0x21);
const pointed = leaf(ca, { extensions: [points], serial, notAfter: now + 10 });
const path = (crls: readonly Uint8Array[]): Promise<Result<ValidPath>> =>
  validatePath({ leaf: pointed.der, intermediates: [], anchors: [ca.der], at, crls, revocation: "none" });
const good = await path([issueList({ issuer: ca })]);
const expired = await path([issueList({ issuer: ca, nextUpdate: now - 1 })]);
const none = await path([]);

describe("revocation", () => {
  test.each<[string, Partial<TrustInputs>, { level: TrustLevel; revocationUnknown: boolean }]>([
    ["a fresh list", { store: good }, { level: "pkix", revocationUnknown: false }],
    ["no list", { store: none }, { level: "site", revocationUnknown: true }],
    ["an expired list", { store: expired }, { level: "site", revocationUnknown: true }],
    [
      "a certificate that has expired since",
      { store: good, now: now + 11 },
      { level: "site", revocationUnknown: true },
    ],
    ["a certificate that names no list", { store }, { level: "pkix", revocationUnknown: false }],
    [
      "earlier mail had better: unknown, not lowered",
      { store: none, earlier: [earlier("key", "pkix")] },
      {
        level: "site",
        revocationUnknown: true,
      },
    ],
    ["revoked is known", { store: perm("x509/revoked", "") }, { level: "none", revocationUnknown: false }],
  ])("%s", (_name, change, want) =>
    expect(decideTrust({ ...nothing, publishedAt: "x", ...change })).toMatchObject({ ...want, lowered: false }),
  );

  test("a CA in secure DNS waits for its list as well, the leaf itself there does not", () => {
    const byCa = (found: typeof none) => (found.ok ? ok({ by: "ca", path: found.value } as const) : found);
    const inputs = { ...nothing, dnssec: "secure", publishedAt: "x" } as const;
    expect(decideTrust({ ...inputs, vouched: byCa(none) })).toMatchObject({ level: "site", revocationUnknown: true });
    expect(decideTrust({ ...inputs, vouched: byCa(good) })).toMatchObject({
      level: "domain",
      revocationUnknown: false,
    });
    expect(decideTrust({ ...inputs, vouched: ok({ by: "leaf" }) })).toMatchObject({ level: "domain" });
  });
});

describe("findVouched", () => {
  async function vouched(
    end: Issued,
    chain: readonly Issued[],
    digests: readonly string[],
    asked: string | null = address,
  ) {
    const parsed = parseCertificate(end.der);
    if (!parsed.ok) throw new Error(parsed.detail);
    const ders = chain.map((issued) => issued.der);
    const found = await findVouched({
      leaf: parsed.value,
      chain: ders,
      address: asked,
      at,
      digests,
      digest,
      validate: validatePath,
    });
    return found?.ok === true ? found.value.by : null;
  }

  const stranger = authority({ key: testKey("p256", 5) });

  test.each<[string, () => Promise<"leaf" | "ca" | null>, "leaf" | "ca" | null]>([
    ["the leaf's digest", () => vouched(signed, [], [keyId(signed)]), "leaf"],
    ["its CA's digest", () => vouched(signed, [ca], ["other", keyId(ca)]), "ca"],
    ["its CA's digest, the leaf among the chain", () => vouched(signed, [signed, ca], [keyId(ca)]), "ca"],
    ["no digests", () => vouched(signed, [ca], []), null],
    ["other digests", () => vouched(signed, [ca], ["other"]), null],
    ["a CA beside the chain that hasn't signed", () => vouched(signed, [stranger], [keyId(stranger)]), null],
    ["a CA whose certificate isn't there", () => vouched(signed, [], [keyId(ca)]), null],
    ["another address", () => vouched(signed, [ca], [keyId(ca)], "bob@bank.example"), null],
    ["another address in the leaf's case", () => vouched(signed, [], [keyId(signed)], "bob@bank.example"), null],
    ["the address checked elsewhere", () => vouched(signed, [ca], [keyId(ca)], null), "ca"],
    [
      "a CA that is none",
      () => {
        const none = authority({ ca: false });
        return vouched(leaf(none), [none], [keyId(none)]);
      },
      null,
    ],
    [
      "a CA outside its name constraints",
      () => {
        const narrow = authority({ permitted: [general.email("other.example")] });
        return vouched(leaf(narrow), [narrow], [keyId(narrow)]);
      },
      null,
    ],
    [
      "an expired CA",
      () => {
        const old = authority({ notAfter: now - 1 });
        return vouched(leaf(old), [old], [keyId(old)]);
      },
      null,
    ],
    [
      "a leaf for servers",
      () => vouched(leaf(ca, { extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] }), [ca], [keyId(ca)]),
      null,
    ],
  ])("%s", async (_name, ask, want) => expect(await ask()).toBe(want));
});
