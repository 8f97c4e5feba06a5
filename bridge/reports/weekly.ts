// Weekly counts: what readers said about mail that went to them alone and who did not want to be named. Told per signing
// domain and purpose once at least ten readers said so, so that no sum tells on one of them (protocol section 6).
// The body is shared/report/counts.ts; it is POSTed to <url>counts, signed as reports are.
import { setTimeout as wait } from "node:timers/promises";
import { type CountEntry, formatWeeklyCounts, leastCount, mixedCode } from "../../shared/report/counts.ts";
import type { Clock, Log, Randomness } from "../pipeline/ports.ts";
import type { NewReport, ReaderSum } from "../store/complaints.ts";
import type { Store } from "../store/store.ts";
import type { ReportSettings } from "./compose.ts";
import { randomDelay } from "./delay.ts";
import type { CountsPayload } from "./outbox.ts";

const weekSeconds = 7 * 86_400;
const roundMs = 600_000;
const giveUpSeconds = 5 * 86_400;

/** Whether no reader can be told from the sum: one who complains about ten mails is one. */
function isTellable(said: readonly ReaderSum[]): boolean {
  return new Set(said.map(({ reader }) => reader)).size >= leastCount;
}

function total(said: readonly ReaderSum[]): number {
  return said.reduce((sum, { count }) => sum + count, 0);
}

/** The sums that may be told of one domain, largest first: codes with enough readers each, the rest together where they are enough. */
export function tellable(sums: readonly ReaderSum[]): readonly CountEntry[] {
  const told: CountEntry[] = [];
  for (const [purpose, ofPurpose] of Map.groupBy(sums, (sum) => sum.purpose)) {
    const rest: ReaderSum[] = [];
    for (const [code, said] of Map.groupBy(ofPurpose, (sum) => sum.code)) {
      if (isTellable(said)) told.push({ purpose, code, count: total(said) });
      else rest.push(...said);
    }
    if (isTellable(rest)) told.push({ purpose, code: mixedCode, count: total(rest) });
  }
  return told.toSorted((a, b) => b.count - a.count);
}

/** What telling weekly counts needs. */
export interface WeeklyDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly log: Log;
  /** The domain whose bridge tells. */
  readonly reporter: () => string;
  readonly settings: () => ReportSettings;
  readonly signal: AbortSignal;
}

/** Queues the counts of the last week that is over, once; how many domains are told. */
export async function queueWeekly(deps: WeeklyDeps): Promise<number> {
  const { store, clock, random } = deps;
  const now = clock.now();
  const settings = deps.settings();
  // The last complaint of a week may be taken back for a while yet.
  const week = Math.floor((now - settings.undoSeconds) / weekSeconds) - 1;
  // Not "or a later one": a clock that was ahead for a moment would silence it until then.
  if ((await store.facts.get("weekly")) === String(week)) return 0;
  const sums = await store.complaints.sums(week * weekSeconds, (week + 1) * weekSeconds);
  const reports: NewReport[] = [];
  for (const [domain, entries] of Map.groupBy(sums, (sum) => sum.domain)) {
    const told = tellable(entries);
    if (told.length === 0) continue;
    const payload: CountsPayload = {
      reporter: deps.reporter(),
      body: formatWeeklyCounts({ domain, week, entries: told }),
    };
    const dueAt = now + randomDelay(random, settings);
    const giveUpAt = dueAt + giveUpSeconds;
    reports.push({
      id: `counts-${week}-${domain}`,
      kind: "counts",
      domain,
      payload: JSON.stringify(payload),
      dueAt,
      giveUpAt,
    });
  }
  // Queued twice after a crash between the two, an id is one report.
  await store.reports.queue(reports, now);
  await store.facts.set("weekly", String(week));
  return reports.length;
}

/** Looks for a week that is over until `signal` aborts. */
export async function startWeekly(deps: WeeklyDeps): Promise<void> {
  const { signal, log } = deps;
  while (!signal.aborted) {
    try {
      await queueWeekly(deps);
    } catch (error) {
      log.error({ err: error }, "weekly counts cannot be made");
    }
    await wait(roundMs, undefined, { signal }).catch(() => {});
  }
}
