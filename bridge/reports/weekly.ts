// Weekly counts: what readers said about mail that went to them alone and who did not want to be named. Told per signing
// domain and purpose once at least ten said so, so that no sum tells on one of them (protocol section 6).
// POST <url>counts {"week": 2916, "counts": [{"p": "newsletter", "code": "unsolicited", "n": 12}, …]}, signed as reports are.
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import { parseIJson } from "../../shared/ijson/parse.ts";
import { complaintCodes, parsePurpose } from "../../shared/ipp/registry.ts";
import { limits } from "../../shared/limits.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import type { Clock, Log, Randomness } from "../pipeline/ports.ts";
import type { NewReport } from "../store/complaints.ts";
import type { Store } from "../store/store.ts";
import type { ReportSettings } from "./compose.ts";
import type { CountsPayload } from "./outbox.ts";

/** Fewer are not told. */
export const leastCount = 10;
/** Stands for codes that are too few to be told each. */
export const mixedCode = "any";

const weekSeconds = 7 * 86_400;
const roundMs = 600_000;
const giveUpSeconds = 5 * 86_400;
const entriesInOne = 200;

/** One sum. */
export interface CountEntry {
  readonly purpose: string;
  readonly code: string;
  readonly count: number;
}

/** The sums that may be told of one domain: codes with enough each, the rest together where that is enough. */
export function tellable(sums: readonly CountEntry[]): readonly CountEntry[] {
  const told: CountEntry[] = [];
  for (const [purpose, entries] of Map.groupBy(sums, (sum) => sum.purpose)) {
    let rest = 0;
    for (const entry of entries) {
      if (entry.count >= leastCount) told.push(entry);
      else rest += entry.count;
    }
    if (rest >= leastCount) told.push({ purpose, code: mixedCode, count: rest });
  }
  return told;
}

const codes = [...complaintCodes.map(({ value }) => value), mixedCode] as const;
const schema = v.object({
  week: v.pipe(v.number(), v.integer(), v.minValue(0)),
  counts: v.pipe(
    v.array(
      v.object({
        p: v.pipe(
          v.string(),
          v.check((text) => parsePurpose(text).ok, "a purpose"),
        ),
        code: v.picklist(codes),
        n: v.pipe(v.number(), v.integer(), v.minValue(leastCount), v.maxValue(1_000_000)),
      }),
    ),
    v.maxLength(entriesInOne),
  ),
});

/** Reads a body; only weeks that are over and not long ago count. Fails with `ijson/…`, `reports/counts`. */
export function parseCounts(text: string, now: number): Result<{ week: number; entries: readonly CountEntry[] }> {
  const json = parseIJson(text, { maxChars: limits.reportChars, maxDepth: 4 });
  if (!json.ok) return json;
  const read = v.safeParse(schema, json.value, { abortEarly: true });
  if (!read.success) return perm("reports/counts", v.getDotPath(read.issues[0]) ?? "the body");
  const { week, counts } = read.output;
  const age = Math.floor(now / weekSeconds) - week;
  if (age < 1 || age > 4) return perm("reports/counts", "not of one of the last four weeks");
  return ok({ week, entries: counts.map(({ p, code, n }) => ({ purpose: p, code, count: n })) });
}

/** The body. */
export function formatCounts(week: number, entries: readonly CountEntry[]): string {
  const counts = entries.slice(0, entriesInOne).map(({ purpose, code, count }) => ({ p: purpose, code, n: count }));
  return JSON.stringify({ week, counts });
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
  const { undoSeconds, delayMinSeconds, delayMaxSeconds } = deps.settings();
  // The last complaint of a week may be taken back for a while yet.
  const week = Math.floor((now - undoSeconds) / weekSeconds) - 1;
  if (Number((await store.facts.get("weekly")) ?? -1) >= week) return 0;
  const sums = await store.complaints.sums(week * weekSeconds, (week + 1) * weekSeconds);
  const reports: NewReport[] = [];
  for (const [domain, entries] of Map.groupBy(sums, (sum) => sum.domain)) {
    const told = tellable(entries);
    if (told.length === 0) continue;
    const payload: CountsPayload = { reporter: deps.reporter(), body: formatCounts(week, told) };
    const [octet = 0] = random(1);
    const dueAt = now + delayMinSeconds + Math.floor((octet / 256) * Math.max(0, delayMaxSeconds - delayMinSeconds));
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
