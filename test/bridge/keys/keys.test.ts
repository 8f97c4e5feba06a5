// Keys on disk: modes, rotation, what is published, who may sign.
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  importDeclarationKey,
  readDeclarationKeys,
  writeDeclarationKey,
} from "../../../bridge/keys/declaration-keys.ts";
import { parseUsers, signingGrants, type GrantRules } from "../../../bridge/keys/grants.ts";
import {
  generateKey,
  keyKinds,
  readPrivateKey,
  formatPrivateKey,
  writeWhole,
  type KeyKind,
} from "../../../bridge/keys/key-file.ts";
import { domainAuthority, newDeclarationKey } from "../../../bridge/keys/new-declaration-key.ts";
import { keyIdOf, nodeCrypto, nodeSigner, spkiOf } from "../../../bridge/keys/node-crypto.ts";
import { openSealKeys, revokeSealKey, rotateSealKey, signerAt } from "../../../bridge/keys/seal-keys.ts";
import { SignatureWork } from "../../../bridge/keys/signature-work.ts";
import { openSecrets } from "../../../bridge/keys/secrets.ts";
import { Unavailable } from "../../../bridge/pipeline/unavailable.ts";
import { formatBridgeKeys, updateKeys } from "../../../shared/hop/keys.ts";
import { signReport, verifyReport } from "../../../shared/httpsig/report-signature.ts";
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { validatePath } from "../../../shared/x509/path.ts";
import type { Result } from "../../../shared/result.ts";

const now = 1_763_850_000;
const day = 86_400;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-keys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  return result.value;
}

describe("secrets on disk", () => {
  test("everything made is 0600", async () => {
    value(openSecrets(folder, now));
    value(await openSealKeys(folder, "bank.example", now));
    const authority = value(await domainAuthority(folder, "bank.example", now));
    const wish = {
      address: "a@bank.example",
      kind: "p256",
      days: 90,
      issuer: authority.issuer,
      now,
      listed: false,
    } as const;
    writeDeclarationKey(folder, value(await newDeclarationKey(wish)));
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBe(4);
    for (const file of files) expect(statSync(join(file.parentPath, file.name)).mode & 0o777).toBe(0o600);
  });

  test("a key that others can read is refused, with the remedy", () => {
    const path = join(folder, "key.pem");
    writeWhole(path, formatPrivateKey(generateKey("p256")));
    expect(readPrivateKey(path).ok).toBe(true);
    chmodSync(path, 0o640);
    expect(readPrivateKey(path)).toMatchObject({
      ok: false,
      code: "keys/open-to-others",
      detail: expect.stringContaining("chmod 600") as string,
    });
  });

  test("junk names its file", () => {
    const path = join(folder, "key.pem");
    writeFileSync(path, "junk", { mode: 0o600 });
    expect(readPrivateKey(path)).toMatchObject({
      ok: false,
      code: "keys/format",
      detail: expect.stringContaining(path) as string,
    });
    expect(readPrivateKey(join(folder, "none"))).toMatchObject({ ok: false, code: "keys/missing" });
  });

  test.each(keyKinds)("%s signs, and nobody else's signature verifies", async (kind) => {
    const signer = nodeSigner(generateKey(kind));
    if (signer === null) throw new Error("no signer");
    const data = new TextEncoder().encode("data");
    const signature = await signer.sign(data);
    const crypto = nodeCrypto();
    expect(await crypto.verify(signer.algorithm, signer.spki, data, signature)).toBe(true);
    expect(await crypto.verify(signer.algorithm, signer.spki, new Uint8Array([1]), signature)).toBe(false);
    expect(await crypto.verify(signer.algorithm, new Uint8Array([1]), data, signature)).toBe(false);
    expect(keyIdOf(signer.spki)).toBe(signer.keyId);
  });
});

