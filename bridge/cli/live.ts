// What a running bridge can change without a restart: the configuration's content, keys and certificates. Everything else
// asks here for every mail or request, so that a reload counts at once; a reload that fails changes nothing.
import { aliasFor } from "../../shared/ipp/alias.ts";
import { parseBridgeKeys, type PublishedKey } from "../../shared/hop/keys.ts";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { ok, type Result, temp } from "../../shared/result.ts";
import { formatPem } from "../../shared/x509/pem.ts";
import { sealDomain, type Config } from "../config.ts";
import {
  isPublished,
  readDeclarationKeys,
  type DeclarationKey,
  type DeclarationKeys,
} from "../keys/declaration-keys.ts";
import { openSealKeys, type SealKeys } from "../keys/seal-keys.ts";
import type { SignatureWork } from "../keys/signature-work.ts";
import type { Clock } from "../pipeline/ports.ts";
import { openSecrets, type Secrets } from "../keys/secrets.ts";
import { keysFolder, type Setup } from "./setup.ts";

/** One consistent state. */
export interface Current {
  readonly setup: Setup;
  readonly keys: DeclarationKeys;
  readonly secrets: Secrets;
  readonly sealKeys: SealKeys;
  /** Seal keys of one's other servers. */
  readonly otherKeys: readonly PublishedKey[];
  /**
   * What `.pub` answers, newest first: listed keys by "domain alias"; by "domain alias key-id" that key and the address's
   * others. Who is not to be told of is in it no more than who does not exist: both are one look that finds nothing.
   */
  readonly publications: ReadonlyMap<string, readonly DeclarationKey[]>;
}

/** The state now, and how it changes. */
export interface Live {
  readonly current: () => Current;
  /** Another configuration, keys read anew. Settings that need a restart are told by name. */
  reload(setup: Setup): Promise<Result<readonly string[]>>;
  /** Keys read anew, rotated where due. */
  refresh(): Promise<Result<void>>;
}

async function publicationsOf({ all }: DeclarationKeys, crypto: Crypto): Promise<Current["publications"]> {
  const publications = new Map<string, readonly DeclarationKey[]>();
  for (const [address, keys] of Map.groupBy(all, (key) => key.address)) {
    const at = address.lastIndexOf("@");
    const place = `${address.slice(at + 1)} ${await aliasFor(address.slice(0, at), crypto)}`;
    const listed = keys.filter((key) => key.listed);
    if (listed.length > 0) publications.set(place, listed);
    for (const key of keys) publications.set(`${place} ${key.keyId}`, [key, ...keys.filter((other) => other !== key)]);
  }
  return publications;
}

async function foreignKeys(setup: Setup, crypto: Crypto): Promise<Result<readonly PublishedKey[]>> {
  const all: PublishedKey[] = [];
  for (const document of setup.otherKeys) {
    const keys = await parseBridgeKeys(document, crypto);
    if (!keys.ok) return { ...keys, detail: `seal.other_keys: ${keys.detail}` };
    all.push(...keys.value);
  }
  return ok(all);
}

/** What reading takes. */
interface LiveParts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  /** Makes the seals, where not each is made at once. */
  readonly signatures?: SignatureWork;
}

/** Keys are made and rotated while they are read: a full disk is nobody's bug, and another time it will do. */
async function read(setup: Setup, parts: LiveParts, now: number): Promise<Result<Current>> {
  try {
    return await readAll(setup, parts, now);
  } catch (error) {
    if (error instanceof Error && "syscall" in error) return temp("keys/write", error.message);
    throw error;
  }
}

async function readAll(setup: Setup, { crypto, signatures }: LiveParts, now: number): Promise<Result<Current>> {
  const folder = keysFolder(setup.config);
  const keys = readDeclarationKeys(folder);
  const secrets = openSecrets(folder, now);
  const sealKeys = await openSealKeys(folder, sealDomain(setup.config), now, signatures ?? null);
  const otherKeys = await foreignKeys(setup, crypto);
  if (!keys.ok) return keys;
  if (!secrets.ok) return secrets;
  if (!sealKeys.ok) return sealKeys;
  if (!otherKeys.ok) return otherKeys;
  const publications = await publicationsOf(keys.value, crypto);
  const [secretsNow, sealKeysNow, others] = [secrets.value, sealKeys.value, otherKeys.value];
  return ok({ setup, keys: keys.value, secrets: secretsNow, sealKeys: sealKeysNow, otherKeys: others, publications });
}

/** Settings whose change waits for a restart: what listens, what it answers when all fails, and what was opened once. */
const fixed = [
  "hostname",
  "domains",
  "state",
  "on_failure",
  "seal",
  "milter",
  "policy_service",
  "http",
  "dns",
  "fetch",
  "mail",
] as const;

/** What may be read once, at the start; everything else is asked of the current state. */
export type FixedConfig = Pick<Config, (typeof fixed)[number]>;

/** Opens keys (made where there are none) and keeps the state. */
export async function openLive(setup: Setup, parts: LiveParts): Promise<Result<Live>> {
  const now = (): number => parts.clock.now();
  const first = await read(setup, parts, now());
  if (!first.ok) return first;
  let state = first.value;
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: an hourly look at the keys that began before a reload must not bring the old setup back. */
  function replace(wanted: () => Setup): Promise<Result<void>> {
    const turn = last.then(async () => {
      const fresh = await read(wanted(), parts, now());
      if (!fresh.ok) return fresh;
      state = fresh.value;
      return ok(undefined);
    });
    // Whoever asked is told of a bug; the next one's turn comes all the same.
    last = turn.catch(() => undefined);
    return turn;
  }
  return ok({
    current: () => state,
    async reload(next) {
      const before = state.setup.config;
      const replaced = await replace(() => next);
      if (!replaced.ok) return replaced;
      const changed = (name: (typeof fixed)[number]): boolean =>
        JSON.stringify(before[name]) !== JSON.stringify(next.config[name]);
      return ok(fixed.filter(changed));
    },
    refresh: () => replace(() => state.setup),
  });
}

function pemOf(keys: readonly DeclarationKey[]): string {
  return keys.flatMap(({ chain }) => chain.map((der) => formatPem(der))).join("");
}

/**
 * PEM of what an alias publishes: with a key id that key's chain, then the address's others (so that a roll-over is seen as
 * one); without, only what its owner lists. null: nothing.
 */
export function publishedChains(
  { publications }: Pick<Current, "publications">,
  { domain, alias, keyId }: { readonly domain: string; readonly alias: string; readonly keyId: string | null },
  now: number,
): string | null {
  const place = `${domain} ${alias}`;
  const kept = publications.get(keyId === null ? place : `${place} ${keyId}`) ?? [];
  const published = kept.filter((key) => isPublished(key, now));
  const [first] = published;
  return first === undefined || (keyId !== null && first.keyId !== keyId) ? null : pemOf(published);
}
