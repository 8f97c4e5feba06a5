// `_ipp.<domain>` asked and read, kept as long as DNS says. Protocol section 1.
import { discoveryName, parseDiscoveryRecords } from "../../shared/ipp/discovery.ts";
import type { Discovery } from "../../shared/ipp/sources.ts";
import { ok, type Result } from "../../shared/result.ts";
import { cacheOf } from "../cache/cache.ts";
import type { Resolver } from "../dns/resolver.ts";

/** Domains kept; an entry is some 500 bytes. */
const keptDomains = 10_000;
/** The resolver keeps failures itself; what is malformed is asked for again no sooner than this. */
const malformedMs = 60_000;

interface Kept {
  readonly result: Result<Discovery>;
  readonly until: number;
}

/** Asks for a domain's record. Failures are the resolver's (temporary) and parseDiscoveryRecords' (permanent). */
export type Discover = (domain: string) => Promise<Result<Discovery>>;

/** Discovery over a resolver; `now` in milliseconds. */
export function discovery(resolver: Resolver, now: () => number): Discover {
  const kept = cacheOf<Kept>(keptDomains);

  async function ask(domain: string): Promise<Kept> {
    const answer = await resolver.txt(discoveryName(domain));
    if (!answer.ok) return { result: answer, until: now() };
    const { records, dnssec, ttlSeconds } = answer.value;
    const record = parseDiscoveryRecords(records, domain);
    if (!record.ok) return { result: record, until: now() + malformedMs };
    return { result: ok({ record: record.value, dnssec }), until: now() + ttlSeconds * 1000 };
  }

  return async (domain) => {
    const before = kept.get(domain);
    if (before !== undefined && before.until > now()) return before.result;
    const fresh = await ask(domain);
    kept.set(domain, fresh);
    return fresh.result;
  };
}
