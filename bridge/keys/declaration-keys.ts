// The certificates that one's own addresses sign with: one file per key (0600) below `declaration/`, made, imported, rotated
// and withdrawn by `waybill cert`, read by the bridge. new-declaration-key.ts makes them.
// A leaf stays published until the last declaration it signed has expired and 7 days more (protocol section 2).
import { createPrivateKey, type KeyObject } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Signer } from "../../shared/crypto/crypto.ts";
import { withAsciiDomain } from "../../shared/header/address.ts";
import { limits } from "../../shared/limits.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import { parseCertificate } from "../../shared/x509/certificate.ts";
import { formatPem, parsePem } from "../../shared/x509/pem.ts";
import { certificateNames } from "../../shared/x509/san.ts";
import { formatPrivateKey, readSecret, writeWhole } from "./key-file.ts";
import { keyIdOf, nodeSigner } from "./node-crypto.ts";

const fileSchema = v.object({
  address: v.string(),
  /** active: signs. retired: a newer one signs, still published. withdrawn: gone, its mail no longer verifies. */
  state: v.picklist(["active", "retired", "withdrawn"]),
  createdAt: v.number(),
  retiredAt: v.nullable(v.number()),
  /** Also answered to who asks without knowing the key (docs/protocol.md, section 1.1). */
  listed: v.optional(v.boolean(), false),
  privateKey: v.string(),
  chain: v.string(),
});

/** One certificate with its key. Times are Unix seconds. */
export interface DeclarationKey {
  /** As in the certificate, domain lower-case. */
  readonly address: string;
  readonly keyId: string;
  readonly state: "active" | "retired" | "withdrawn";
  readonly createdAt: number;
  readonly retiredAt: number | null;
  readonly listed: boolean;
  readonly signer: Signer;
  readonly key: KeyObject;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly issuer: string;
}

/** All keys of one bridge. Never changes: read anew after a change. */
export interface DeclarationKeys {
  readonly all: readonly DeclarationKey[];
  /** The newest active key whose certificate is valid now; null: his mail can't be signed. */
  signing(address: string, now: number): DeclarationKey | null;
  /** What is published of an address, newest first. */
  published(address: string, now: number): readonly DeclarationKey[];
}

const folderOf = (keysFolder: string): string => join(keysFolder, "declaration");
/** After the last `x`, protocol section 2. */
const publishedAfterSeconds = 7 * 86_400;

/** A key with a chain for the address, checked to fit: what `cert new` makes and `cert import` is given. */
function assemble(parts: {
  readonly address: string;
  readonly key: KeyObject;
  readonly chain: readonly Uint8Array[];
  readonly file: Pick<v.InferOutput<typeof fileSchema>, "state" | "createdAt" | "retiredAt" | "listed">;
}): Result<DeclarationKey> {
  const { key, chain, file } = parts;
  const address = withAsciiDomain(parts.address);
  const [leafDer] = chain;
  const leaf = leafDer === undefined ? perm("keys/chain", "no certificate") : parseCertificate(leafDer);
  if (!leaf.ok) return leaf;
  const signer = nodeSigner(key);
  if (signer === null) return perm("keys/kind", "the key is not Ed25519, P-256 or RSA of 2048 to 8192 bits");
  if (keyIdOf(leaf.value.spki) !== signer.keyId) return perm("keys/other-key", "the certificate is for another key");
  if (!certificateNames(address, leaf.value)) {
    return perm("keys/other-address", `the certificate's subjectAltName does not hold ${address}`);
  }
  const { notBefore, notAfter, issuer } = leaf.value;
  return ok({ address, keyId: signer.keyId, ...file, signer, key, chain, notBefore, notAfter, issuer: issuer.text });
}

function readOne(path: string): Result<DeclarationKey> {
  const text = readSecret(path);
  if (!text.ok) return text;
  try {
    const file = v.parse(fileSchema, JSON.parse(text.value));
    const chain = parsePem(file.chain);
    if (!chain.ok) return chain;
    return assemble({ address: file.address, key: createPrivateKey(file.privateKey), chain: chain.value, file });
  } catch (error) {
    return perm("keys/format", `${path}: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

/** Reads all keys; the first file that does not fit is a failure that names it. */
export function readDeclarationKeys(keysFolder: string): Result<DeclarationKeys> {
  const folder = folderOf(keysFolder);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  const all: DeclarationKey[] = [];
  for (const name of names) {
    const one = readOne(join(folder, name));
    if (!one.ok) return { ...one, detail: `${join(folder, name)}: ${one.detail}` };
    all.push(one.value);
  }
  return ok(declarationKeys(all));
}

/** The questions asked of a set of keys. */
export function declarationKeys(keys: readonly DeclarationKey[]): DeclarationKeys {
  const all = keys.toSorted((one, other) => other.createdAt - one.createdAt);
  const byAddress = Map.groupBy(all, ({ address }) => address);
  const of = (address: string): readonly DeclarationKey[] => byAddress.get(withAsciiDomain(address)) ?? [];
  return {
    all,
    signing: (address, now) =>
      of(address).find((key) => key.state === "active" && key.notBefore <= now && now <= key.notAfter) ?? null,
    published: (address, now) => of(address).filter((key) => isPublished(key, now)),
  };
}

/** Whether mail that the key signed may still be verified. */
export function isPublished({ state, retiredAt, notAfter }: DeclarationKey, now: number): boolean {
  const lastUse = retiredAt ?? notAfter;
  return state !== "withdrawn" && now <= lastUse + limits.declarationSeconds + publishedAfterSeconds;
}

/** Writes a key (anew). */
export function writeDeclarationKey(keysFolder: string, key: DeclarationKey): void {
  const content: v.InferOutput<typeof fileSchema> = {
    address: key.address,
    state: key.state,
    createdAt: key.createdAt,
    retiredAt: key.retiredAt,
    listed: key.listed,
    privateKey: formatPrivateKey(key.key),
    chain: key.chain.map((der) => formatPem(der)).join(""),
  };
  writeWhole(join(folderOf(keysFolder), `${key.keyId}.json`), `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * A key and chain made elsewhere (a public S/MIME CA's), to sign with from now on. Codes: keys/kind, keys/other-key,
 * keys/other-address, keys/chain, keys/not-valid.
 */
export function importDeclarationKey(parts: {
  readonly address: string;
  readonly key: KeyObject;
  readonly chain: readonly Uint8Array[];
  readonly now: number;
  readonly listed: boolean;
}): Result<DeclarationKey> {
  const { now, listed } = parts;
  const key = assemble({ ...parts, file: { state: "active", createdAt: now, retiredAt: null, listed } });
  if (!key.ok) return key;
  // It takes its predecessor's place: nobody could sign until it is valid.
  const { notBefore, notAfter } = key.value;
  if (now > notAfter) return perm("keys/not-valid", `it has ended: ${new Date(notAfter * 1000).toISOString()}`);
  if (now < notBefore)
    return perm("keys/not-valid", `it is not valid yet: ${new Date(notBefore * 1000).toISOString()}`);
  return key;
}
