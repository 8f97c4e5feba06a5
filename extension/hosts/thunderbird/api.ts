// The part of Thunderbird's own WebExtension API that is used, typed from its schemas (153):
// @types/thunderbird-webext-browser stops at 127.
// Never add messages.getHeaders: it hangs on IMAP mail that is not cached (docs: field notes of the lab).
import browser from "webextension-polyfill";
import type { Events, Tabs } from "webextension-polyfill";

export interface MailFolder {
  readonly id: string;
  readonly accountId: string;
}

export interface MessageHeader {
  readonly id: number;
  /** Missing for mails opened from a file. */
  readonly folder?: MailFolder;
  readonly recipients: readonly string[];
  readonly ccList: readonly string[];
  readonly size: number;
}

/** One page of messages; `id` continues it. */
export interface MessageList {
  readonly id: string | null;
  readonly messages: readonly MessageHeader[];
}

export interface MailIdentity {
  readonly id: string;
  readonly email: string;
}

export interface MailAccount {
  readonly id: string;
  readonly name: string;
  /** "imap", "pop3", "local", "nntp", "rss" … */
  readonly type: string;
  readonly identities: readonly MailIdentity[];
}

interface TabButton {
  setTitle(details: { tabId: number; title: string | null }): Promise<void>;
  setLabel(details: { tabId: number; label: string | null }): Promise<void>;
  setIcon(details: { tabId: number; path: string | null }): Promise<void>;
  setBadgeText(details: { tabId: number; text: string | null }): Promise<void>;
  setBadgeTextColor(details: { tabId: number; color: string }): Promise<void>;
  setBadgeBackgroundColor(details: { tabId: number; color: string }): Promise<void>;
  openPopup(options?: { windowId?: number }): Promise<boolean>;
}

export interface CustomHeader {
  readonly name: string;
  readonly value: string;
}

export interface ComposeDetails {
  readonly identityId?: string;
  readonly customHeaders?: readonly CustomHeader[];
}

export type MailTab = Tabs.Tab & { readonly type?: string };

interface MessengerApi {
  readonly accounts: { list(includeSubFolders: boolean): Promise<readonly MailAccount[]> };
  readonly folders: {
    query(query: { accountId: string; specialUse: readonly string[] }): Promise<readonly MailFolder[]>;
  };
  readonly identities: { get(id: string): Promise<MailIdentity | null> };
  readonly messages: {
    get(id: number): Promise<MessageHeader>;
    /** Rejects where the message can't be read, offline for instance. */
    getRaw(id: number): Promise<File>;
    query(query: { folderId: string; fromDate: Date }): Promise<MessageList>;
    continueList(id: string): Promise<MessageList>;
    update(id: number, properties: { junk?: boolean; read?: boolean }): Promise<void>;
    move(ids: readonly number[], folderId: string, options?: { isUserAction: boolean }): Promise<void>;
    readonly onNewMailReceived: Events.Event<(folder: MailFolder, messages: MessageList) => void>;
  };
  readonly messageDisplay: {
    /** Answers when the message is there: 153 waits for as long as that takes. */
    getDisplayedMessages(tabId: number): Promise<MessageList>;
    readonly onMessagesDisplayed: Events.Event<(tab: MailTab, messages: MessageList) => Promise<void>>;
  };
  readonly mailTabs: {
    /** Before anything of the selected mail is read. */
    readonly onSelectedMessagesChanged: Events.Event<(tab: MailTab, messages: MessageList) => Promise<void>>;
  };
  readonly messageDisplayAction: TabButton;
  readonly composeAction: TabButton;
  readonly compose: {
    getComposeDetails(tabId: number): Promise<ComposeDetails>;
    readonly onBeforeSend: Events.Event<
      (tab: MailTab, details: ComposeDetails) => Promise<{ details?: ComposeDetails; cancel?: boolean }> | undefined
    >;
    readonly onIdentityChanged: Events.Event<(tab: MailTab, identityId: string) => void>;
  };
  readonly tabs: {
    query(query: { type?: string }): Promise<readonly MailTab[]>;
    readonly onCreated: Events.Event<(tab: MailTab) => void>;
    readonly onRemoved: Events.Event<(tabId: number) => void>;
  };
}

/** Thunderbird's namespaces; elsewhere they are missing, so only this host may touch them. */
export const messenger = browser as unknown as MessengerApi;

/** Tabs in which a mail is read. */
export function isMailTab(tab: unknown): boolean {
  const type = (tab as MailTab | undefined)?.type;
  return type === "mail" || type === "messageDisplay";
}
