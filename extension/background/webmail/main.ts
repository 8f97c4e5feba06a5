// The browsers' background: a service worker in Chromium, an event page in Firefox. Webmails' content scripts hand it
// mails, pages ask it; all it remembers between two wakings is in storage.
import browser from "webextension-polyfill";
import { assess } from "../../../shared/verdict/assess.ts";
import { browserWords } from "../../text/browser-words.ts";
import { createBackground } from "../background.ts";
import type { CurrentMail } from "../background.ts";
import { browserPlatform } from "../browser-platform.ts";
import { commonHandlers } from "../handlers.ts";
import { listen } from "../listen.ts";
import { tellTab } from "../renewal.ts";
import { mailOpened } from "./mail-opened.ts";
import { mailPending } from "./mail-pending.ts";
import { siteHandlers } from "./site-messages.ts";
import { readSites, registerSites, siteAccounts, siteTabs } from "./sites.ts";
import { forgetTab, readTab } from "./tab-state.ts";
import type { Views } from "./tab-state.ts";

/** The one place where an unexpected failure is told: the extension's console. */
function failed(error: unknown): void {
  // oxlint-disable-next-line no-console -- an extension has no other log
  console.error("waybill:", error);
}

const words = browserWords();
const platform = browserPlatform();
const views: Views = new Map();

async function current(tabId: number): Promise<CurrentMail> {
  const state = await readTab(platform.session, tabId);
  if (state?.kind === "mail") return { ...state, handle: null };
  if (state !== null) return state;
  const sites = await readSites(platform.local);
  const { url } = await browser.tabs.get(tabId);
  // Without a permission for its site the browser does not tell a tab's address.
  const known = url !== undefined && sites.some((site) => url.startsWith(`${site.origin}/`));
  return { kind: known ? "nothing" : "asleep" };
}

async function renew(): Promise<void> {
  for (const tab of await siteTabs(await readSites(platform.local))) await tellTab(tab);
}

const background = createBackground(
  {
    ...platform,
    failed,
    assess,
    accounts: async () => siteAccounts(await readSites(platform.local)),
    moveToJunk: null,
  },
  { hasSites: true, current: async (_, tabId) => await current(tabId), renew },
);

listen(
  {
    ...commonHandlers(background, async () => undefined),
    ...siteHandlers(background, words),
    "mail-opened": mailOpened(background, words, views),
    "mail-pending": mailPending(background, words, views),
    "details-open": {
      from: ["webmail"],
      parse: () => ({}),
      async handle() {
        // Where the browser does not let an extension open its popup, the banner tells where to click.
        try {
          await browser.action.openPopup();
          return { opened: true };
        } catch {
          return { opened: false };
        }
      },
    },
  },
  (sender) => (sender.frameId === undefined ? null : "webmail"),
  failed,
);

browser.runtime.onInstalled.addListener(({ reason }) => {
  registerSites(platform.local).catch(failed);
  if (reason === "install") browser.tabs.create({ url: "first-run.html" }).catch(failed);
});
browser.runtime.onStartup.addListener(() => {
  registerSites(platform.local).catch(failed);
});
browser.permissions.onRemoved.addListener(() => {
  registerSites(platform.local).catch(failed);
});
browser.tabs.onRemoved.addListener((tabId) => {
  views.delete(tabId);
  forgetTab(platform.session, tabId).catch(failed);
});
