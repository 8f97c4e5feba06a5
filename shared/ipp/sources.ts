// What verifying a declaration asks of the outside: DNS, the sender's publication, trust. The bridge implements it over
// its caches, readers over what their bridge kept, tests with plain maps (test/fakes/mail.ts).
import type { Crypto } from "../crypto/crypto.ts";
import type { Result } from "../result.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { DiscoveryRecord, DnssecState, TrustFinding } from "./types.ts";

/** What `_ipp.<domain>` says. */
export interface Discovery {
  /** null: the domain publishes none. */
  readonly record: DiscoveryRecord | null;
  readonly dnssec: DnssecState;
}

/** A published certificate chain, its leaf parsed (sources keep parsed leaves: parsing costs more than verifying). */
export interface PublishedChain {
  readonly leaf: Certificate;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
}

/** Asked for the keys of an address. */
export interface CertificateQuestion {
  readonly discovery: Discovery;
  /** Unicode, domain as A-labels; `localPart` is its unquoted local part. */
  readonly address: string;
  readonly localPart: string;
  readonly domain: string;
  /** `ks`: only chains whose leaf has this key are of use. */
  readonly keyId: string;
}

/** Asked who vouches for a leaf whose signature has verified. */
export interface TrustQuestion extends PublishedChain {
  readonly address: string;
  readonly domain: string;
  readonly discovery: Discovery;
  /** Unix seconds: the signature's `t`. */
  readonly at: number;
}

type Eventually<T> = Promise<T> | T;

export interface DeclarationSources {
  readonly crypto: Crypto;
  /** SERVFAIL, bogus and silence are temporary failures; several records, an unknown type permanent ones. */
  discover(domain: string): Eventually<Result<Discovery>>;
  /** Chains published for the address. Empty: none with this key. A host that does not answer is a temporary failure. */
  certificates(question: CertificateQuestion): Eventually<Result<readonly PublishedChain[]>>;
  trust(question: TrustQuestion): Eventually<TrustFinding>;
}
