// The small parts of the declaration protocol: registry, discovery record, alias, IPP-Purpose, bindings, token.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHash } from "node:crypto";
import { toBase64Url } from "../../../shared/encoding/base64.ts";
import { aliasFor, keysUrl, publicationUrl, reportUrl, withoutSubaddress } from "../../../shared/ipp/alias.ts";
import { formatDeclaration, parseDeclaration } from "../../../shared/ipp/declaration.ts";
import { formatDiscoveryRecord, parseDiscoveryRecords } from "../../../shared/ipp/discovery.ts";
import { bindDomain, bindRecipient, bindRecipients } from "../../../shared/ipp/recipients.ts";
import { classifications, complaintCodes, consents, parsePurpose, purposes } from "../../../shared/ipp/registry.ts";
import { checkToken, isToken, issueToken, tokenNonce, type TokenClaims } from "../../../shared/ipp/token.ts";
import type { DiscoveryRecord } from "../../../shared/ipp/types.ts";
import { limits } from "../../../shared/limits.ts";
import { must, testCrypto, testTokenKey } from "../../fakes/mail.ts";

const digest = "A".repeat(43);
const record: DiscoveryRecord = { url: "https://a.example/ipp/", ca: [], allMail: false, subaddress: null };

describe("registry", () => {
  test.each([{ entries: purposes }, { entries: classifications }, { entries: consents }, { entries: complaintCodes }])(
    "values are words, each once",
    ({ entries }) => {
      const values = entries.map((entry) => entry.value);
      expect(new Set(values).size).toBe(values.length);
      for (const value of values) {
        expect(value).toMatch(/^[a-z][a-z-]*$/);
      }
    },
  );

  const rows: { input: string; want: { first: string; known: boolean } | null }[] = [
    { input: "personal", want: { first: "personal", known: true } },
    { input: "transactional.invoice.reminder.second", want: { first: "transactional", known: true } },
    { input: "telepathy", want: { first: "telepathy", known: false } },
    { input: "", want: null },
    { input: "a.b.c.d.e", want: null },
    { input: "Personal", want: null },
    { input: "a..b", want: null },
    { input: ".a", want: null },
    { input: "1a", want: null },
    { input: "a b", want: null },
    { input: "a\r\nX: y", want: null },
    { input: "x".repeat(65), want: null },
  ];
  test.each(rows)("purpose $input", ({ input, want }) => {
    const purpose = parsePurpose(input);
    expect(purpose.ok ? { first: purpose.value.first, known: purpose.value.known } : null).toEqual(want);
  });
});