describe("token keys", () => {
  test("survive a restart, rotate after half a year, are forgotten when they can check nothing", () => {
    const first = value(openSecrets(folder, now));
    expect(value(openSecrets(folder, now + day))).toEqual(first);
    const later = value(openSecrets(folder, now + 181 * day));
    expect(later.tokenKeys.map(({ id }) => id)).toEqual([1, 0]);
    expect(later.reports).toEqual(first.reports);
    const last = value(openSecrets(folder, now + 181 * day + 255 * day));
    expect(last.tokenKeys.map(({ id }) => id)).toEqual([2, 1]);
    expect(value(openSecrets(folder, now + 600 * day)).tokenKeys.map(({ id }) => id)).toEqual([2]);
  });
  test("a damaged file is refused", () => {
    writeFileSync(join(folder, "secrets.json"), "{}", { mode: 0o600 });
    expect(openSecrets(folder, now)).toMatchObject({ ok: false, code: "keys/format" });
  });
});

describe("seal keys", () => {
  /** A key in the state folder, made at `now`. */
  function kept(kind: KeyKind): string {
    const key = generateKey(kind);
    const spki = spkiOf(key);
    const file = {
      domain: "bank.example",
      notBefore: now - 300,
      notAfter: now + 210 * day,
      revoked: false,
      endorsement: null,
      spki: Buffer.from(spki).toString("base64"),
      privateKey: formatPrivateKey(key),
    };
    writeWhole(join(folder, "seal", "bank.example", `${keyIdOf(spki)}.json`), JSON.stringify(file));
    return keyIdOf(spki);
  }

  test("an Ed25519 key of an earlier version seals until its rotation is due, and introduces a P-256 key", async () => {
    const earlier = kept("ed25519");
    const first = value(await openSealKeys(folder, "bank.example", now + 179 * day));
    expect(first.signer).toMatchObject({ keyId: earlier, algorithm: "ed25519-sha256" });
    const due = value(await openSealKeys(folder, "bank.example", now + 181 * day));
    expect(due.signer.keyId).toBe(earlier);
    expect(formatBridgeKeys(due.published).map(({ kty }) => kty)).toEqual(["EC", "OKP"]);
    const after = value(await openSealKeys(folder, "bank.example", now + 183 * day));
    expect(after.signer).toMatchObject({ keyId: due.published[0]?.keyId, algorithm: "ecdsa-p256-sha256" });
    const { unknown } = await updateKeys({
      domain: "bank.example",
      pinned: first.published,
      offered: after.published,
      crypto: nodeCrypto(),
    });
    expect(unknown).toEqual([]);
  });

  test.each([
    { name: "an Ed25519 key of an earlier version", earlier: true },
    { name: "a new key", earlier: false },
  ])("$name signs seals and reports", async ({ earlier }) => {
    if (earlier) kept("ed25519");
    const { signer, signReport: sign } = value(await openSealKeys(folder, "bank.example", now, new SignatureWork()));
    expect(signer.algorithm).toBe(earlier ? "ed25519-sha256" : "ecdsa-p256-sha256");
    const data = new TextEncoder().encode("data");
    const { spki, keyId, algorithm } = signer;
    expect(await nodeCrypto().verify(algorithm, spki, data, await signer.sign(data))).toBe(true);
    const request = { method: "POST", targetUri: "https://a.example/", body: data };
    const said = { ...request, contentType: "text/plain", created: now, nonce: "n".repeat(22) };
    const fields = await signReport(said, { domain: "bank.example", keyId, algorithm, sign }, nodeCrypto());
    const all = new Map([["content-type", "text/plain"], ...Object.entries(fields)]);
    const received = { ...request, field: (name: string) => all.get(name) ?? null };
    const key = (): Result<Uint8Array> => ({ ok: true, value: spki });
    expect(await verifyReport(received, now, key, nodeCrypto())).toMatchObject({ ok: true, value: { keyId } });
  });

  test("a key of another kind seals nothing", async () => {
    kept("rsa2048");
    expect(await openSealKeys(folder, "bank.example", now)).toMatchObject({ ok: false, code: "keys/kind" });
  });

  test("one is made, and stays", async () => {
    const first = value(await openSealKeys(folder, "bank.example", now));
    const again = value(await openSealKeys(folder, "bank.example", now + 100 * day));
    expect(again.signer.keyId).toBe(first.signer.keyId);
    expect(again.published.length).toBe(1);
  });

  test("a successor is published first, seals two days later, and whoever pinned the first follows", async () => {
    const first = value(await openSealKeys(folder, "bank.example", now));
    const due = now + 181 * day;
    const rotated = value(await openSealKeys(folder, "bank.example", due));
    expect(rotated.published.length).toBe(2);
    expect(rotated.signer.keyId).toBe(first.signer.keyId);
    const after = value(await openSealKeys(folder, "bank.example", due + 2 * day));
    expect(after.signer.keyId).not.toBe(first.signer.keyId);
    const followed = await updateKeys({
      domain: "bank.example",
      pinned: first.published,
      offered: after.published,
      crypto: nodeCrypto(),
    });
    expect(followed.unknown).toEqual([]);
    expect(followed.accepted.length).toBe(2);
  });

  test("retired: still published, its private half gone", async () => {
    const first = value(await openSealKeys(folder, "bank.example", now));
    value(await openSealKeys(folder, "bank.example", now + 181 * day));
    const later = value(await openSealKeys(folder, "bank.example", now + 212 * day));
    expect(later.published.map(({ keyId }) => keyId)).toContain(first.signer.keyId);
    value(await openSealKeys(folder, "bank.example", now + 213 * day));
    const path = join(folder, "seal", "bank.example", `${first.signer.keyId}.json`);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      privateKey: null,
    });
  });

  test.each([
    { name: "a year ahead, once", ahead: [400] },
    { name: "ahead for a month", ahead: [400, 401, 402, 403, 415, 429] },
  ])("a clock that was $name: put right, the same key seals, and whoever pinned it follows", async ({ ahead }) => {
    const first = value(await openSealKeys(folder, "bank.example", now));
    for (const days of ahead) value(await openSealKeys(folder, "bank.example", now + days * day));
    const right = value(await openSealKeys(folder, "bank.example", now + day));
    expect(right.signer.keyId).toBe(first.signer.keyId);
    const next = value(await openSealKeys(folder, "bank.example", now + 183 * day));
    const { unknown } = await updateKeys({
      domain: "bank.example",
      pinned: first.published,
      offered: next.published,
      crypto: nodeCrypto(),
    });
    expect(unknown).toEqual([]);
  });

  test("after a year without a start the expired key introduces the next, and never seals", async () => {
    const first = value(await openSealKeys(folder, "bank.example", now));
    const after = value(await openSealKeys(folder, "bank.example", now + 365 * day));
    expect(after.signer.keyId).not.toBe(first.signer.keyId);
    expect(after.published.map(({ endorsement }) => endorsement?.by)).toEqual([first.signer.keyId, undefined]);
  });

  test("a clock that has not been set makes no key", async () => {
    for (const unset of [0, 1_000_000_000]) {
      expect(await openSealKeys(folder, "bank.example", unset)).toMatchObject({ kind: "temp", code: "keys/clock" });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test("outside its times a key seals nothing", async () => {
    const keys = value(await openSealKeys(folder, "bank.example", now));
    for (const at of [now - 300, now + 210 * day]) expect(signerAt(keys, at)).toBe(keys.signer);
    for (const at of [0, now - 301, now + 210 * day + 1]) expect(() => signerAt(keys, at)).toThrow(Unavailable);
  });

  test("a revoked key never signs again, and introduces nobody", async () => {
    const first = value(await openSealKeys(folder, "bank.example", now));
    value(await rotateSealKey(folder, "bank.example", now + day));
    value(revokeSealKey(folder, "bank.example", first.signer.keyId));
    const after = value(await openSealKeys(folder, "bank.example", now + 2 * day));
    expect(after.signer.keyId).not.toBe(first.signer.keyId);
    expect(after.published.find(({ keyId }) => keyId === first.signer.keyId)?.revoked).toBe(true);
    expect(revokeSealKey(folder, "bank.example", "nobody")).toMatchObject({ ok: false, code: "keys/missing" });
  });
});

describe("declaration keys", () => {
  const wish = { address: "Billing@Bank.Example", kind: "p256", days: 90, issuer: null, now, listed: false } as const;

  test("a certificate of the domain's CA has a path to it, the address in it", async () => {
    const { issuer, isNew } = value(await domainAuthority(folder, "bank.example", now));
    expect(isNew).toBe(true);
    expect(value(await domainAuthority(folder, "bank.example", now)).isNew).toBe(false);
    const key = value(await newDeclarationKey({ ...wish, issuer }));
    expect(key.address).toBe("Billing@bank.example");
    const [leaf, authority] = key.chain;
    if (leaf === undefined || authority === undefined) throw new Error("chain");
    const path = await validatePath({
      leaf,
      intermediates: [],
      anchors: [authority],
      at: new Date(now * 1000),
      name: { type: "email", value: "Billing@bank.example" },
      extendedKeyUsage: ["1.3.6.1.5.5.7.3.4"],
    });
    expect(path).toMatchObject({ ok: true });
  });

  test("the domain's CA can't issue for others", async () => {
    const { issuer } = value(await domainAuthority(folder, "bank.example", now));
    const key = value(await newDeclarationKey({ ...wish, address: "a@other.example", issuer }));
    const [leaf, authority] = key.chain;
    if (leaf === undefined || authority === undefined) throw new Error("chain");
    const path = await validatePath({ leaf, intermediates: [], anchors: [authority], at: new Date(now * 1000) });
    expect(path).toMatchObject({ ok: false, code: "x509/name-constraints" });
  });

  test.each(keyKinds)("written and read again: %s", async (kind) => {
    const key = value(await newDeclarationKey({ ...wish, kind }));
    writeDeclarationKey(folder, key);
    const [again] = value(readDeclarationKeys(folder)).all;
    expect(again).toMatchObject({ address: key.address, keyId: key.keyId, state: "active", chain: key.chain });
  });

  test("an address that is not ASCII is a SmtpUTF8Mailbox", async () => {
    const key = value(await newDeclarationKey({ ...wish, address: "josé@bank.example" }));
    const parsed = parseCertificate(key.chain[0] ?? new Uint8Array());
    expect(parsed.ok && parsed.value.smtpUtf8Mailboxes).toEqual(["josé@bank.example"]);
  });

  test("who signs and what is published, by state and time", async () => {
    const old = { ...value(await newDeclarationKey(wish)), state: "retired", retiredAt: now + day } as const;
    const active = value(await newDeclarationKey({ ...wish, now: now + day }));
    const gone = { ...value(await newDeclarationKey({ ...wish, now: now + 2 * day })), state: "withdrawn" } as const;
    for (const key of [old, active, gone]) writeDeclarationKey(folder, key);
    const keys = value(readDeclarationKeys(folder));
    const ids = (at: number): readonly string[] => keys.published("Billing@bank.example", at).map(({ keyId }) => keyId);
    expect(keys.signing("Billing@BANK.example", now + 3 * day)?.keyId).toBe(active.keyId);
    expect(keys.signing("Billing@bank.example", now + 100 * day)).toBeNull();
    expect(ids(now + 3 * day)).toEqual([active.keyId, old.keyId]);
    expect(ids(now + 22 * day)).toEqual([active.keyId, old.keyId]);
    expect(ids(now + 23 * day)).toEqual([active.keyId]);
  });

  test("an imported certificate must be for the key and the address", async () => {
    const made = value(await newDeclarationKey(wish));
    const parts = { address: wish.address, key: made.key, chain: made.chain, now, listed: true };
    expect(importDeclarationKey(parts)).toMatchObject({ ok: true, value: { listed: true } });
    expect(importDeclarationKey({ ...parts, key: generateKey("p256") })).toMatchObject({ code: "keys/other-key" });
    expect(importDeclarationKey({ ...parts, address: "x@bank.example" })).toMatchObject({ code: "keys/other-address" });
    expect(importDeclarationKey({ ...parts, chain: [] })).toMatchObject({ code: "keys/chain" });
  });
});

describe("users", () => {
  test.each([
    {
      name: "one line each",
      input: "alice alice@a.example,@b.example transactional.*,personal\n",
      want: [
        {
          login: "alice",
          addresses: ["alice@a.example", "@b.example"],
          purposes: ["transactional.*", "personal"],
          unasked: "",
        },
      ],
    },
    {
      name: "comments and empty lines",
      input: "# all\n\nbob bob@a.example # Bob\n",
      want: [{ login: "bob", purposes: ["*"] }],
    },
    { name: "what is declared unasked", input: "bob bob@a.example * personal", want: [{ unasked: "personal" }] },
  ])("$name", ({ input, want }) => expect(parseUsers(input)).toMatchObject({ ok: true, value: want }));

  test.each([
    { name: "no address", input: "ok ok@a.example\nalice\n" },
    { name: "not an address", input: "ok ok@a.example\nalice alice\n" },
    { name: "an unasked purpose that is none", input: "ok ok@a.example\nalice a@a.example * Personal\n" },
    { name: "too many words", input: "ok ok@a.example\nalice a@a.example * personal more\n" },
  ])("a mistake names its line: $name", ({ input }) => {
    expect(parseUsers(input)).toMatchObject({
      ok: false,
      code: "users/line",
      detail: expect.stringContaining("line 2") as string,
    });
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseUsers(text).ok === "boolean"));
  });

  test("who may sign as whom", async () => {
    const addresses = [
      "alice@bank.example",
      "carol@bank.example",
      "eva@xn--bcher-kva.example",
      "ida@xn--bcher-kva.example",
    ];
    for (const address of addresses) {
      const wish = { address, kind: "p256", days: 90, issuer: null, now, listed: false } as const;
      writeDeclarationKey(folder, value(await newDeclarationKey(wish)));
    }
    const lines = [
      "alice alice@bank.example personal personal",
      "boss @bank.example",
      "eva eva@Bücher.Example",
      "ida @BÜCHER.example",
      "dave@bank.example x@bank.example",
    ];
    const rules: GrantRules = {
      users: value(parseUsers(lines.join("\n"))),
      domains: ["bank.example", "xn--bcher-kva.example"],
      loginIsAddress: true,
      purposes: ["personal", "discussion"],
    };
    const keys = value(readDeclarationKeys(folder));
    const secrets = value(openSecrets(folder, now));
    const users = signingGrants({ rules: () => rules, keys: () => keys, secrets: () => secrets, now: () => now });
    const cases = [
      {
        login: "alice",
        address: "alice@BANK.example",
        want: { kind: "granted", purposes: ["personal"], unasked: { purpose: "personal" } },
      },
      { login: "alice", address: "carol@bank.example", want: { kind: "foreign-address" } },
      { login: "boss", address: "carol@bank.example", want: { kind: "granted", unasked: null } },
      { login: "boss", address: "x@other.example", want: { kind: "foreign-address" } },
      { login: "boss", address: "nobody@bank.example", want: { kind: "no-certificate" } },
      {
        login: "carol@bank.example",
        address: "carol@bank.example",
        want: { kind: "granted", purposes: ["personal", "discussion"] },
      },
      { login: "eva", address: "eva@xn--bcher-kva.example", want: { kind: "granted" } },
      { login: "eva", address: "eva@bücher.example", want: { kind: "granted" } },
      { login: "eva", address: "ida@xn--bcher-kva.example", want: { kind: "foreign-address" } },
      { login: "ida", address: "ida@xn--bcher-kva.example", want: { kind: "granted" } },
      { login: "ida", address: "ida@xn--other.example", want: { kind: "foreign-address" } },
      { login: "eva@bücher.example", address: "eva@xn--bcher-kva.example", want: { kind: "granted" } },
      { login: "carol@other.example", address: "carol@other.example", want: { kind: "foreign-address" } },
      { login: "dave@bank.example", address: "dave@bank.example", want: { kind: "foreign-address" } },
      { login: "", address: "alice@bank.example", want: { kind: "foreign-address" } },
    ];
    for (const { login, address, want } of cases) expect(users.signing(login, address)).toMatchObject(want);
  });
});
