// What the bridge asks of DNS. The real one speaks to a validating resolver over loopback (stub.ts); tests and the demo
// hand in plain maps (zone.ts).
import type { DnssecState } from "../../shared/ipp/types.ts";
import type { Result } from "../../shared/result.ts";

export interface TxtAnswer {
  /** One string a record, its character-strings joined (RFC 7208 section 3.3). Empty: no such name or no such type. */
  readonly records: readonly string[];
  /** `secure` only by the AD bit of a loopback resolver (RFC 6840 section 5.8). Covers proofs of absence too. */
  readonly dnssec: DnssecState;
  /** Seconds, the smallest of the answer. */
  readonly ttlSeconds: number;
}

export interface Resolver {
  /** TXT records of `name`, CNAMEs followed by the resolver. Bogus, SERVFAIL and silence are temporary failures. */
  txt(name: string): Promise<Result<TxtAnswer>>;
  /** IPv4 and IPv6 addresses of `host`. */
  addresses(host: string): Promise<Result<readonly string[]>>;
}
