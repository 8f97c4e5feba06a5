// How often the bridge may be made to ask one host, or about one domain: token buckets, so that a flood of forged mails
// does not turn our bridge against whoever they name (protocol section 1).
// A name costs its owner nothing and leads to whatever address he likes: the networks connected to have buckets too.
// A document that was had before is refreshed from a bucket of its own: made-up keys can't starve real ones.
import { cacheOf } from "../cache/cache.ts";

/** What a request is for. */
export interface Expense {
  /** Without the port: one victim has 64,512 of them. */
  readonly host: string;
  /** The mail domain asked about. */
  readonly domain: string;
  /** Whether this very URL gave a good answer before. */
  readonly known: boolean;
}

interface Rate {
  /** At once. */
  readonly burst: number;
  readonly perMinute: number;
}

/** What one host, one domain and one network may cost. */
interface Rates {
  readonly host: Rate;
  readonly domain: Rate;
  readonly network: Rate;
}

const usualRates: Rates = {
  // A hoster serves many domains under one name.
  host: { burst: 600, perMinute: 300 },
  domain: { burst: 60, perMinute: 30 },
  // Content delivery networks serve many hosts from one address.
  network: { burst: 600, perMinute: 300 },
};

/** Of CRLs: a CA has a few, large ones, and each is asked for every few hours. */
export const listRates: Rates = {
  host: { burst: 20, perMinute: 10 },
  domain: { burst: 5, perMinute: 5 },
  network: { burst: 20, perMinute: 10 },
};

/** Buckets kept: the least recently used is forgotten, and is then full again. */
const buckets = 20_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Counts requests; `take` says whether one more may be made now. */
export interface Budget {
  take(expense: Expense): boolean;
  /** The same for a place in the network (endpoint/network.ts), once the host is looked up. */
  takeNetwork(network: string, known: boolean): boolean;
}

/** A budget over `now` (milliseconds). */
export function requestBudget(now: () => number, rates: Rates = usualRates): Budget {
  const kept = cacheOf<Bucket>(buckets);

  function filled(key: string, rate: Rate): Bucket {
    const bucket = kept.get(key) ?? { tokens: rate.burst, at: now() };
    bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now() - bucket.at) / 60_000) * rate.perMinute);
    bucket.at = now();
    kept.set(key, bucket);
    return bucket;
  }

  function pay(paying: readonly Bucket[]): boolean {
    if (paying.some((bucket) => bucket.tokens < 1)) return false;
    for (const bucket of paying) bucket.tokens -= 1;
    return true;
  }

  const kind = (known: boolean): string => (known ? "known" : "new");

  return {
    take({ host, domain, known }) {
      return pay([
        filled(`host ${kind(known)} ${host}`, rates.host),
        filled(`domain ${kind(known)} ${domain}`, rates.domain),
      ]);
    },
    takeNetwork: (network, known) => pay([filled(`network ${kind(known)} ${network}`, rates.network)]),
  };
}
