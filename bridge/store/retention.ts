// Forgetting: what is older than it is kept for goes in small batches with pauses, so that no mail waits for it.
import { setTimeout as wait } from "node:timers/promises";
import { limits } from "../../shared/limits.ts";
import type { Clock, Log } from "../pipeline/ports.ts";
import type { Store } from "./store.ts";

/** How long things are kept (decisions). */
export interface Retention {
  readonly signalDays: number;
  readonly complaintDays: number;
  /** Of tokens, after their declarations' own expiry. */
  readonly tokenExtraDays: number;
}

const daySeconds = 86_400;
/** Rows removed at once: some milliseconds of work. */
const batchRows = 100;
const pauseMs = 20;
/** CRLs that no mail has needed for so long; a mail that does reads as of unknown revocation until there is a new one. */
const listSeconds = 60 * daySeconds;
const roundMs = 600_000;
/** Put-off mails come back within hours; a week is far beyond (protocol section 3: 4 h). */
const deferralSeconds = 7 * daySeconds;

/** One round of forgetting; how many rows went. */
export async function forgetOnce(store: Store, keep: Retention, now: number, signal?: AbortSignal): Promise<number> {
  const signals = now - keep.signalDays * daySeconds;
  const complaints = now - keep.complaintDays * daySeconds;
  // A mail that can still be complained about keeps its reader's word, a token that can still be reported its counts: each
  // would be taken anew, and count twice.
  const words = Math.min(signals, complaints);
  const received = Math.min(complaints, now - limits.reportSeconds - daySeconds);
  const jobs = [
    () => store.signals.forget(signals, batchRows),
    () => store.certificates.shorten(signals, batchRows),
    () => store.certificates.forget(words, batchRows),
    () => store.revocationLists.forget(now - listSeconds, batchRows),
    () => store.tokens.forget(now - keep.tokenExtraDays * daySeconds, batchRows),
    () => store.deferrals.forget(now - deferralSeconds, batchRows),
    () => store.knownKeys.forget(complaints, batchRows),
    () => store.complaints.forget(words, batchRows),
    () => store.reports.forget(words, batchRows),
    () => store.received.forget(received, batchRows),
    () => store.receivedSums.forget(Math.floor(received / daySeconds), batchRows),
    () => store.pairings.forget(now, batchRows),
  ];
  let gone = 0;
  for (const job of jobs) {
    for (;;) {
      if (signal?.aborted === true) return gone;
      const removed = await job();
      gone += removed;
      if (removed === 0) break;
      await wait(pauseMs);
    }
  }
  return gone;
}

/** Forgets every ten minutes until `signal` aborts; settles then. `keep` is asked each time. */
export async function startRetention(deps: {
  readonly store: Store;
  readonly keep: () => Retention;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { store, keep, clock, log, signal } = deps;
  while (!signal.aborted) {
    try {
      const gone = await forgetOnce(store, keep(), clock.now(), signal);
      if (gone > 0) log.info({ rows: gone }, "store: forgot what is old");
    } catch (error) {
      log.error({ err: error }, "store: forgetting failed, trying again later");
    }
    await wait(roundMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
