// Takes reports from the queue and brings them to the senders' sides: signed, retried for five days, counted there once
// however often they are told (protocol section 6); a clock that is wrong for a while loses none. A try is written down
// before it is made, so that no crash is forgotten.
import { setTimeout as wait } from "node:timers/promises";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { encodeUtf8 } from "../../shared/encoding/bytes.ts";
import { type ReportSigner, signReport } from "../../shared/httpsig/report-signature.ts";
import { aliasFor, reportUrl } from "../../shared/ipp/alias.ts";
import { type ComplaintCode, complaintCodes } from "../../shared/ipp/registry.ts";
import type { Discovery } from "../../shared/ipp/sources.ts";
import type { DiscoveryRecord } from "../../shared/ipp/types.ts";
import { limits } from "../../shared/limits.ts";
import { ok, perm, type Result, temp } from "../../shared/result.ts";
import type { Budget } from "../fetch/budget.ts";
import type { HttpsAsk } from "../fetch/https.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Clock, Eventually, Log, Randomness } from "../pipeline/ports.ts";
import { Unavailable } from "../pipeline/unavailable.ts";
import type { DueReport, ReportStore } from "../store/reports.ts";
import { type ArfPayload, formatArfMail } from "./arf-mail.ts";
import { randomText, type ReportPayload } from "./compose.ts";
import type { Mailer } from "./mailer.ts";

/** What the sending of reports needs. */
export interface OutboxDeps {
  readonly reports: ReportStore;
  readonly ask: HttpsAsk;
  /** How often a host may be asked because of mail that anybody can have sent. */
  readonly budget: Pick<Budget, "take">;
  readonly discover: (domain: string) => Eventually<Result<Discovery>>;
  /** Signs for a reader's domain: the one itself, or the domain that its bridge seals for. */
  readonly signer: (domain: string) => ReportSigner;
  readonly mailer: Mailer;
  /** The bridge's own From address. */
  readonly from: string;
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly log: Log;
  readonly counters: Pick<Metrics, "count">;
  /** Wait after each failed try, s; the last one repeats. */
  readonly retrySeconds: readonly number[];
  readonly signal: AbortSignal;
}

/** A minute, then longer and longer up to eight hours: 20 tries in five days. */
export const usualRetrySeconds: readonly number[] = [60, 300, 1_800, 3_600, 7_200, 14_400, 28_800];

/** Reports taken at once, and how long an idle queue is left alone, ms. */
const batch = 8;
const idleMs = 1_000;

/** Weekly counts about single-recipient mail, or daily sums of what does not hold (weekly.ts, daily.ts). */
export interface CountsPayload {
  readonly reporter: string;
  readonly body: string;
}

async function targetOf(
  deps: OutboxDeps,
  domain: string,
  place: (record: DiscoveryRecord) => Promise<string | null> | string | null,
): Promise<Result<string>> {
  const found = await deps.discover(domain);
  if (!found.ok) return found;
  // No record today may be one tomorrow: the mail was `pass`, so there was one.
  const url = found.value.record === null ? null : await place(found.value.record);
  return url === null ? temp("reports/no-url", `${domain} publishes no URL`) : ok(url);
}

/** Of all refusals only these say that this very report will never be taken; a 404 may be a server being mended. */
const isFinal = (status: number): boolean => [400, 410, 413, 415, 422].includes(status);

/**
 * Whether the side that answered takes the report for one of another time, by its own Date (RFC 9110 section 6.6.1): it is
 * refused there, whatever the answer says, and until one of the two clocks is set.
 */
function isOutOfTime(created: number, date: string | undefined): boolean {
  const there = Date.parse(date ?? "") / 1_000;
  return created > there + limits.skewSeconds || created + limits.httpSignatureSeconds < there - limits.skewSeconds;
}

async function post(
  deps: OutboxDeps,
  url: string,
  body: string,
  reporter: string,
  final = isFinal,
): Promise<Result<void>> {
  const octets = encodeUtf8(body);
  const contentType = "application/json";
  const created = deps.clock.now();
  const nonce = randomText(deps.random, 18);
  const request = { method: "POST", targetUri: url, contentType, body: octets, created, nonce } as const;
  const signed = await signReport(request, deps.signer(reporter), deps.crypto);
  const headers = { ...signed, "content-type": contentType };
  const answer = await deps.ask({ url, method: "POST", headers, body: octets });
  if (!answer.ok) return answer;
  const { status, headers: said } = answer.value;
  if (isOutOfTime(created, said.get("date"))) {
    return temp("reports/clock", `by the clock of ${new URL(url).host} it was signed at another time`);
  }
  if (status >= 200 && status < 300) return ok(undefined);
  return (final(status) ? perm : temp)("reports/status", `${new URL(url).host} answered ${status}`);
}

/**
 * Daily sums go to hosts that broken mail may have named: within the fetch budget, and a host that refuses them, or a
 * record that is gone, ends it.
 */