describe("parseDiscoveryRecords", () => {
  const rows: { name: string; input: string[]; want: DiscoveryRecord | null }[] = [
    { name: "none", input: [], want: null },
    {
      name: "of other protocols",
      input: ["v=spf1 -all", "v=IPP2; url=x", "V=IPP1; m=all", "m=all; v=IPP1"],
      want: null,
    },
    { name: "the usual", input: ["v=IPP1; t=url; url=https://a.example/ipp/"], want: record },
    { name: "without t, other tags ignored", input: ["v=IPP1;url=https://a.example/ipp;x=y"], want: record },
    {
      name: "no url: only what the domain says about its mail",
      input: ["v=IPP1; m=all"],
      want: { ...record, url: null, allMail: true },
    },
    {
      name: "{d} is the domain asked for",
      input: ["v=IPP1; url=https://h.example/{d}"],
      want: { ...record, url: "https://h.example/b.example/" },
    },
    {
      name: "{d} in the host",
      input: ["v=IPP1; url=https://{d}.h.example/"],
      want: { ...record, url: "https://b.example.h.example/" },
    },
    {
      name: "a port",
      input: ["v=IPP1; url=https://a.example:8443/"],
      want: { ...record, url: "https://a.example:8443/" },
    },
    {
      name: "CAs",
      input: [`v=IPP1; m=all; ca=sha256:${digest}, sha256:${digest},md5:x,sha256:short`],
      want: { ...record, url: null, ca: [digest, digest], allMail: true },
    },
    {
      name: "more CAs than a domain vouches for",
      input: [`v=IPP1; ca=${Array.from({ length: 21 }, () => `sha256:${digest}`).join(",")}`],
      want: { ...record, url: null, ca: Array.from({ length: 20 }, () => digest) },
    },
    { name: "an unknown m", input: ["v=IPP1; m=some"], want: { ...record, url: null } },
    { name: "sub", input: ["v=IPP1; sub=+"], want: { ...record, url: null, subaddress: "+" } },
    { name: "sub that is no single separator", input: ["v=IPP1; sub=ab"], want: { ...record, url: null } },
    { name: "sub that is a letter", input: ["v=IPP1; sub=a"], want: { ...record, url: null } },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(must(parseDiscoveryRecords(input, "b.example"))).toEqual(want);
  });

  const refused: { name: string; input: string[]; code: string }[] = [
    { name: "two", input: ["v=IPP1; m=all", "v=IPP1"], code: "ipp/record-several" },
    { name: "unknown t", input: ["v=IPP1; t=ldap"], code: "ipp/record-type" },
    { name: "t=url without url", input: ["v=IPP1; t=url"], code: "ipp/record-url" },
    { name: "http", input: ["v=IPP1; url=http://a.example/"], code: "ipp/record-url" },
    { name: "a user", input: ["v=IPP1; url=https://u:p@a.example/"], code: "ipp/record-url" },
    { name: "a query", input: ["v=IPP1; url=https://a.example/?"], code: "ipp/record-url" },
    { name: "a fragment", input: ["v=IPP1; url=https://a.example/#x"], code: "ipp/record-url" },
    { name: "a backslash", input: ["v=IPP1; url=https://a.example\\@b/"], code: "ipp/record-url" },
    { name: "no host", input: ["v=IPP1; url=https:///"], code: "ipp/record-url" },
    { name: "a script", input: ["v=IPP1; url=javascript:alert(1)"], code: "ipp/record-url" },
    { name: "a tag twice", input: ["v=IPP1; m=all; m=all"], code: "ipp/record-syntax" },
    { name: "too long", input: [`v=IPP1; x=${"y".repeat(limits.txtBytes)}`], code: "ipp/record-syntax" },
  ];
  test.each(refused)("$name is refused", ({ input, code }) => {
    expect(parseDiscoveryRecords(input, "b.example")).toMatchObject({ ok: false, kind: "perm", code });
  });

  test("never throws", () => {
    const unit = fc.constantFrom(
      "v=IPP1",
      ";",
      "url=",
      "https://",
      "{d}",
      "/",
      "?",
      "ca=",
      "sha256:",
      "\0",
      " ",
      "é",
      "m=all",
    );
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit }), { maxLength: 3 }),
        (texts) => void parseDiscoveryRecords(texts, "b.example"),
      ),
    );
  });

  test("parse(format(x)) is x", () => {
    const records = fc.record({
      url: fc.option(fc.constantFrom("https://a.example/", "https://a.example:1/b/c/")),
      ca: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toBase64Url), { maxLength: 3 }),
      allMail: fc.boolean(),
      subaddress: fc.option(fc.constantFrom("+", "-", "_", "=")),
    });
    fc.assert(
      fc.property(records, (value) => {
        expect(must(parseDiscoveryRecords([formatDiscoveryRecord(value)], "b.example"))).toEqual(value);
      }),
    );
  });
});

