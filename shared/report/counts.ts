// Numbers that travel without a token, JSON both ways. Protocol section 6.
// Weekly counts, POST <url>counts: what readers said about mail that went to them alone and who did not want to be named:
//   {"d": "example.org", "week": 2916, "counts": [{"p": "newsletter", "code": "unsolicited", "n": 12}, …]}
// Daily sums, POST <url>sums: what a border saw of declarations that do not hold:
//   {"d": "example.org", "day": 20415, "sums": [{"p": "newsletter", "result": "broken", "n": 31}, {"result": "replay", "n": 14}]}
// `d` is whose mail it was: a domain's record may lead to any URL, and what is said of it must not be taken for another's.
// Neither tells of fewer than ten, so that no number tells on one reader.
import * as v from "valibot";
import { asciiDomain } from "../header/address.ts";
import { parseIJson } from "../ijson/parse.ts";
import { complaintCodes, parsePurpose } from "../ipp/registry.ts";
import type { DeclarationResult } from "../ipp/types.ts";
import { limits } from "../limits.ts";
import { ok, perm, type Result } from "../result.ts";

/** Fewer are not told. */
export const leastCount = 10;
/** Stands for codes that are too few to be told each. */
export const mixedCode = "any";
/** The results that are summed per day. */
export const summedResults = ["broken", "replay"] as const satisfies readonly DeclarationResult[];
export type SummedResult = (typeof summedResults)[number];

/** One count of a week. */
export interface CountEntry {
  readonly purpose: string;
  /** A complaint's code, or mixedCode. */
  readonly code: string;
  readonly count: number;
}

/** One week's counts about one domain. */
export interface WeeklyCounts {
  /** A-labels. */
  readonly domain: string;
  /** floor(Unix seconds / 604800). */
  readonly week: number;
  readonly entries: readonly CountEntry[];
}

/** One sum of a day. */
export interface SumEntry {
  /** As the mails said; null: several, each too few to be told. */
  readonly purpose: string | null;
  readonly result: SummedResult;
  readonly count: number;
}

/** One day's sums about one domain. */
export interface DailySums {
  /** A-labels. */
  readonly domain: string;
  /** floor(Unix seconds / 86400). */
  readonly day: number;
  readonly entries: readonly SumEntry[];
}

const weekSeconds = 7 * 86_400;
const daySeconds = 86_400;
/** Older ones are not taken: reporters try for five days at most. */
const oldestWeeks = 4;
const oldestDays = 8;

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const n = v.pipe(v.number(), v.integer(), v.minValue(leastCount), v.maxValue(limits.countedMails));
const purpose = v.pipe(
  v.string(),
  v.check((text) => parsePurpose(text).ok, "a purpose"),
);
const codes = [...complaintCodes.map(({ value }) => value), mixedCode] as const;
const domain = v.pipe(
  v.string(),
  v.check((text) => asciiDomain(text) === text, "a domain in lower-case A-labels"),
);
const weeklySchema = v.object({
  d: domain,
  week: whole,
  counts: v.pipe(v.array(v.object({ p: purpose, code: v.picklist(codes), n })), v.maxLength(limits.countEntries)),
});
const dailySchema = v.object({
  d: domain,
  day: whole,
  sums: v.pipe(
    v.array(v.object({ p: v.optional(purpose), result: v.picklist(summedResults), n })),
    v.maxLength(limits.countEntries),
  ),
});

function read<Schema extends v.GenericSchema>(text: string, schema: Schema): Result<v.InferOutput<Schema>> {
  const json = parseIJson(text, { maxChars: limits.reportChars, maxDepth: 4 });
  if (!json.ok) return json;
  const found = v.safeParse(schema, json.value, { abortEarly: true });
  return found.success ? ok(found.output) : perm("counts/shape", v.getDotPath(found.issues[0]) ?? "the body");
}

/** Whether a period numbered by its length is over, and not by more than `oldest`. */
function isRecent(period: number, seconds: number, oldest: number, now: number): boolean {
  const age = Math.floor((now + limits.skewSeconds) / seconds) - period;
  return age >= 1 && age <= oldest;
}

/** Reads weekly counts; only weeks that are over and not long ago count. Fails with `ijson/…`, `counts/shape`, `counts/time`. */
export function parseWeeklyCounts(text: string, now: number): Result<WeeklyCounts> {
  const body = read(text, weeklySchema);
  if (!body.ok) return body;
  const { d, week, counts } = body.value;
  if (!isRecent(week, weekSeconds, oldestWeeks, now)) return perm("counts/time", "not one of the last four weeks");
  return ok({ domain: d, week, entries: counts.map(({ p, code, n: count }) => ({ purpose: p, code, count })) });
}

/** The body; what is beyond limits.countEntries is left out. */
export function formatWeeklyCounts({ domain: d, week, entries }: WeeklyCounts): string {
  const counts = entries.slice(0, limits.countEntries).map(({ purpose: p, code, count }) => ({ p, code, n: count }));
  return JSON.stringify({ d, week, counts });
}

/** Reads daily sums; only days that are over and not long ago count. Fails as parseWeeklyCounts does. */
export function parseDailySums(text: string, now: number): Result<DailySums> {
  const body = read(text, dailySchema);
  if (!body.ok) return body;
  const { d, day, sums } = body.value;
  if (!isRecent(day, daySeconds, oldestDays, now)) return perm("counts/time", "not one of the last eight days");
  return ok({
    domain: d,
    day,
    entries: sums.map(({ p, result, n: count }) => ({ purpose: p ?? null, result, count })),
  });
}

/** The body; what is beyond limits.countEntries is left out. */
export function formatDailySums({ domain: d, day, entries }: DailySums): string {
  const sums = entries.slice(0, limits.countEntries).map(({ purpose: p, result, count }) => ({
    ...(p === null ? {} : { p }),
    result,
    n: Math.min(count, limits.countedMails),
  }));
  return JSON.stringify({ d, day, sums });
}
