// Verdicts per message: judged once, kept for the session, and never twice at the same time.
import { ok, temp } from "../../shared/result.ts";
import type { Result } from "../../shared/result.ts";
import type { Accounts } from "./accounts.ts";
import { freshAccount, stampOf } from "./account-record.ts";
import { isYounger } from "./age.ts";
import { keepNewest } from "./kept-index.ts";
import { judgeMail } from "./judging.ts";
import type { JudgedRecord } from "./judging.ts";
import type { HostAccount, Platform } from "./platform.ts";

/** Messages whose verdict is kept; a reader leafs back a few dozen at most. */
/** After this a mail is judged anew, s: the bridge may have learnt that its signer was revoked. */
const keptSeconds = 86_400;
const list = { indexKey: "judged", prefix: "judged:", max: 60 } as const;

/** One message as a host names it. */
export interface MessageSource {
  /** Stable while the mail program runs, and no other message's. */
  readonly key: string;
  readonly account: HostAccount | null;
  /** Its octets, exactly. Rejects where they can't be had. */
  raw(): Promise<Uint8Array>;
}

export interface Verdicts {
  of(source: MessageSource): Promise<Result<JudgedRecord>>;
}

/** What is measured: raw octets there, verdict there (test/bench reads the marks). */
export const judgingMarks = { raw: "waybill:raw", judged: "waybill:judged" } as const;

export function createVerdicts(platform: Platform, accounts: Accounts): Verdicts {
  const underWay = new Map<string, Promise<Result<JudgedRecord>>>();

  async function judge(source: MessageSource, attempts = 2): Promise<Result<JudgedRecord>> {
    const key = `${list.prefix}${source.key}`;
    const kept = (await platform.session.read(key)) as JudgedRecord | undefined;
    const record = source.account === null ? freshAccount : await accounts.read(source.account.id);
    // A pairing under way wants to see every mail once more: it may be the one with the code.
    const holds =
      kept?.stamp === stampOf(record) &&
      isYounger(kept.judgedAt, platform.now(), keptSeconds) &&
      record.pairing === null;
    if (holds) return ok(kept);
    let raw: Uint8Array;
    try {
      raw = await source.raw();
    } catch (error) {
      // The mail program could not read it: offline, moved away, session over. Shown as such, tried again next time.
      return temp("mail/unreadable", String(error));
    }
    performance.mark(judgingMarks.raw);
    const judged = await judgeMail(platform, accounts, { account: source.account, raw });
    // What is believed may have changed meanwhile, and whoever asked because of that waits for this very judgement.
    if (judged.ok && source.account !== null) {
      const now = await accounts.read(source.account.id);
      if (attempts > 0 && judged.value.record.stamp !== stampOf(now)) return await judge(source, attempts - 1);
    }
    performance.mark(judgingMarks.judged);
    if (!judged.ok) return judged;
    // Kept while the reader is already being answered: the next question finds it, or judges once more.
    if (judged.value.keep) keepNewest(platform.session, list, key, judged.value.record).catch(platform.failed);
    return ok(judged.value.record);
  }

  return {
    async of(source) {
      const running = underWay.get(source.key);
      if (running !== undefined) return await running;
      const started = judge(source).finally(() => underWay.delete(source.key));
      underWay.set(source.key, started);
      return await started;
    },
  };
}