describe("aliases and URLs", () => {
  test.each([
    ["Alice.Miller+x", "alice.miller+x"],
    ["..", `~${createHash("sha256").update("..").digest("base64url")}`],
    [".htaccess", `~${createHash("sha256").update(".htaccess").digest("base64url")}`],
    ["a/b", `~${createHash("sha256").update("a/b").digest("base64url")}`],
    ["A b", `~${createHash("sha256").update("a b").digest("base64url")}`],
    ["Jörg", `~${createHash("sha256").update("jörg").digest("base64url")}`],
    ["~x", `~${createHash("sha256").update("~x").digest("base64url")}`],
    ["a%2f", `~${createHash("sha256").update("a%2f").digest("base64url")}`],
  ])("%j is published as %j", async (localPart, alias) => {
    expect(await aliasFor(localPart, testCrypto)).toBe(alias);
  });

  test("stay below the record's URL", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1 }), async (localPart) => {
        const url = publicationUrl(record, await aliasFor(localPart, testCrypto), "pub", digest);
        expect(new URL(url ?? "").href).toBe(url);
        expect(url).toMatch(/^https:\/\/a\.example\/ipp\/[^/]+\.pub\?ks=A{43}$/);
      }),
    );
  });

  test("all kinds", () => {
    expect(publicationUrl(record, "bob", "pol")).toBe("https://a.example/ipp/bob.pol");
    expect(reportUrl(record, "bob", "T", "phishing")).toBe("https://a.example/ipp/bob.report/T/phishing");
    expect(keysUrl(record)).toBe("https://a.example/ipp/keys");
    const nothing = { ...record, url: null };
    expect([publicationUrl(nothing, "bob", "pub"), reportUrl(nothing, "b", "T", "malware"), keysUrl(nothing)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test.each([
    ["alice+x", "+", "alice"],
    ["alice+x+y", "+", "alice"],
    ["alice", "+", "alice"],
    ["+x", "+", "+x"],
    ["alice+x", null, "alice+x"],
  ])("%j without its subaddress after %j is %j", (localPart, separator, want) => {
    expect(withoutSubaddress(localPart, separator)).toBe(want);
  });
});

describe("IPP-Purpose", () => {
  const invoice = { purpose: "transactional.invoice", classification: "individual", consent: null };
  const rows: { name: string; input: string; want: object }[] = [
    { name: "the usual", input: " v=1; p=transactional.invoice; cls=individual", want: invoice },
    { name: "unknown tags", input: "v=1; p=transactional.invoice; cls=individual; x=y", want: invoice },
    { name: "known critical tags", input: "v=1; p=transactional.invoice; cls=individual; crit=p : cls", want: invoice },
    {
      name: "unregistered words",
      input: "v=1; p=x; cls=y; consent=z",
      want: { purpose: "x", classification: "y", consent: "z" },
    },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(must(parseDeclaration(input))).toEqual(want);
  });

  const refused: { name: string; input: string; code: string }[] = [
    { name: "no version", input: "p=personal", code: "ipp/version" },
    { name: "another version", input: "v=2; p=personal", code: "ipp/version" },
    { name: "no purpose", input: "v=1", code: "ipp/purpose" },
    { name: "a malformed purpose", input: "v=1; p=a b", code: "ipp/purpose" },
    { name: "a malformed word", input: "v=1; p=a; cls=A", code: "ipp/purpose" },
    { name: "an empty word", input: "v=1; p=a; consent=", code: "ipp/purpose" },
    { name: "an unknown critical tag", input: "v=1; p=a; x=1; crit=x", code: "ipp/critical" },
    { name: "no list", input: "hello", code: "ipp/purpose" },
    { name: "two purposes", input: "v=1; p=a; p=b", code: "ipp/purpose" },
  ];
  test.each(refused)("$name is refused", ({ input, code }) => {
    expect(parseDeclaration(input)).toMatchObject({ ok: false, code });
  });

  test("parse(format(x)) is x", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,15}$/);
    const declarations = fc.record({
      purpose: fc
        .array(word, { minLength: 1, maxLength: 4 })
        .map((labels) => labels.join("."))
        .filter((text) => text.length <= 64),
      classification: fc.option(word),
      consent: fc.option(word),
    });
    fc.assert(
      fc.property(declarations, (declaration) => {
        expect(must(parseDeclaration(must(formatDeclaration(declaration))))).toEqual(declaration);
      }),
    );
  });

  test("format refuses what would not parse, header injection included", () => {
    for (const purpose of ["", "a\r\nX-Evil: 1", "a; p=b", "A"]) {
      expect(formatDeclaration({ purpose, classification: null, consent: null })).toMatchObject({
        code: "ipp/purpose",
      });
      expect(formatDeclaration({ purpose: "a", classification: purpose, consent: null }).ok).toBe(false);
    }
  });
});

