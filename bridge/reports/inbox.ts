// Judges the reports that arrived: signature, token, age; what holds is counted once. Protocol section 6, Sender.
// The reporter has its 202 already: nothing it can observe depends on what is found here.
import { setTimeout as wait } from "node:timers/promises";
import { encodeUtf8 } from "../../shared/encoding/bytes.ts";
import { type ReportSignature, verifyReport } from "../../shared/httpsig/report-signature.ts";
import { complaintCodes } from "../../shared/ipp/registry.ts";
import { checkToken, type TokenKey } from "../../shared/ipp/token.ts";
import { parseDailySums, parseWeeklyCounts } from "../../shared/report/counts.ts";
import { isAttested, isReportInTime, parseReport, reportClaims } from "../../shared/report/report.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Clock, Log } from "../pipeline/ports.ts";
import { Unavailable } from "../pipeline/unavailable.ts";
import { type Arrival, type ArrivalStore, crowdedArrivals, type Settlement } from "../store/arrivals.ts";
import { type ArrivedReport, readArrival } from "./arrival.ts";
import { reporterKey, type ReporterKeysDeps } from "./reporter-keys.ts";

/** What judging reports needs. */
export interface InboxDeps extends ReporterKeysDeps {
  readonly arrivals: ArrivalStore;
  /** All token keys that may still have issued a token in time. */
  readonly tokenKeys: () => readonly TokenKey[];
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Pick<Metrics, "count">;
  /** Wait after each try that could not be judged, s; after the last one the report is dropped. */
  readonly retrySeconds: readonly number[];
  readonly signal: AbortSignal;
}

/** The reporter's DNS or server may be away for a while: about a day in all. */
export const usualJudgingRetrySeconds: readonly number[] = [60, 400, 1_800, 7_200, 28_800, 43_200];

const batch = 16;
const idleMs = 1_000;

/** The signature, under either name the client may have called us by. */
async function signatureOf(deps: InboxDeps, arrived: ArrivedReport, at: number): Promise<Result<ReportSignature>> {
  let last: Result<ReportSignature> = perm("reports/target", "no target");
  for (const targetUri of arrived.targets) {
    const fields: Readonly<Record<string, string | null>> = arrived.fields;
    const report = {
      method: "POST",
      targetUri,
      field: (name: string) => fields[name] ?? null,
      body: encodeUtf8(arrived.body),
    };
    last = await verifyReport(report, at, (id) => reporterKey(deps, id, at), deps.crypto);
    if (last.ok || last.kind === "temp") return last;
  }
  return last;
}

async function judgeReport(deps: InboxDeps, arrived: ArrivedReport, at: number): Promise<Result<Settlement>> {
  const { crypto } = deps;
  const { domain, token, body } = arrived;
  const report = parseReport(body);
  if (!report.ok) return report;
  const code = complaintCodes.find((entry) => entry.value === arrived.code)?.value;
  if (code === undefined) return perm("reports/code", "an unknown code");
  if (!isReportInTime(report.value, at)) return perm("reports/too-late", "older than t + 60 d");
  // Our own MAC before the stranger's signature: what we never issued makes nobody ask a third party's server.
  const claims = reportClaims(report.value);
  if (claims.domain !== domain) return perm("reports/domain", "posted below another domain than that of i");
  const issued = await checkToken({ token, keys: deps.tokenKeys(), claims, crypto });
  if (!issued.ok) return issued;
  const signed = await signatureOf(deps, arrived, at);
  if (!signed.ok) return signed;
  const { address: signer, purpose, blinded, actual, rh } = report.value;
  const reporter = signed.value.domain;
  const attested = await isAttested(report.value, token, reporter, crypto);
  const count = { token, reporter, blinded, attested, recipients: rh.length, at, signer, purpose, code, actual };
  return ok({ kind: "count", count });
}

/** Said of mail of another domain, whose record may lead to any URL, ours too; or handed on by whom it was said to. */
const elsewhere = perm("reports/domain", "posted below another domain than it speaks of");

