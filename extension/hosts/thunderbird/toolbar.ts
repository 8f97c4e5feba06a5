// The button beside each mail: icon, word and badge are the verdict. A mail can draw a bar, but not this button.
import type { Words } from "../../text/translate.ts";
import { phrase } from "../../text/translate.ts";
import { levelBadges } from "../../background/level-badges.ts";
import type { BannerAnswer } from "../../background/messages/map.ts";
import type { Host } from "../host.ts";
import { isMailTab, messenger } from "./api.ts";
import type { MessageHeader } from "./api.ts";

/** The mail that a tab shows. */
export interface DisplayedMail {
  readonly tabId: number;
  readonly message: MessageHeader;
}

type Shown = Pick<NonNullable<BannerAnswer>, "level" | "sentence">;

/** The one message a tab shows; null for none and for several. */
export async function displayedMail(tabId: number): Promise<DisplayedMail | null> {
  const list = await messenger.messageDisplay.getDisplayedMessages(tabId);
  const [message, second] = list.messages;
  return message === undefined || second !== undefined ? null : { tabId, message };
}

async function dress(tabId: number, shown: Shown | null, { t }: Words): Promise<void> {
  const button = messenger.messageDisplayAction;
  if (shown === null) {
    await Promise.all([
      button.setTitle({ tabId, title: t(phrase("ui_button_pending")) }),
      button.setLabel({ tabId, label: null }),
      button.setIcon({ tabId, path: null }),
      button.setBadgeText({ tabId, text: null }),
    ]);
    return;
  }
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

/** Thunderbird as a host. Errors of the button end in `failed`: a tab may close at any time. */
export function createToolbarHost(words: Words, failed: (error: unknown) => void): Host<DisplayedMail, Shown> {
  const listeners: (() => void)[] = [];
  /** What is being done to each tab's button: one after the other, or an early "looking" could end up on top. */
  const underWay = new Map<number, Promise<void>>();
  return {
    watch(seen) {
      const listener = (tab: { id?: number }, list: { messages: readonly MessageHeader[] }): void => {
        const [message, second] = list.messages;
        if (tab.id === undefined || !isMailTab(tab)) return;
        seen(message === undefined || second !== undefined ? null : { tabId: tab.id, message });
      };
      messenger.messageDisplay.onMessagesDisplayed.addListener(listener);
      listeners.push(() => messenger.messageDisplay.onMessagesDisplayed.removeListener(listener));
    },
    show(mail, shown) {
      const put = async (): Promise<void> => {
        const now = await displayedMail(mail.tabId);
        if (now?.message.id === mail.message.id) await dress(mail.tabId, shown, words);
      };
      const before = underWay.get(mail.tabId) ?? Promise.resolve();
      const after = before.then(put).catch(failed);
      underWay.set(mail.tabId, after);
      void after.then(() => {
        if (underWay.get(mail.tabId) === after) underWay.delete(mail.tabId);
      });
    },
    stop() {
      for (const remove of listeners.splice(0)) remove();
    },
  };
}
