// The bridge's own keys, which seal Hop-Signals and sign reports: one file per key (0600) below `seal/`. Two are valid
// during a rotation; the new one is published a while before it is used, endorsed by its predecessor; a retired one stays
// published for old mail without its private half; a revoked one verifies nothing any more. New ones are P-256, which
// OpenSSL signs with in two thirds of the time of Ed25519; an Ed25519 one is used until its rotation is due. Protocol
// section 4.3.
import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { isSealSigner, type SealSigner } from "../../shared/hop/key-types.ts";
import { endorseKey, type PublishedKey } from "../../shared/hop/keys.ts";
import type { ReportSigner } from "../../shared/httpsig/report-signature.ts";
import { ok, perm, temp, type Result } from "../../shared/result.ts";
import { Unavailable } from "../pipeline/unavailable.ts";
import { formatPrivateKey, generateKey, readSecret, writeWhole } from "./key-file.ts";
import { keyIdOf, nodeSigner, spkiOf } from "./node-crypto.ts";
import type { SignatureWork } from "./signature-work.ts";

const fileSchema = v.object({
  domain: v.string(),
  notBefore: v.number(),
  notAfter: v.number(),
  revoked: v.boolean(),
  endorsement: v.nullable(v.object({ by: v.string(), signature: v.string() })),
  /** SubjectPublicKeyInfo, base64. */
  spki: v.string(),
  /** PKCS #8 PEM; null once the key has retired. */
  privateKey: v.nullable(v.string()),
});

interface SealKey {
  readonly published: PublishedKey;
  readonly signer: SealSigner | null;
  readonly key: KeyObject | null;
  readonly file: v.InferOutput<typeof fileSchema>;
}

/** The keys of one domain's bridge. Never changes: opened anew after a change. */
export interface SealKeys {
  readonly domain: string;
  /** Signs now. */
  readonly signer: SealSigner;
  /** When its seals count, unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The same key for reports. */
  readonly signReport: ReportSigner["sign"];
  /** All ever published, newest first: the `keys` document. */
  readonly published: readonly PublishedKey[];
}

/** A key seals for this long, then its successor does. */
const sealingDays = 180;
/** And stays valid this long more, so that two are. */
const overlapDays = 30;
/** A successor is published this long before it seals: add-ons that look once a day have then pinned it. */
const announceDays = 2;
const day = 86_400;

const folderOf = (keysFolder: string, domain: string): string => join(keysFolder, "seal", domain);

