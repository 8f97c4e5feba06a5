// The bridge's answers to what verifying a declaration asks (shared/ipp/sources.ts): DNS, publications, trust, and the
// memory of keys, each behind its own cache, so that nothing is done per message that could be done per key.
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { leafFacts } from "../../shared/ipp/leaf.ts";
import type { DeclarationSources, TrustQuestion } from "../../shared/ipp/sources.ts";
import type { DiscoveryRecord } from "../../shared/ipp/types.ts";
import type { Certificate } from "../../shared/x509/certificate.ts";
import { decideTrust, type EarlierKey } from "../../shared/x509/trust.ts";
import type { Resolver } from "../dns/resolver.ts";
import type { Documents } from "../fetch/documents.ts";
import type { Clock, Eventually } from "../pipeline/ports.ts";
import { discovery } from "./discovery.ts";
import { publishedCertificates } from "./published.ts";
import type { Revocations } from "./revocation.ts";
import { vouching } from "./vouching.ts";

/** What is remembered of an address's earlier mail (bridge/store implements it). */
export interface KeyHistory {
  known(address: string): Eventually<readonly EarlierKey[]>;
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
  readonly revocations: Pick<Revocations, "lists" | "generation">;
  /** null: nothing is remembered (`waybill verify`). */
  readonly history: KeyHistory | null;
  readonly keeper: ChainKeeper | null;
  /** Unix seconds, for what is kept, and for revocation. */
  readonly clock: Clock;
  /** Milliseconds, for caches. */
  readonly now: () => number;
}

/** DeclarationSources over the outside world. */
export function declarationSources(options: SourcesOptions): DeclarationSources {
  const { crypto, resolver, documents, history, keeper, clock, now } = options;
  const publications = publishedCertificates(documents, crypto);
  const vouch = vouching({ crypto, anchors: options.anchors, revocations: options.revocations, clock });
  const hosts = new WeakMap<DiscoveryRecord, string>();

  function hostOf(record: DiscoveryRecord | null): string | null {
    if (record === null || record.url === null) return null;
    const host = hosts.get(record) ?? new URL(record.url).host;
    hosts.set(record, host);
    return host;
  }

  return {
    crypto,
    discover: discovery(resolver, now),
    certificates: publications.certificates,
    async trust(question: TrustQuestion) {
      const { domain, address, chain } = question;
      const { dnssec, record } = question.discovery;
      const { keyId } = await leafFacts(question.leaf, crypto);
      keeper?.keep(keyId, chain, clock.now());
      const { store, vouched } = await vouch(question);
      return decideTrust({
        keyId,
        domain,
        store,
        dnssec,
        vouched,
        now: clock.now(),
        publishedAt: hostOf(record),
        publishedKeyIds: publications.besides(chain),
        earlier: (await history?.known(address)) ?? [],
      });
    },
  };
}
