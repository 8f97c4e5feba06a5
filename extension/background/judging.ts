// From a mail's octets to what is shown: the judgement of shared/, over what this mailbox believes.
import { decodeUtf8, stringFromBytes } from "../../shared/encoding/bytes.ts";
import { splitMessage } from "../../shared/header/split.ts";
import { ok } from "../../shared/result.ts";
import type { Result } from "../../shared/result.ts";
import type { ReaderSources } from "../../shared/verdict/assess.ts";
import { nothingKept } from "../../shared/verdict/recheck.ts";
import type { Evidence, Verdict } from "../../shared/verdict/types.ts";
import { freshAccount, stampOf } from "./account-record.ts";
import type { AccountRecord } from "./account-record.ts";
import type { Accounts } from "./accounts.ts";
import { readCertificates } from "./certificate-cache.ts";
import { takePairingMail } from "./pairing-mail.ts";
import { pinnedKeys, refreshDaily, refreshPins } from "./pins.ts";
import type { HostAccount, Platform } from "./platform.ts";

/** A judged mail as it is kept for the panel. */
export interface JudgedRecord {
  readonly verdict: Verdict;
  readonly accountId: string | null;
  /** The header section as text, cut where no reader would still look. */
  readonly headers: string;
  /** What the judgement rests on besides the mail: another stamp, another judgement. */
  readonly stamp: string;
  /** Unix seconds. */
  readonly judgedAt: number;
}

/**
 * Most of a header section that is kept for showing, bytes. Each of them may take three in a browser's storage, where 60
 * mails and what the tabs show must fit into the 10 MB that a session has: else one writer's mails end all judging.
 */
const maxHeaderBytes = 32_768;
/** Controls, which JSON would write with six characters each. */
// oxlint-disable-next-line no-control-regex -- the controls are what it looks for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

function headerText(raw: Uint8Array): string {
  const text = stringFromBytes(raw.subarray(0, maxHeaderBytes));
  const end = /\r?\n\r?\n/.exec(text);
  return decodeUtf8(end === null ? text : text.slice(0, end.index)).replace(controls, "\ufffd");
}

interface Sources {
  readonly sources: ReaderSources;
  /** False once something could not be asked: the verdict is then shown, not kept. */
  readonly complete: () => boolean;
}

function readerSources(platform: Platform, account: HostAccount | null, record: AccountRecord): Sources {
  const { pinned } = record;
  let complete = true;
  const sources: ReaderSources = {
    crypto: platform.crypto,
    now: platform.now(),
    domains: pinned === null ? [] : [pinned.domain],
    keys: async (domain) => (pinned?.domain === domain ? await pinnedKeys(platform, pinned) : []),
    certificates: async (keyId) => {
      if (pinned === null) return nothingKept;
      const kept = await readCertificates(platform, pinned, keyId);
      if (!kept.complete) complete = false;
      return kept.key;
    },
    trustedAuthservIds: [...(pinned?.authserv ?? []), ...record.trusted],
    readerAddresses: account?.addresses ?? [],
  };
  return { sources, complete: () => complete };
}

type Judgement = Result<{ readonly verdict: Verdict; readonly evidence: Evidence }>;

async function assessOnce(
  platform: Platform,
  account: HostAccount | null,
  record: AccountRecord,
  raw: Uint8Array,
): Promise<{ readonly judgement: Judgement; readonly complete: boolean }> {
  const { sources, complete } = readerSources(platform, account, record);
  const judgement = await platform.assess(raw, sources);
  return { judgement, complete: complete() };
}

function namesUnknownKey(judgement: Judgement): boolean {
  return judgement.ok && judgement.value.evidence.hops.forged.some((hop) => hop.code === "hop/unknown-key");
}

/** Judges one mail of one mailbox (null: of none we know). `keep`: whether the verdict may be kept. */
export async function judgeMail(
  platform: Platform,
  accounts: Accounts,
  given: { readonly account: HostAccount | null; readonly raw: Uint8Array },
): Promise<Result<{ readonly record: JudgedRecord; readonly keep: boolean }>> {
  const { account, raw } = given;
  let record = account === null ? freshAccount : await accounts.read(account.id);
  let assessed = await assessOnce(platform, account, record, raw);
  if (account !== null) refreshDaily(platform, accounts, account, record);
  // A seal by a key we don't know: the bridge may have a new one since we last asked.
  if (account !== null && namesUnknownKey(assessed.judgement) && (await refreshPins(platform, accounts, account))) {
    record = await accounts.read(account.id);
    assessed = await assessOnce(platform, account, record, raw);
  }
  const message = splitMessage(raw);
  if (account !== null && message.ok) await takePairingMail(platform, accounts, account, message.value.fields);
  const { judgement } = assessed;
  if (!judgement.ok) return judgement;
  const { verdict } = judgement.value;
  return ok({
    record: {
      verdict,
      accountId: account?.id ?? null,
      headers: headerText(raw),
      stamp: stampOf(record),
      judgedAt: platform.now(),
    },
    keep: assessed.complete,
  });
}
