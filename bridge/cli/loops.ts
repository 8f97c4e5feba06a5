// What a bridge does by itself while it runs: sends and judges reports, tells weekly counts and daily sums, forgets, looks
// after its keys and after the CRLs of those it trusts.
import { setTimeout as wait } from "node:timers/promises";
import type { Clock, Log } from "../pipeline/ports.ts";
import { startDaily } from "../reports/daily.ts";
import { startInbox, usualJudgingRetrySeconds } from "../reports/inbox.ts";
import { startOutbox, usualRetrySeconds } from "../reports/outbox.ts";
import { startWeekly } from "../reports/weekly.ts";
import { type Retention, startRetention } from "../store/retention.ts";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import type { ReportSigner } from "../../shared/httpsig/report-signature.ts";
import { ownAddress, random, type Bridge } from "./assemble.ts";

/** How often keys are looked after, ms: a rotation is due once in half a year, a missed hour costs nothing. */
const keysRoundMs = 3_600_000;

/** Reads keys anew, rotated where due, once a round until `signal` aborts. A round that fails leaves them as they were. */
export async function lookAfterKeys(
  { live }: Pick<Bridge, "live">,
  log: Log,
  signal: AbortSignal,
  roundMs = keysRoundMs,
): Promise<void> {
  const words = "keys could not be read anew; the old ones stay";
  while (!signal.aborted) {
    await wait(roundMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const done = await live.refresh();
      if (!done.ok) log.error({ code: done.code, detail: done.detail }, words);
    } catch (error) {
      log.error({ err: error }, words);
    }
  }
}

/** How often it is seen whether a CRL is due, ms. */
const listsRoundMs = 60_000;

async function lookAfterLists({ revocations }: Bridge, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await revocations
      .refresh()
      .catch((error: unknown) => log.error({ err: error }, "which CRLs are due can't be told; trying again later"));
    await wait(listsRoundMs, undefined, { signal }).catch(() => undefined);
  }
  await revocations.stop();
}

/** Starts them all; settles when `signal` has aborted and what was under way is done. */
export async function runLoops(
  bridge: Bridge,
  parts: { readonly crypto: Crypto; readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const { live, store, metrics, mailer, ask, budget, declarations, documents, compose } = bridge;
  const { log, signal } = parts;
  const config = (): ReturnType<typeof live.current>["setup"]["config"] => live.current().setup.config;
  const common = { ...parts, random, counters: metrics, ask, documents };
  const discover = (domain: string): ReturnType<typeof declarations.discover> => declarations.discover(domain);
  // Reports name the reader's own domain, whose `keys` list the same key: only so they can be attested (section 6).
  const signer = (domain: string): ReportSigner => {
    const { sealKeys, setup } = live.current();
    const own = setup.config.domains.includes(domain) ? domain : sealKeys.domain;
    const { keyId, algorithm } = sealKeys.signer;
    return { domain: own, keyId, algorithm, sign: sealKeys.signReport };
  };
  const keep = (): Retention => {
    const { signals_days: signalDays, complaints_days: complaintDays, tokens_extra_days } = config().retention;
    return { signalDays, complaintDays, tokenExtraDays: tokens_extra_days };
  };
  await Promise.all([
    startOutbox({
      ...common,
      reports: store.reports,
      budget,
      discover,
      signer,
      mailer,
      from: ownAddress(config()),
      retrySeconds: usualRetrySeconds,
    }),
    startInbox({
      ...common,
      arrivals: store.arrivals,
      discover,
      tokenKeys: () => live.current().secrets.tokenKeys,
      retrySeconds: usualJudgingRetrySeconds,
    }),
    startWeekly({
      ...common,
      store,
      reporter: () => live.current().sealKeys.domain,
      settings: compose.settings,
    }),
    startDaily({
      ...common,
      store,
      reporter: () => live.current().sealKeys.domain,
      settings: compose.settings,
    }),
    startRetention({ store, keep, clock: parts.clock, log, signal }),
    lookAfterKeys(bridge, log, signal),
    lookAfterLists(bridge, log, signal),
  ]);
}
