// Caches bounded by a number of entries. lru-cache sets room aside for all of its `max` at once, some 20 octets an entry,
// which came to 5 MB before the first mail; bounded by sizes, of one each, it grows as it fills.
import { LRUCache } from "lru-cache";

/** A cache of at most `entries`, the least recently used going first; each no longer than `ttlMs`, where given. */
export function cacheOf<Value extends object | number>(entries: number, ttlMs = 0): LRUCache<string, Value> {
  // By itself it takes the time, and sets a timer, once a millisecond.
  return new LRUCache({ maxSize: entries, sizeCalculation: () => 1, ttl: ttlMs, ttlResolution: 100 });
}