function readOne(path: string, work: SignatureWork | null): Result<SealKey> {
  const text = readSecret(path);
  if (!text.ok) return text;
  try {
    const file = v.parse(fileSchema, JSON.parse(text.value));
    const spki = new Uint8Array(Buffer.from(file.spki, "base64"));
    const { notBefore, notAfter, revoked, endorsement } = file;
    const published: PublishedKey = {
      keyId: keyIdOf(spki),
      spki,
      notBefore,
      notAfter,
      revoked,
      endorsement:
        endorsement === null ? null : { by: endorsement.by, signature: Buffer.from(endorsement.signature, "base64") },
    };
    const key = file.privateKey === null ? null : createPrivateKey(file.privateKey);
    const signer = key === null ? null : nodeSigner(key, work);
    if (signer !== null && !isSealSigner(signer)) return perm("keys/kind", `${path}: neither P-256 nor Ed25519`);
    if (signer !== null && signer.keyId !== published.keyId)
      return perm("keys/other-key", `${path}: two different keys`);
    return ok({ published, signer, key, file });
  } catch (error) {
    return perm("keys/format", `${path}: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

function readAll(folder: string, work: SignatureWork | null = null): Result<readonly SealKey[]> {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  const keys: SealKey[] = [];
  for (const name of names) {
    const one = readOne(join(folder, name), work);
    if (!one.ok) return one;
    keys.push(one.value);
  }
  return ok(keys.toSorted((one, other) => other.published.notBefore - one.published.notBefore));
}

function write(folder: string, file: v.InferOutput<typeof fileSchema>): void {
  const keyId = keyIdOf(new Uint8Array(Buffer.from(file.spki, "base64")));
  writeWhole(join(folder, `${keyId}.json`), `${JSON.stringify(file, null, 2)}\n`);
}

async function makeKey(folder: string, domain: string, predecessor: SealSigner | null, now: number): Promise<void> {
  const key = generateKey("p256");
  const spki = spkiOf(createPublicKey(key));
  const notAfter = now + (sealingDays + overlapDays) * day;
  // Five minutes back, for readers whose clocks differ.
  const facts = { keyId: keyIdOf(spki), spki, notBefore: now - 300, notAfter, revoked: false };
  const endorsement = predecessor === null ? null : await endorseKey(domain, facts, predecessor);
  write(folder, {
    domain,
    notBefore: facts.notBefore,
    notAfter,
    revoked: false,
    endorsement:
      endorsement === null
        ? null
        : { by: endorsement.by, signature: Buffer.from(endorsement.signature).toString("base64") },
    spki: Buffer.from(spki).toString("base64"),
    privateKey: formatPrivateKey(key),
  });
}

function usable(key: SealKey, now: number): boolean {
  const { revoked, notBefore, notAfter } = key.published;
  return key.signer !== null && !revoked && notBefore <= now && now <= notAfter;
}

/** Which key signs: the newest that has been published long enough, or else the newest. */
function sealing(keys: readonly SealKey[], now: number): SealKey | null {
  const fit = keys.filter((key) => usable(key, now));
  return fit.find((key) => now - key.published.notBefore >= announceDays * day) ?? fit.at(-1) ?? null;
}

/**
 * What is due is done: a first key, a successor, forgetting the private half of what has expired. That is kept until a
 * successor has been there as long as both are valid: a clock that was ahead for a day has then taken nothing.
 */
async function maintain(folder: string, domain: string, keys: readonly SealKey[], now: number): Promise<boolean> {
  const newest = keys.find((key) => usable(key, now));
  const age = newest === undefined ? 0 : now - newest.published.notBefore;
  if (keys.some((key) => usable(key, now) && now - key.published.notBefore >= overlapDays * day)) {
    for (const { file } of keys.filter((key) => key.signer !== null && key.published.notAfter < now)) {
      write(folder, { ...file, privateKey: null });
    }
  }
  if (newest !== undefined && age < sealingDays * day) return false;
  // After months without a start the last one has expired: it still introduces the next to whoever pinned it.
  const last = newest ?? keys.find(({ signer, published }) => signer !== null && published.notBefore <= now);
  await makeKey(folder, domain, last?.signer ?? null, now);
  return true;
}

/** Ed25519 signs a report's octets themselves, a seal's digest (RFC 9421 section 3.3.6, RFC 8463); P-256 both alike. */
function reportSigning(signer: SealSigner, key: KeyObject): ReportSigner["sign"] {
  return signer.algorithm === "ed25519-sha256" ? (base) => sign(null, base, key) : (base) => signer.sign(base);
}

/** When this was written: a clock that shows less has not been set, and a key made by it would seal nothing. */
const earliest = Date.UTC(2025, 0, 1) / 1000;

/**
 * The keys of `domain` below `keysFolder`, made or rotated where due. Failures as readSecret, keys/format, keys/kind,
 * keys/clock (for now) when the clock has not been set, keys/none when no key may sign. `work`: makes the seals, where not
 * each is made at once.
 */
export async function openSealKeys(
  keysFolder: string,
  domain: string,
  now: number,
  work: SignatureWork | null = null,
): Promise<Result<SealKeys>> {
  if (now < earliest) return temp("keys/clock", `it is not ${new Date(now * 1000).toISOString()}: set the clock`);
  const folder = folderOf(keysFolder, domain);
  let keys = readAll(folder, work);
  if (!keys.ok) return keys;
  if (await maintain(folder, domain, keys.value, now)) keys = readAll(folder, work);
  if (!keys.ok) return keys;
  const chosen = sealing(keys.value, now);
  const { signer, key } = chosen ?? { signer: null, key: null };
  if (chosen === null || signer === null || key === null) return perm("keys/none", `no key of ${domain} may sign now`);
  const published = keys.value.map((one) => one.published);
  const { notBefore, notAfter } = chosen.published;
  return ok({ domain, signer, notBefore, notAfter, published, signReport: reportSigning(signer, key) });
}

/** The key that seals at `now`. Outside its times a seal would read as forged: throws Unavailable, and mail waits. */
export function signerAt(keys: Pick<SealKeys, "signer" | "notBefore" | "notAfter">, now: number): SealSigner {
  const { signer, notBefore, notAfter } = keys;
  if (notBefore <= now && now <= notAfter) return signer;
  const at = new Date(now * 1000).toISOString();
  throw new Unavailable(`seal key ${signer.keyId} is not valid at ${at}: the clock is wrong, or keys can't be read`);
}

/** A successor now, whatever the age of the current key. */
export async function rotateSealKey(keysFolder: string, domain: string, now: number): Promise<Result<SealKeys>> {
  const opened = await openSealKeys(keysFolder, domain, now);
  if (!opened.ok) return opened;
  await makeKey(folderOf(keysFolder, domain), domain, opened.value.signer, now);
  return await openSealKeys(keysFolder, domain, now);
}

/** Revokes a key for good: a stolen one. The next key has no endorsement by it. keys/missing when there is none such. */
export function revokeSealKey(keysFolder: string, domain: string, keyId: string): Result<void> {
  const folder = folderOf(keysFolder, domain);
  const keys = readAll(folder);
  if (!keys.ok) return keys;
  const key = keys.value.find(({ published }) => published.keyId === keyId);
  if (key === undefined) return perm("keys/missing", `${domain} has no key ${keyId}`);
  write(folder, { ...key.file, revoked: true, privateKey: null });
  return ok(undefined);
}