async function postSums(deps: OutboxDeps, domain: string, { reporter, body }: CountsPayload): Promise<Result<void>> {
  const url = await targetOf(deps, domain, ({ url }) => (url === null ? null : `${url}sums`));
  if (!url.ok) return url.code === "reports/no-url" ? perm(url.code, url.detail) : url;
  const { hostname: host } = new URL(url.value);
  if (!deps.budget.take({ host, domain, known: false })) return temp("fetch/budget", `too many requests to ${host}`);
  return post(deps, url.value, body, reporter, (status) => status < 500 && ![408, 425, 429].includes(status));
}

function knownCode(code: string): ComplaintCode | null {
  return complaintCodes.find((entry) => entry.value === code)?.value ?? null;
}

async function deliver(deps: OutboxDeps, report: DueReport): Promise<Result<void>> {
  switch (report.kind) {
    case "report": {
      const payload = JSON.parse(report.payload) as ReportPayload;
      const code = knownCode(payload.code);
      if (code === null) return perm("reports/code", payload.code);
      const url = await targetOf(deps, report.domain, async (record) =>
        reportUrl(record, await aliasFor(payload.localPart, deps.crypto), payload.token, code),
      );
      return url.ok ? post(deps, url.value, payload.body, payload.reporter) : url;
    }
    case "counts": {
      const payload = JSON.parse(report.payload) as CountsPayload;
      const url = await targetOf(deps, report.domain, ({ url }) => (url === null ? null : `${url}counts`));
      return url.ok ? post(deps, url.value, payload.body, payload.reporter) : url;
    }
    case "sums":
      return postSums(deps, report.domain, JSON.parse(report.payload) as CountsPayload);
    case "arf": {
      const payload = JSON.parse(report.payload) as ArfPayload;
      const boundary = randomText(deps.random, 18).replaceAll(/[^A-Za-z0-9]/g, "0");
      return deps.mailer.sendRaw(payload.to, formatArfMail(payload, deps.from, deps.clock.now(), boundary));
    }
  }
}

/** Wait before the next try; a quarter more or less, so that what failed together does not come back together. */
function backoff(deps: OutboxDeps, attempts: number): number {
  const { retrySeconds } = deps;
  const base = retrySeconds[Math.min(attempts, retrySeconds.length - 1)] ?? 60;
  const [octet = 128] = deps.random(1);
  return Math.round(base * (0.75 + octet / 512));
}

async function attempt(deps: OutboxDeps, report: DueReport): Promise<void> {
  const { reports, clock, log, counters } = deps;
  const { id, kind, domain } = report;
  const retryAt = clock.now() + backoff(deps, report.attempts);
  await reports.attempting(id, retryAt);
  const outcome = await deliver(deps, report);
  const now = clock.now();
  if (outcome.ok) {
    await reports.sent(id, now);
    counters.count("reports", { kind, outcome: "sent" });
    log.info({ report: id, kind, domain, attempts: report.attempts + 1 }, "report taken");
    return;
  }
  const error = `${outcome.code}: ${outcome.detail}`;
  // A clock that leaps, or a long stop, makes all that waits too old at once: each still has its first tries.
  const isOver = now >= report.giveUpAt && report.attempts + 1 >= deps.retrySeconds.length;
  if (outcome.kind === "perm" || isOver) {
    await reports.failed(id, now, error);
    counters.count("reports", { kind, outcome: "failed" });
    log.warn({ report: id, kind, domain, code: outcome.code, attempts: report.attempts + 1 }, "report given up");
    return;
  }
  await reports.retry(id, retryAt, error);
  counters.count("reports", { kind, outcome: "retry" });
}

/** Sends what is due now; how many tries that were. Throws Unavailable, once all have ended, where the store failed. */
export async function sendDue(deps: OutboxDeps): Promise<number> {
  const due = await deps.reports.due(deps.clock.now(), batch);
  let unavailable: Unavailable | null = null;
  await Promise.all(
    due.map(async (report) => {
      try {
        await attempt(deps, report);
      } catch (error) {
        if (error instanceof Unavailable) {
          unavailable = error;
          return;
        }
        // A bug: the try is written down, so it comes again later, and the others go on.
        deps.log.error({ err: error, report: report.id }, "report failed");
        deps.counters.count("failures", { where: "reports" });
      }
    }),
  );
  if (unavailable !== null) throw unavailable;
  return due.length;
}

/** Sends reports until `signal` aborts; settles when the tries under way have ended. */
export async function startOutbox(deps: OutboxDeps): Promise<void> {
  const { signal, log } = deps;
  let failing = false;
  while (!signal.aborted) {
    let tried = 0;
    try {
      tried = await sendDue(deps);
      failing = false;
    } catch (error) {
      if (!failing) log.error({ err: error }, "reports wait: the store fails");
      failing = true;
    }
    if (tried < batch) await wait(idleMs, undefined, { signal }).catch(() => {});
  }
}
