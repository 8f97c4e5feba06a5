// The typed message map: every message between the extension's pages, its content scripts and its background. Who may
// send which stands beside each handler (dispatch.ts); what each does, in the file of its name.
import type { Phrase, Verdict } from "../../../shared/verdict/types.ts";
import type { AccountView, ShownBridge, Trouble } from "../../ui/account.ts";
import type { Channel, ComplaintOrder, ComplaintState } from "../../ui/complaint.ts";
import type { Preferences } from "../../ui/settings.tsx";

/** What a banner shows; null: nothing to show, or the reader wants no banner. */
export type BannerAnswer = {
  readonly level: Verdict["level"];
  readonly sentence: Phrase;
  /** When the octets were there, ms since 1970: the banner measures from it. */
  readonly rawAt: number;
} | null;

/** Why there is no mail in the panel; `several`: what is shown stands for more mails than one. */
export type NoMail = "loading" | "nothing" | "several" | "failed" | "large" | "asleep";

export type PanelAnswer =
  | { readonly kind: NoMail }
  | {
      readonly kind: "mail";
      /** Another key, another mail: the panel starts afresh. */
      readonly key: string;
      /** The mailbox it lies in; null: none that is known. */
      readonly accountId: string | null;
      readonly verdict: Verdict;
      readonly complaint: ComplaintState;
      readonly channel: Channel;
      readonly junk: "absent" | "ticked" | "empty";
      readonly trouble: Trouble;
    };

export interface SettingsAnswer {
  /** `origins`: what the page must ask permission for before looking or connecting. */
  readonly accounts: readonly (AccountView & { readonly origins: readonly string[] })[];
  readonly preferences: Preferences;
  readonly hasJunk: boolean;
  /** The reader tells us his webmail sites himself. */
  readonly hasSites: boolean;
}

interface OfTab {
  readonly tabId: number;
}
/** The tab, and the mail the panel was opened for: a tab may show another by the time of the click. */
interface OfMail extends OfTab {
  readonly key: string;
}
interface OfAccount {
  readonly id: string;
}

/** Name → what is sent and what comes back. */
export interface MessageMap {
  /**
   * A webmail's content script: this mail is open in this tab, in this view of it. `raw`: one UTF-16 unit per octet.
   * `attached`: it stands in another mail, not in the mailbox.
   */
  "mail-opened": {
    request: { readonly view: string; readonly raw: string; readonly attached: boolean };
    reply: BannerAnswer;
  };
  /** A content script: a mail begins to be read or drawn, or none is open any more, or it can't be read. */
  "mail-pending": { request: { readonly state: NoMail; readonly view: string }; reply: null };
  /** A message display script: what is shown in my tab? */
  "banner-ask": { request: Record<string, never>; reply: BannerAnswer };
  /** "Details" was clicked in a banner. */
  "details-open": { request: Record<string, never>; reply: { readonly opened: boolean } };
  "panel-ask": { request: OfTab; reply: PanelAnswer };
  "headers-ask": { request: OfTab; reply: string };
  /** How the complaint stands at the bridge, asked over the network; null: the tab shows another mail by now. */
  "complaint-ask": { request: OfMail; reply: ComplaintState | null };
  "complaint-make": { request: OfMail & { readonly order: ComplaintOrder }; reply: ComplaintState };
  /** Needs no tab: a reported mail may lie in Junk by now. */
  "complaint-undo": { request: { readonly accountId: string; readonly ref: string }; reply: ComplaintState };
  "accounts-ask": { request: Record<string, never>; reply: SettingsAnswer };
  "account-look": { request: OfAccount; reply: SettingsAnswer };
  /** The reader confirms what was shown; another bridge, or other keys, by now: nothing is done, and the answer shows them. */
  "account-connect": { request: OfAccount & { readonly shown: ShownBridge | null }; reply: SettingsAnswer };
  "account-forget": { request: OfAccount; reply: SettingsAnswer };
  "account-change": {
    request: OfAccount & { readonly bridge?: string; readonly trusted?: readonly string[] };
    reply: SettingsAnswer;
  };
  "preferences-set": { request: Preferences; reply: SettingsAnswer };
  "site-add": {
    request: { readonly origin: string; readonly address: string };
    reply: { readonly problem: string | null };
  };
  "site-remove": { request: OfAccount; reply: null };
  /** The compose side: what is chosen for the mail being written in this tab. */
  "purpose-ask": {
    request: OfTab;
    reply: { readonly chosen: string | null; readonly identity: string | null };
  };
  "purpose-choose": { request: OfTab & { readonly purpose: string | null }; reply: null };
}

export type MessageName = keyof MessageMap;
export type RequestOf<K extends MessageName> = MessageMap[K]["request"];
export type ReplyOf<K extends MessageName> = MessageMap[K]["reply"];
