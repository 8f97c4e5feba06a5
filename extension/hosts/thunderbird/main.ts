// Thunderbird's background: an event page that wakes when a mail is displayed, a message is sent, or a page asks.
// All it remembers between two wakings is in storage.
import browser from "webextension-polyfill";
import { assess } from "../../../shared/verdict/assess.ts";
import { createBackground } from "../../background/background.ts";
import type { Background, CurrentMail } from "../../background/background.ts";
import { browserPlatform } from "../../background/browser-platform.ts";
import { commonHandlers } from "../../background/handlers.ts";
import { listen } from "../../background/listen.ts";
import { tellTab } from "../../background/renewal.ts";
import { browserWords } from "../../text/browser-words.ts";
import { isMailTab, messenger } from "./api.ts";
import { bannerHandlers } from "./banner-messages.ts";
import { watchCompose } from "./compose.ts";
import { findPairingMail } from "./inbox.ts";
import { moveToJunk } from "./junk.ts";
import { listMailboxes, mailboxOf, readRaw } from "./mailboxes.ts";
import { purposeHandlers } from "./purpose-messages.ts";
import { createToolbarHost, displayedMail } from "./toolbar.ts";
import type { DisplayedMail } from "./toolbar.ts";

/** The one place where an unexpected failure is told: Thunderbird's error console. */
function failed(error: unknown): void {
  // oxlint-disable-next-line no-console -- an add-on has no other log
  console.error("waybill:", error);
}

async function judgedMail(background: Background, { message }: DisplayedMail): Promise<CurrentMail> {
  const account = await mailboxOf(message);
  const key = `${message.folder?.accountId ?? "file"}:${message.id}`;
  const judged = await background.verdicts.of({ key, account, raw: async () => await readRaw(message.id) });
  if (!judged.ok) return { kind: "failed" };
  return { kind: "mail", key, record: judged.value, handle: message.folder === undefined ? null : message.id };
}

/** Judges, and says it on the button: whoever asks about a mail is told what the button tells. */
async function sayMail(self: Background, mail: DisplayedMail): Promise<CurrentMail> {
  const judged = await judgedMail(self, mail);
  toolbar.show(mail, judged.kind === "mail" ? judged.record.verdict : "failed");
  return judged;
}

async function renewTab(self: Background, tabId: number | undefined): Promise<void> {
  const mail = tabId === undefined ? null : await displayedMail(tabId);
  if (mail === null || mail === "several") return;
  await sayMail(self, mail);
  await tellTab(mail.tabId);
}

const words = browserWords();
const toolbar = createToolbarHost(words, failed);
const background = createBackground(
  { ...browserPlatform(), failed, assess, accounts: listMailboxes, moveToJunk },
  {
    hasSites: false,
    async current(self, tabId) {
      const mail = await displayedMail(tabId);
      if (mail === null || mail === "several") return { kind: mail ?? "nothing" };
      return await sayMail(self, mail);
    },
    async renew(self) {
      const tabs = await messenger.tabs.query({});
      await Promise.all(tabs.filter(isMailTab).map(async ({ id }) => await renewTab(self, id)));
    },
  },
);

toolbar.watch(async (mail) => {
  if (mail === null) return;
  toolbar.show(mail, null);
  await sayMail(background, mail).catch(failed);
});
watchCompose(background.platform, words, failed);
listen(
  {
    ...commonHandlers(background, async () => await findPairingMail(background)),
    ...bannerHandlers(background, toolbar),
    ...purposeHandlers(background.platform, words),
  },
  (sender) => (isMailTab(sender.tab) ? "mail" : null),
  failed,
);
messenger.messages.onNewMailReceived.addListener(() => {
  findPairingMail(background).catch(failed);
});
browser.runtime.onInstalled.addListener(({ reason }) => {
  if (reason === "install") browser.tabs.create({ url: "first-run.html" }).catch(failed);
});
