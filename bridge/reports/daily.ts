// Daily sums: what the border saw of declarations that are broken or replayed, told to the domains that are said to have
// signed them (protocol section 6). Anybody can send such mail, so that much is left untold: domains without a record,
// numbers of fewer than ten mails or ten readers, all but the largest of a day. One request a domain and day, and no more
// tries than the fetch budget grants. The body is shared/report/counts.ts; it is POSTed to <url>sums, signed as reports are.
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import type { Discovery } from "../../shared/ipp/sources.ts";
import {
  type DailySums,
  formatDailySums,
  leastCount,
  type SumEntry,
  summedResults,
} from "../../shared/report/counts.ts";
import type { Result } from "../../shared/result.ts";
import { cacheOf } from "../cache/cache.ts";
import type { Clock, Eventually, Log, Randomness, Sightings } from "../pipeline/ports.ts";
import type { NewReport } from "../store/complaints.ts";
import { digest, sameAddress } from "../store/digest.ts";
import type { SightingStore, SightingSum } from "../store/sightings.ts";
import type { Store } from "../store/store.ts";
import { type DelayBounds, randomDelay } from "./delay.ts";
import type { CountsPayload } from "./outbox.ts";

const daySeconds = 86_400;
const roundMs = 600_000;
/** After midnight, for what was seen just before it. */
const settleSeconds = 60;
/** Such a number is of no use to anybody two days later. */
const giveUpSeconds = 2 * daySeconds;
/** Older days are not told: nobody takes them (shared/report/counts.ts). */
const oldestDays = 5;
/** Rows forgotten at once, some milliseconds of work, and the time between. */
const forgottenRows = 500;
const forgettingPauseMs = 10;
/** Mails whose next tries are known as such: some days' on a small server, and all that such a number needs. */
const knownMails = 10_000;
/** Domains told of one day, those with the most mails first: all others' are made up, or few. */
export const domainsTold = 200;

/** What counting needs. */
export interface SightingDeps {
  readonly sightings: Pick<SightingStore, "add">;
  readonly discover: (domain: string) => Eventually<Result<Discovery>>;
  readonly log: Log;
}

/**
 * Counts what the pipeline saw. Only mail whose From is of the signing domain, as every `broken` or `replay` is but those
 * of lists that rewrite From; and only for domains that publish a URL, which the pipeline itself has just asked for. A mail
 * that is put off behind us (a later 451, a connection that broke) comes again, and is one mail.
 */
export function countSightings({ sightings, discover, log }: SightingDeps): Sightings {
  const known = cacheOf<number>(knownMails);
  async function count(domain: string, mail: string, add: () => boolean): Promise<void> {
    try {
      const found = await discover(domain);
      if (!found.ok || found.value.record === null || found.value.record.url === null || known.has(mail)) return;
      known.set(mail, 1);
      add();
    } catch (error) {
      // The mail goes its way: a number that is one too small is no reason to stop it.
      log.error({ err: error }, "a sighting cannot be counted");
    }
  }
  return {
    saw({ finding, recipients, at }) {
      const { signer, declaration, code } = finding;
      const result = summedResults.find((summed) => summed === finding.result);
      if (result === undefined || signer === null || code === "ipp/from") return;
      const { domain } = signer;
      const day = Math.floor(at / daySeconds);
      const purpose = declaration?.purpose ?? null;
      const mail = digest(result, domain, signer.token, ...recipients.map(sameAddress).toSorted());
      void count(domain, mail, () => sightings.add({ day, domain, result, purpose, recipients }));
    },
  };
}

/** A sum that may grow by others. */
interface Rest {
  count: number;
  readonly readers: Set<string>;
}

/**
 * The sums that may be told of one domain, largest first: of each result the purposes with ten mails and ten readers, the
 * rest together, without a purpose, where they have as many.
 */
export function tellableSums(sums: readonly SightingSum[]): readonly SumEntry[] {
  const told: SumEntry[] = [];
  for (const [result, rows] of Map.groupBy(sums, (sum) => sum.result)) {
    const rest: Rest = { count: 0, readers: new Set() };
    for (const { purpose, count, readers } of rows) {
      if (purpose !== null && count >= leastCount && readers.length >= leastCount) {
        told.push({ purpose, result, count });
        continue;
      }
      rest.count += count;
      for (const reader of readers) rest.readers.add(reader);
    }
    const enough = rest.count >= leastCount && rest.readers.size >= leastCount;
    if (enough) told.push({ purpose: null, result, count: rest.count });
  }
  return told.toSorted((a, b) => b.count - a.count);
}

/** What telling daily sums needs. */
export interface DailyDeps {
  readonly store: Pick<Store, "sightings" | "reports" | "flushed">;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly log: Log;
  /** The domain whose bridge tells. */
  readonly reporter: () => string;
  readonly settings: () => DelayBounds;
  readonly signal: AbortSignal;
}

/** What one domain may be told of one day. */
interface Told {
  readonly domain: string;
  readonly sums: DailySums;
}

const mailsOf = ({ sums }: Told): number => sums.entries.reduce((total, { count }) => total + count, 0);

/** What may be told of the days before `today`, by day; null where there is nothing to look at. */
async function gather({ store }: Pick<DailyDeps, "store">, today: number): Promise<Map<number, Told[]> | null> {
  const days = new Map<number, Told[]>();
  let any = false;
  for await (const sums of store.sightings.before(today)) {
    any = true;
    const [first] = sums;
    const entries = tellableSums(sums);
    if (first !== undefined && first.day >= today - oldestDays && entries.length > 0) {
      const { day, domain } = first;
      const told = days.get(day) ?? [];
      days.set(day, told);
      told.push({ domain, sums: { domain, day, entries } });
    }
    // A day may have a thousand domains: no mail waits for all of them.
    await turn();
  }
  return any ? days : null;
}

/** Queues the sums of all days that are over, and forgets them; how many domains are told. */
export async function queueDaily(deps: DailyDeps): Promise<number> {
  const { store, clock, random, reporter, settings } = deps;
  await store.flushed();
  const now = clock.now();
  const today = Math.floor((now - settleSeconds) / daySeconds);
  const days = await gather(deps, today);
  if (days === null) return 0;
  const reports: NewReport[] = [];
  for (const [day, all] of days) {
    for (const { domain, sums } of all.toSorted((a, b) => mailsOf(b) - mailsOf(a)).slice(0, domainsTold)) {
      const payload: CountsPayload = { reporter: reporter(), body: formatDailySums(sums) };
      const dueAt = now + randomDelay(random, settings());
      const id = `sums-${day}-${domain}`;
      const giveUpAt = dueAt + giveUpSeconds;
      reports.push({ id, kind: "sums", domain, payload: JSON.stringify(payload), dueAt, giveUpAt });
    }
  }
  // Queued twice after a crash between the two, an id is one report.
  await store.reports.queue(reports, now);
  // Some at a time: no mail waits for it.
  while ((await store.sightings.forget(today, forgottenRows)) > 0) await wait(forgettingPauseMs);
  return reports.length;
}

/** Looks for days that are over until `signal` aborts. */
export async function startDaily(deps: DailyDeps): Promise<void> {
  const { signal, log } = deps;
  while (!signal.aborted) {
    try {
      await queueDaily(deps);
    } catch (error) {
      log.error({ err: error }, "daily sums cannot be made");
    }
    await wait(roundMs, undefined, { signal }).catch(() => {});
  }
}
