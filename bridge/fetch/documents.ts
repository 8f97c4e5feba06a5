// What senders' sides publish, fetched and kept: an answer 5 minutes to 1 day as it says itself (RFC 9111 section 5.2.2.1),
// absence 5 minutes, failures a minute; a good answer that can't be refreshed serves for another 24 hours at most
// (RFC 5861 section 4). Because a key that nobody knows has a URL of its own (`?ks=`), keeping its absence for 5 minutes is
// also "one refetch per unknown key per 5 minutes".
import { LRUCache } from "lru-cache";
import { ok, perm, temp, type Result } from "../../shared/result.ts";
import type { Budget } from "./budget.ts";
import type { HttpsAsk, HttpsResponse } from "./https.ts";

/** A published document. */
export interface Document {
  /** null: the host says there is none (404, 410). */
  readonly body: Uint8Array | null;
  /** Shown although it could not be refreshed. */
  readonly stale: boolean;
}

export interface Documents {
  /** GETs `url`, asked because of mail of `domain`. Failures as HttpsAsk, and fetch/budget, fetch/status. */
  get(url: string, domain: string): Promise<Result<Document>>;
}

export interface DocumentsOptions {
  readonly ask: HttpsAsk;
  readonly budget: Pick<Budget, "take">;
  /** Milliseconds. */
  readonly now: () => number;
}

const minute = 60_000;
const minFreshMs = 5 * minute;
const maxFreshMs = 24 * 60 * minute;
/** Where the answer doesn't say. */
const usualFreshMs = 60 * minute;
const absentMs = 5 * minute;
const failureMs = minute;
const staleMs = 24 * 60 * minute;
/** All bodies together; a certificate chain is 2 to 4 kB, and parsed about three times that. */
const cacheBytes = 8_388_608;
/** What an entry costs beside its body and URL. */
const entryBytes = 256;

interface Kept {
  readonly result: Result<{ readonly body: Uint8Array | null }>;
  readonly freshUntil: number;
  readonly staleUntil: number;
}

/** max-age of Cache-Control, ms, inside our bounds. */
export function freshMs(cacheControl: string | undefined): number {
  const seconds = /(?:^|[,\s])max-age="?(\d{1,9})/i.exec(cacheControl ?? "")?.[1];
  if (seconds === undefined) return usualFreshMs;
  return Math.min(maxFreshMs, Math.max(minFreshMs, Number(seconds) * 1000));
}

function interpret(response: HttpsResponse, now: number): Kept {
  const { status, body, headers } = response;
  if (status === 200) {
    const freshUntil = now + freshMs(headers.get("cache-control"));
    return { result: ok({ body }), freshUntil, staleUntil: freshUntil + staleMs };
  }
  if (status === 404 || status === 410) {
    return { result: ok({ body: null }), freshUntil: now + absentMs, staleUntil: 0 };
  }
  const again = status >= 500 || status === 429 || status === 408;
  const result = again ? temp("fetch/status", `answered ${status}`) : perm("fetch/status", `answered ${status}`);
  return { result, freshUntil: now + (again ? failureMs : absentMs), staleUntil: 0 };
}

/** Documents over https, kept as said above. */
export function fetchedDocuments(options: DocumentsOptions): Documents {
  const { ask, budget, now } = options;
  const cache = new LRUCache<string, Kept>({
    maxSize: cacheBytes,
    sizeCalculation: ({ result }, url) => entryBytes + url.length + (result.ok ? (result.value.body?.length ?? 0) : 0),
  });
  const inFlight = new Map<string, Promise<Kept>>();

  async function fetchOne(url: string, domain: string, before: Kept | undefined): Promise<Kept> {
    const good = before?.result.ok === true && before.result.value.body !== null;
    const { hostname: host } = new URL(url);
    if (!budget.take({ host, domain, known: good })) {
      const result = temp("fetch/budget", `too many requests to ${host} for ${domain}`);
      return { result, freshUntil: now(), staleUntil: 0 };
    }
    const answer = await ask({ url, method: "GET", known: good });
    if (answer.ok) return interpret(answer.value, now());
    return { result: answer, freshUntil: now() + (answer.kind === "temp" ? failureMs : absentMs), staleUntil: 0 };
  }

  /** The new answer, or the old one for another while when asking failed for now. */
  function surviving(fresh: Kept, before: Kept | undefined): Kept {
    const failed = !fresh.result.ok && fresh.result.kind === "temp";
    if (!failed || before === undefined || before.staleUntil <= now()) return fresh;
    // Without budget nobody was asked, and freshUntil is now: one domain's mail must not keep another's document old.
    return { ...before, freshUntil: fresh.freshUntil };
  }

  async function kept(url: string, domain: string): Promise<Kept> {
    const before = cache.get(url);
    if (before !== undefined && before.freshUntil > now()) return before;
    const running = inFlight.get(url);
    if (running !== undefined) return running;
    const asking = fetchOne(url, domain, before)
      .then((fresh) => surviving(fresh, before))
      .finally(() => inFlight.delete(url));
    inFlight.set(url, asking);
    const fresh = await asking;
    if (fresh.freshUntil > now()) cache.set(url, fresh);
    return fresh;
  }

  return {
    async get(url, domain) {
      if (!cache.has(url) && !URL.canParse(url)) return perm("fetch/url", "not a URL");
      const { result, staleUntil, freshUntil } = await kept(url, domain);
      if (!result.ok) return result;
      const stale = staleUntil !== 0 && freshUntil > staleUntil - staleMs;
      return ok({ body: result.value.body, stale });
    },
  };
}

/** Documents that are a plain map: what is not in it is not published. */
export function mappedDocuments(documents: Readonly<Record<string, string>>): Documents {
  return {
    async get(url) {
      const text = Object.hasOwn(documents, url) ? documents[url] : undefined;
      return ok({ body: text === undefined ? null : new TextEncoder().encode(text), stale: false });
    },
  };
}