async function judgeCounts(deps: InboxDeps, arrived: ArrivedReport, at: number): Promise<Result<Settlement>> {
  const counts = parseWeeklyCounts(arrived.body, at);
  if (!counts.ok) return counts;
  if (counts.value.domain !== arrived.domain) return elsewhere;
  const signed = await signatureOf(deps, arrived, at);
  if (!signed.ok) return signed;
  const reporter = signed.value.domain;
  const { domain } = arrived;
  const { week, entries } = counts.value;
  return ok({ kind: "weekly", counts: entries.map((entry) => ({ ...entry, week, reporter, domain, at })) });
}

async function judgeSums(deps: InboxDeps, arrived: ArrivedReport, at: number): Promise<Result<Settlement>> {
  const sums = parseDailySums(arrived.body, at);
  if (!sums.ok) return sums;
  if (sums.value.domain !== arrived.domain) return elsewhere;
  const signed = await signatureOf(deps, arrived, at);
  if (!signed.ok) return signed;
  const reporter = signed.value.domain;
  const { domain } = arrived;
  const { day, entries } = sums.value;
  return ok({ kind: "sums", sums: entries.map((entry) => ({ ...entry, day, reporter, domain })) });
}

async function judge(deps: InboxDeps, arrival: Arrival): Promise<Result<Settlement>> {
  const arrived = readArrival(arrival.request);
  if (arrived === null) return perm("reports/stored", "unreadable");
  switch (arrived.kind) {
    case "report":
      return judgeReport(deps, arrived, arrival.at);
    case "counts":
      return judgeCounts(deps, arrived, arrival.at);
    case "sums":
      return judgeSums(deps, arrived, arrival.at);
  }
}

async function settle(deps: InboxDeps, arrival: Arrival): Promise<void> {
  const { arrivals, clock, counters, log, retrySeconds } = deps;
  const judged = await judge(deps, arrival);
  if (judged.ok) {
    const outcome = await arrivals.settle(arrival.id, judged.value);
    counters.count("arrivals", { outcome });
    return;
  }
  const pause = arrivals.waiting() > crowdedArrivals ? undefined : retrySeconds[arrival.attempts];
  if (judged.kind === "temp" && pause !== undefined) {
    await arrivals.retry(arrival.id, clock.now() + pause);
    counters.count("arrivals", { outcome: "retry" });
    return;
  }
  await arrivals.settle(arrival.id, { kind: "nothing" });
  counters.count("arrivals", { outcome: judged.kind === "temp" ? "expired" : "refused" });
  log.info({ code: judged.code }, "report refused");
}

/** Judges what is due now; how many that were. Throws Unavailable, once all have ended, where the store failed. */
export async function judgeDue(deps: InboxDeps): Promise<number> {
  const { arrivals, clock, log, counters } = deps;
  const due = await arrivals.due(clock.now(), batch);
  let unavailable: Unavailable | null = null;
  await Promise.all(
    due.map(async (arrival) => {
      try {
        await settle(deps, arrival);
      } catch (error) {
        if (error instanceof Unavailable) {
          unavailable = error;
          return;
        }
        // A bug: it is put aside for a while, so that the ones behind it are not kept waiting.
        log.error({ err: error }, "judging a report failed");
        counters.count("failures", { where: "arrivals" });
        await arrivals.retry(arrival.id, clock.now() + 300).catch(() => {});
      }
    }),
  );
  if (unavailable !== null) throw unavailable;
  return due.length;
}

/** Judges reports until `signal` aborts; settles when those under way are done. */
export async function startInbox(deps: InboxDeps): Promise<void> {
  const { signal, log } = deps;
  let failing = false;
  while (!signal.aborted) {
    let judged = 0;
    try {
      judged = await judgeDue(deps);
      failing = false;
    } catch (error) {
      if (!failing) log.error({ err: error }, "arrived reports wait: the store fails");
      failing = true;
    }
    if (judged < batch) await wait(idleMs, undefined, { signal }).catch(() => {});
  }
}
