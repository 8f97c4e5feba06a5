// The button beside each mail: icon, word and badge are the verdict. A mail can draw a bar, but not this button.
import type { Words } from "../../text/translate.ts";
import { phrase } from "../../text/translate.ts";
import { levelBadges } from "../../background/level-badges.ts";
import type { BannerAnswer } from "../../background/messages/map.ts";
import type { Host } from "../host.ts";
import { isMailTab, messenger } from "./api.ts";
import type { MailTab, MessageHeader, MessageList } from "./api.ts";

/** The mail that a tab shows. */
export interface DisplayedMail {
  readonly tabId: number;
  readonly message: MessageHeader;
}

type Shown = Pick<NonNullable<BannerAnswer>, "level" | "sentence">;

export interface ToolbarHost extends Host<DisplayedMail, Shown | "failed"> {
  /** Another mail is on its way into the tab: nothing is said until it is there. */
  arriving(tabId: number): Promise<void>;
}

/**
 * Of the line of a collapsed thread Thunderbird (153) tells all mails. By default it shows none of them but a summary,
 * without this button. Where mail.operate_on_msgs_in_collapsed_threads was switched off, which no page of its settings
 * offers, it shows one: which one nobody can be sure of, as strangers make the thread, and the event that would name it
 * (onMessageDisplayed) is not for Manifest V3. So nothing is said of any.
 */
function oneOf(tabId: number, { messages: [message, second] }: MessageList): DisplayedMail | "several" | null {
  if (second !== undefined) return "several";
  return message === undefined ? null : { tabId, message };
}

/** The one message a tab shows, once all of it is there; null for none. */
export async function displayedMail(tabId: number): Promise<DisplayedMail | "several" | null> {
  return oneOf(tabId, await messenger.messageDisplay.getDisplayedMessages(tabId));
}

type Unsaid = "ui_button_pending" | "ui_notice_several" | "ui_notice_failed";

async function undress(tabId: number, key: Unsaid, { t }: Words): Promise<void> {
  const button = messenger.messageDisplayAction;
  await Promise.all([
    button.setTitle({ tabId, title: t(phrase(key)) }),
    button.setLabel({ tabId, label: null }),
    button.setIcon({ tabId, path: null }),
    button.setBadgeText({ tabId, text: null }),
  ]);
}

async function dress(tabId: number, shown: Shown, { t }: Words): Promise<void> {
  const button = messenger.messageDisplayAction;
  const level = t(phrase(`level_${shown.level}`));
  const badge = levelBadges[shown.level];
  await Promise.all([
    button.setTitle({ tabId, title: `${level}: ${t(shown.sentence)}` }),
    button.setLabel({ tabId, label: level }),
    button.setIcon({ tabId, path: `icons/${shown.level}.svg` }),
    button.setBadgeText({ tabId, text: badge.text }),
    button.setBadgeTextColor({ tabId, color: "#ffffff" }),
    button.setBadgeBackgroundColor({ tabId, color: badge.ground }),
  ]);
}

/**
 * Thunderbird as a host. A mail's header stands beside the button as soon as it has come, its octets may take minutes:
 * so the former mail's verdict goes when another is selected or begins to be drawn, not only when it is there.
 * `failed` hears what went wrong with the button: a tab may close at any time.
 */
export function createToolbarHost(words: Words, failed: (error: unknown) => void): ToolbarHost {
  const stops: (() => void)[] = [];
  /** How often each tab's button was undressed: what is found out about one mail is not said of the next. */
  const turns = new Map<number, number>();
  let told: (mail: DisplayedMail | null) => Promise<void> = async () => undefined;

  function clear(tabId: number): void {
    turns.set(tabId, (turns.get(tabId) ?? 0) + 1);
    undress(tabId, "ui_button_pending", words).catch(failed);
  }

  async function put(mail: DisplayedMail, shown: Shown | "failed"): Promise<void> {
    const turn = turns.get(mail.tabId);
    const now = await displayedMail(mail.tabId);
    if (now === null || now === "several" || now.message.id !== mail.message.id || turns.get(mail.tabId) !== turn)
      return;
    // No await between the decision and the calls: the program carries them out in their order.
    await (shown === "failed" ? undress(mail.tabId, "ui_notice_failed", words) : dress(mail.tabId, shown, words));
  }

  async function tell(tabId: number, shown: DisplayedMail | "several" | null): Promise<void> {
    if (shown === "several") await undress(tabId, "ui_notice_several", words);
    else await told(shown);
  }

  async function arriving(tabId: number): Promise<void> {
    clear(tabId);
    const turn = turns.get(tabId);
    const shown = await displayedMail(tabId);
    if (turns.get(tabId) === turn) await tell(tabId, shown);
  }

  return {
    watch(seen) {
      told = async (mail) => await seen(mail);
      // What the listeners return keeps the background awake until the verdict is said.
      const loaded = async (tab: MailTab, list: MessageList): Promise<void> => {
        if (tab.id !== undefined && isMailTab(tab)) await tell(tab.id, oneOf(tab.id, list));
      };
      const selected = async (tab: MailTab): Promise<void> => {
        if (tab.id !== undefined) await arriving(tab.id).catch(failed);
      };
      messenger.messageDisplay.onMessagesDisplayed.addListener(loaded);
      messenger.mailTabs.onSelectedMessagesChanged.addListener(selected);
      stops.push(
        () => messenger.messageDisplay.onMessagesDisplayed.removeListener(loaded),
        () => messenger.mailTabs.onSelectedMessagesChanged.removeListener(selected),
      );
    },
    arriving,
    show(mail, shown) {
      if (shown === null) clear(mail.tabId);
      else put(mail, shown).catch(failed);
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}
