// The bridge's answers to what verifying a declaration asks (shared/ipp/sources.ts): DNS, publications, trust, and the
// memory of keys, each behind its own cache, so that nothing is done per message that could be done per key.
import type { Crypto } from "../../shared/crypto/crypto.ts";
import type { DeclarationSources, TrustQuestion } from "../../shared/ipp/sources.ts";
import { trustLevels, type TrustFinding, type TrustLevel } from "../../shared/ipp/types.ts";
import type { Certificate } from "../../shared/x509/certificate.ts";
import type { Resolver } from "../dns/resolver.ts";
import type { Documents } from "../fetch/documents.ts";
import { discovery } from "./discovery.ts";
import { publishedCertificates } from "./published.ts";
import { vouching, type Evidence } from "./vouching.ts";

type Eventually<T> = Promise<T> | T;

/** What is remembered of an address's earlier mail (bridge/store implements it). */
export interface KeyHistory {
  known(
    address: string,
  ): Eventually<readonly { readonly keyId: string; readonly level: TrustLevel; readonly dkimAligned: boolean }[]>;
}

/** Where chains that verified a mail are kept for the reader's recheck (bridge/store implements it). */
export interface ChainKeeper {
  keep(keyId: string, chain: readonly Uint8Array[], at: number): void;
}

export interface SourcesOptions {
  readonly crypto: Crypto;
  readonly resolver: Resolver;
  readonly documents: Documents;
  /** CAs of the configured trust store. */
  readonly anchors: () => readonly Certificate[];
  /** null: nothing is remembered (`waybill verify`). */
  readonly history: KeyHistory | null;
  readonly keeper: ChainKeeper | null;
  /** Milliseconds. */
  readonly now: () => number;
}

function better(one: TrustLevel, other: TrustLevel): boolean {
  return trustLevels.indexOf(one) < trustLevels.indexOf(other);
}

/** The levels together: the best one, what earlier mail says, and what is worse than it was. */
function findingOf(
  evidence: readonly Evidence[],
  keyId: string,
  known: Awaited<ReturnType<KeyHistory["known"]>>,
): TrustFinding {
  const pinned: readonly Evidence[] = known.some((key) => key.keyId === keyId && key.dkimAligned)
    ? [{ level: "pinned", detail: "earlier mail with this key had aligned DKIM" }]
    : [];
  const self: Evidence = { level: "self", detail: "the signature verifies under the published key" };
  const all = [...evidence, ...pinned, self];
  const best = all.reduce((best, one) => (better(one.level, best.level) ? one : best), self).level;
  return {
    level: best,
    evidence: all,
    changedKey: known.length > 0 && !known.some((key) => key.keyId === keyId),
    lowered: known.some((key) => better(key.level, best)),
  };
}

/** DeclarationSources over the outside world. */
export function declarationSources(options: SourcesOptions): DeclarationSources {
  const { crypto, resolver, documents, history, keeper, now } = options;
  const vouch = vouching({ crypto, anchors: options.anchors });
  const keyIds = new WeakMap<Certificate, string>();

  async function keyIdOf(leaf: Certificate): Promise<string> {
    const kept = keyIds.get(leaf);
    if (kept !== undefined) return kept;
    const keyId = Buffer.from(await crypto.digest(leaf.spki)).toString("base64url");
    keyIds.set(leaf, keyId);
    return keyId;
  }

  return {
    crypto,
    discover: discovery(resolver, now),
    certificates: publishedCertificates(documents, crypto),
    async trust(question: TrustQuestion) {
      const keyId = await keyIdOf(question.leaf);
      keeper?.keep(keyId, question.chain, Math.floor(now() / 1000));
      const known = (await history?.known(question.address)) ?? [];
      return findingOf(await vouch(question), keyId, known);
    },
  };
}
