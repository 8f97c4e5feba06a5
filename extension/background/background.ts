// What every handler works on: the surroundings, the mailboxes, the verdicts, and the mail that a tab shows.
import { createAccounts } from "./accounts.ts";
import type { Accounts } from "./accounts.ts";
import type { JudgedRecord } from "./judging.ts";
import type { NoMail } from "./messages/map.ts";
import type { Platform } from "./platform.ts";
import { createVerdicts } from "./verdicts.ts";
import type { Verdicts } from "./verdicts.ts";

/** A judged mail in a tab. */
export interface ShownMail {
  readonly kind: "mail";
  readonly key: string;
  readonly record: JudgedRecord;
  /** What moveToJunk() takes; null where nothing can be moved. */
  readonly handle: number | null;
}

/** What one tab shows. */
export type CurrentMail = { readonly kind: NoMail } | ShownMail;

export interface Background {
  readonly platform: Platform;
  readonly accounts: Accounts;
  readonly verdicts: Verdicts;
  /** Asked anew for each message: the background may have slept in between. */
  readonly current: (tabId: number) => Promise<CurrentMail>;
  /** The reader adds his webmail sites himself. */
  readonly hasSites: boolean;
  /** What is believed, or how it is to be shown, has changed: what stands beside open mails is said anew. */
  readonly renew: () => void;
}

/** What a mail program brings along. */
export interface BackgroundHost {
  readonly hasSites: boolean;
  current(background: Background, tabId: number): Promise<CurrentMail>;
  /** Says anew what stands beside every mail that is open. */
  renew(background: Background): Promise<void>;
}

export function createBackground(platform: Platform, host: BackgroundHost): Background {
  const renew = (): void => {
    host.renew(background).catch(platform.failed);
  };
  const accounts = createAccounts(platform, renew);
  const verdicts = createVerdicts(platform, accounts);
  const background: Background = {
    platform,
    accounts,
    verdicts,
    hasSites: host.hasSites,
    renew,
    current: async (tabId) => await host.current(background, tabId),
  };
  return background;
}