describe("recipient binding", () => {
  const nonce = new Uint8Array(12).fill(1);

  test("is the documented digest", async () => {
    const want = createHash("sha256").update("ipp1-rcpt\0").update(nonce).update("bob@example.net").digest("base64url");
    expect(await bindRecipient(nonce, "Bob@Example.net", testCrypto)).toBe(want.slice(0, 22));
    const domain = createHash("sha256").update("ipp1-dom\0").update(nonce).update("example.net").digest("base64url");
    expect(await bindDomain(nonce, "example.net", testCrypto)).toBe(domain.slice(0, 22));
  });

  test("lists name everybody once", async () => {
    const { rh, rd } = await bindRecipients(nonce, ["a@x.org", "b@x.org", "A@x.org", "c@y.org"], testCrypto);
    expect([rh.length, rd.length]).toEqual([3, 2]);
  });
});

describe("tokens", () => {
  const nonce = Uint8Array.from({ length: 12 }, (_x, index) => index);
  const claims: TokenClaims = {
    domain: "example.org",
    address: "alice@example.org",
    purpose: "personal",
    classification: null,
    signedAt: 1_763_850_000,
    rh: ["a".repeat(22)],
    rd: ["b".repeat(22)],
  };

  test("are checked without stored state", async () => {
    const token = await issueToken(claims, testTokenKey, nonce, testCrypto);
    expect(token).toHaveLength(40);
    expect(isToken(token)).toBe(true);
    expect(tokenNonce(token)).toEqual(nonce);
    expect(
      (await checkToken({ token, keys: [{ id: 1, secret: nonce }, testTokenKey], claims, crypto: testCrypto })).ok,
    ).toBe(true);
  });

  const others: { name: string; change: Partial<TokenClaims> }[] = [
    { name: "domain", change: { domain: "example.com" } },
    { name: "address", change: { address: "bob@example.org" } },
    { name: "purpose", change: { purpose: "marketing" } },
    { name: "classification", change: { classification: "bulk" } },
    { name: "time", change: { signedAt: 1_763_850_001 } },
    { name: "recipients", change: { rh: [] } },
    { name: "domains", change: { rd: ["c".repeat(22)] } },
    {
      name: "fields that run together",
      change: { domain: "example.org\0alice@example.org", address: "personal", purpose: "" },
    },
  ];
  test.each(others)("another $name is another token", async ({ change }) => {
    const token = await issueToken(claims, testTokenKey, nonce, testCrypto);
    const checked = await checkToken({
      token,
      keys: [testTokenKey],
      claims: { ...claims, ...change },
      crypto: testCrypto,
    });
    expect(checked).toMatchObject({ ok: false, code: "ipp/token-mac" });
  });

  test("any changed octet is refused", async () => {
    const token = await issueToken(claims, testTokenKey, nonce, testCrypto);
    const octets = Buffer.from(token, "base64url");
    for (let index = 0; index < octets.length; index += 1) {
      const changed = Buffer.from(octets);
      changed[index] = (changed[index] ?? 0) ^ 1;
      const text = changed.toString("base64url");
      expect((await checkToken({ token: text, keys: [testTokenKey], claims, crypto: testCrypto })).ok).toBe(false);
    }
  });

  test.each([
    "",
    "A",
    "A".repeat(40),
    `Ag${"A".repeat(38)}`,
    `AQ${"A".repeat(37)}`,
    `AQ${"A".repeat(37)}=`,
    `AQ${"A".repeat(37)}/`,
    "../../etc/passwd",
  ])("%j has not the form", async (token) => {
    expect(isToken(token)).toBe(false);
    expect(tokenNonce(token)).toBeNull();
    expect(await checkToken({ token, keys: [testTokenKey], claims, crypto: testCrypto })).toMatchObject({
      code: "ipp/token",
    });
  });

  test("of a key that is gone", async () => {
    const token = await issueToken(claims, testTokenKey, nonce, testCrypto);
    expect(await checkToken({ token, keys: [], claims, crypto: testCrypto })).toMatchObject({ code: "ipp/token-key" });
  });

  test("a short nonce is a bug", async () => {
    await expect(issueToken(claims, testTokenKey, new Uint8Array(11), testCrypto)).rejects.toThrow(RangeError);
  });
});
