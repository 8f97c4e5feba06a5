// How often one client may ask for what costs something: token buckets in memory, the least recently used forgotten.
import { cacheOf } from "../cache/cache.ts";
import type { Clock } from "../pipeline/ports.ts";

/** What is limited, each with its own buckets. */
export const rates = {
  /** Each pairing mails somebody: a reader pairs a few mail programs, a day. */
  pairingClient: { burst: 20, perHour: 20 },
  pairingAddress: { burst: 5, perHour: 5 },
  /** Guessing codes: five tries a pairing are counted elsewhere. */
  pairingCode: { burst: 60, perHour: 60 },
  /** A reader who reports everything he sees. */
  complaint: { burst: 60, perHour: 240 },
  undo: { burst: 60, perHour: 240 },
  /** Other bridges bring what all their readers said. */
  report: { burst: 600, perHour: 20_000 },
  /** Everything else: reading a signal and a certificate for each mail that is opened; bridges fetch keys and chains. */
  read: { burst: 1_200, perHour: 40_000 },
  /** Tries with a wrong bearer or administrator's token. */
  wrongToken: { burst: 30, perHour: 60 },
} as const;

/** The name of a limit. */
export type RateName = keyof typeof rates;

/** Whether one more is let through. */
export interface RateLimit {
  /** Takes one; 0: it is let through, else seconds to wait. */
  take(name: RateName, key: string): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Clients remembered of each limit, some 100 bytes each: whoever has many networks makes us forget only his own kind. */
const kept = 20_000;

/** Rate limits over a clock of seconds. */
export function rateLimit(clock: Clock): RateLimit {
  const byName = new Map(Object.keys(rates).map((name) => [name, cacheOf<Bucket>(kept)]));
  return {
    take(name, key) {
      const { burst, perHour } = rates[name];
      const now = clock.now();
      const buckets = byName.get(name);
      const bucket = buckets?.get(key) ?? { tokens: burst, at: now };
      bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * perHour) / 3_600);
      bucket.at = now;
      buckets?.set(key, bucket);
      if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * 3_600) / perHour);
      bucket.tokens -= 1;
      return 0;
    },
  };
}
