// The webmail background's handlers: what stands on a tab's button, whatever comes late, and what goes with a site.
import { beforeEach, describe, expect, test, vi } from "vitest";
import english from "../../../extension/_locales/en/messages.json" with { type: "json" };
import { createBackground } from "../../../extension/background/background.ts";
import { dispatch } from "../../../extension/background/dispatch.ts";
import type { Handlers } from "../../../extension/background/dispatch.ts";
import type { Platform } from "../../../extension/background/platform.ts";
import { readTab } from "../../../extension/background/webmail/tab-state.ts";
import { messagesLookup } from "../../../extension/text/messages.ts";
import { createWords } from "../../../extension/text/translate.ts";
import { fakePlatform, page } from "./fake-platform.ts";
import type { FakePlatform } from "./fake-platform.ts";

const origin = "https://webmail.example.net";
const now = 1_795_356_120;
/** What the toolbar's button of tab 1 says. */
let title = "";
const told: number[] = [];
// The browser's own API: only inside it is there another.
vi.mock("webextension-polyfill", () => ({
  default: {
    action: {
      setIcon: async () => undefined,
      setTitle: async (details: { readonly title: string }) => void (title = details.title),
      setBadgeText: async () => undefined,
      setBadgeBackgroundColor: async () => undefined,
    },
    permissions: { contains: async () => true },
    scripting: {
      getRegisteredContentScripts: async () => [],
      unregisterContentScripts: async () => undefined,
      registerContentScripts: async () => undefined,
      executeScript: async () => undefined,
    },
    tabs: {
      query: async () => [{ id: 1 }],
      sendMessage: async (tabId: number) => void told.push(tabId),
    },
  },
}));
const { mailOpened } = await import("../../../extension/background/webmail/mail-opened.ts");
const { mailPending } = await import("../../../extension/background/webmail/mail-pending.ts");
const { siteHandlers } = await import("../../../extension/background/webmail/site-messages.ts");

const words = createWords(messagesLookup(english), "en");
const mail = "From: a@bank.example\r\nSubject: Hello\r\n\r\nHello\r\n";
let platform: FakePlatform;
let handlers: Handlers;

/** A background that has just been started; `over`: what is different in its surroundings. */
function start(over: Partial<Platform> = {}): void {
  const background = createBackground(
    { ...platform, ...over },
    { hasSites: true, current: async () => ({ kind: "nothing" }), renew: async () => undefined },
  );
  const views = new Map<number, string>();
  handlers = {
    "mail-opened": mailOpened(background, words, views),
    "mail-pending": mailPending(background, words, views),
    ...siteHandlers(background, words),
  };
}

const sender = { kind: "webmail", tabId: 1, frameId: 0, origin, url: `${origin}/` } as const;
async function say(waybill: string, request: unknown, from: typeof sender | typeof page = sender): Promise<unknown> {
  return await dispatch(handlers, { waybill, request }, from);
}
const opened = async (view: string): Promise<unknown> => await say("mail-opened", { view, raw: mail, attached: false });
const pending = async (view: string, state: string): Promise<unknown> => await say("mail-pending", { view, state });

beforeEach(async () => {
  title = "";
  told.length = 0;
  platform = fakePlatform({ fetch, now });
  await platform.local.write("sites", [{ origin, address: "alice@example.net" }]);
  start();
});

/** Judging that waits to be told to end. */
function slowly(): { readonly assess: Platform["assess"]; readonly end: () => void } {
  let end = (): void => undefined;
  const waits = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    end: () => end(),
    assess: async (raw, sources) => {
      await waits;
      return await platform.assess(raw, sources);
    },
  };
}

describe("a mail", () => {
  test("is said on the button", async () => {
    await pending("v1", "loading");
    await opened("v1");
    expect(title).toMatch(/^Not recorded: /);
  });

  test.each([
    { name: "while it is judged", wakes: false },
    { name: "while it is judged, the worker having died before", wakes: true },
  ])("that was left $name is not said beside what is shown then", async ({ wakes }) => {
    const { assess, end } = slowly();
    start({ assess });
    await pending("v1", "loading");
    if (wakes) start({ assess });
    const judged = opened("v1");
    await pending("v1", "nothing");
    end();
    expect(await judged).toEqual({ reply: null });
    expect(title).toBe("Waybill");
    expect(await readTab(platform.session, 1)).toEqual({ kind: "nothing" });
  });

  test("is said though the frame before it leaves late", async () => {
    await pending("v1", "loading");
    await opened("v1");
    await pending("v2", "loading");
    await pending("v1", "nothing");
    await opened("v2");
    expect(title).toMatch(/^Not recorded: /);
  });
});

describe("a site", () => {
  const id = `site:${origin}`;

  test("that is taken out leaves no verdict on the button, and none to be said of the next mail", async () => {
    await pending("v1", "loading");
    await opened("v1");
    await say("site-remove", { id }, page);
    expect(title).toBe("Waybill");
    expect(await readTab(platform.session, 1)).toBeNull();
    expect(told).toEqual([1]);
  });

  test("that is added with another address is another mailbox: it does not get the bearer", async () => {
    await platform.local.write(`account:${id}`, { session: { token: "t".repeat(32), address: "alice@example.net" } });
    await say("site-add", { origin, address: "alice@example.net" }, page);
    expect(await platform.local.read(`account:${id}`)).toBeDefined();
    await say("site-add", { origin, address: "bob@example.org" }, page);
    expect(await platform.local.read(`account:${id}`)).toBeUndefined();
  });
});
