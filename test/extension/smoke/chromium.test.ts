// The extension in a real Chromium with a real Roundcube, against a bridge of plain maps: a site added, a mailbox
// connected, mails judged in both skins, a complaint made in the toolbar's popup.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Frame, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildTarget } from "../../../extension/build.ts";
import { freePort } from "../../e2e/ports.ts";
import { startChromium } from "../../e2e/webmail/chromium.ts";
import type { Chromium } from "../../e2e/webmail/chromium.ts";
import { openPopup } from "../../e2e/webmail/popup.ts";
import { openAlone, openMessage, signIn } from "../../e2e/webmail/reading.ts";
import { startRoundcube } from "../../e2e/webmail/roundcube.ts";
import type { Roundcube } from "../../e2e/webmail/roundcube.ts";
import { until } from "../../e2e/wait.ts";
import { hostileMail, hostileMails, intruder } from "./hostile-mails.ts";
import { startMailbox } from "./mailbox.ts";
import type { SmokeMailbox } from "./mailbox.ts";
import { forgedRequests, inContentScript, makeStranger } from "./strangers.ts";
import type { Stranger } from "./strangers.ts";

const stop = new AbortController();
let mailbox: SmokeMailbox;
let roundcube: Roundcube;
let chromium: Chromium;
let stranger: Stranger;

beforeAll(async () => {
  mailbox = await startMailbox(stop.signal);
  const built = join(mailbox.folder, "extension");
  // Nobody can press the browser's permission question here: a test build is granted the lab's origin.
  await buildTarget("chromium", built, ["http://127.0.0.1/*"]);
  stranger = makeStranger(join(mailbox.folder, "stranger"));
  const imap = `127.0.0.1:${mailbox.imapPort}`;
  roundcube = await startRoundcube(
    { folder: join(mailbox.folder, "roundcube"), port: await freePort(), imap, skin: "elastic" },
    stop.signal,
  );
  chromium = await startChromium(
    { folder: join(mailbox.folder, "chromium"), display: null, extension: built, stranger: stranger.folder },
    stop.signal,
  );
}, 120_000);

afterAll(async () => {
  await chromium?.stop();
  await roundcube?.stop();
  await mailbox?.stop();
  stop.abort();
}, 30_000);

/** Waits for the banner above the shown mail; its height. The words are in a closed shadow root: the button has them too. */
async function banner(frame: Frame): Promise<number> {
  return await until("the banner", async () => {
    const box = await frame.locator("#waybill-banner").boundingBox();
    return box !== null && box.height > 30 ? box.height : null;
  });
}

/** What the toolbar's button says for the webmail's tab, of several for the one with `part` in its address. */
async function title(words: RegExp, part = ""): Promise<string> {
  return await until(String(words), async () => {
    const said = await chromium.background?.evaluate<string>(
      `chrome.tabs.query({ url: "${roundcube.url}*" }).then((tabs) =>
        chrome.action.getTitle({ tabId: tabs.find((tab) => tab.url.includes("${part}")).id }))`,
    );
    return said !== undefined && words.test(said) ? said : null;
  });
}

/** What a mailbox's card says between a click on its button and these words. */
async function said(settings: Page, button: RegExp, end: string): Promise<readonly string[]> {
  await settings.locator(".wb-card [role=status]").waitFor();
  await settings.evaluate(() => {
    const state = document.querySelector(".wb-card [role=status]");
    const words: string[] = [];
    Object.assign(globalThis, { words });
    if (state !== null)
      new MutationObserver(() => words.push(state.textContent)).observe(state, { characterData: true, subtree: true });
  });
  await settings.getByRole("button", { name: button }).click();
  await settings.getByText(end).waitFor();
  // The button has gone, and the keyboard's place with it, were it not handed on.
  expect(await settings.evaluate("document.activeElement?.localName")).toBe("h3");
  return (await settings.evaluate<readonly string[]>("words")).filter((words) => !words.includes(end));
}

test("adds a site and finds its bridge in the settings", async () => {
  const settings = await chromium.context.newPage();
  await settings.goto(`chrome-extension://${chromium.extensionId ?? ""}/settings.html`);
  await settings.fill("input[name=url]", roundcube.url);
  await settings.fill("input[name=address]", mailbox.login);
  await settings.click(".wb-add button");
  await settings.locator(".wb-card h3").waitFor();
  await settings.click(".wb-more summary");
  await settings.locator(".wb-text-form input").first().fill(mailbox.bridge.url);
  await settings.locator(".wb-text-form button").first().click();
  await settings.getByText("example.net takes part").waitFor();
  expect(await said(settings, /^Connect/, "Waiting for the mail")).toEqual(["Connecting with the bridge…"]);
  await settings.close();
}, 60_000);

test("is connected when the mail with the code is opened", async () => {
  await chromium.page.bringToFront();
  await signIn(chromium.page, roundcube.url, mailbox.login, mailbox.password);
  await openMessage(chromium.page, "Connecting Waybill");
  await until("the pairing", () => mailbox.bridge.asked.some(({ path }) => path.startsWith("/api/v1/pairings/")));
}, 60_000);

test("says Holds of a mail read through the webmail, byte for byte", async () => {
  const frame = await openMessage(chromium.page, "Invoice 1001");
  await banner(frame);
  await title(/^Holds: An invoice, signed for billing@bank\.example/);
  const popup = await openPopup(chromium, "panel.html");
  await until("the panel", async () => (await popup.text("h1"))?.includes("An invoice"));
  await popup.click(".wb-foot .wb-strong");
  expect(await popup.text(".wb-foot")).not.toContain("Junk");
  await popup.click(".wb-danger");
  await until("the report", async () => (await popup.text(".wb-status"))?.includes("Reported as advertising"));
  expect(mailbox.bridge.complaints.get("r-1001")).toMatchObject({ paired: true, tellSender: false });
  await popup.close();
}, 60_000);

test("never says Holds of a mail whose text was exchanged", async () => {
  await banner(await openMessage(chromium.page, "Invoice 1002"));
  await title(/^Careful: /);
}, 60_000);

test("stands outside what a mail can draw, whatever the mail's styles say", async () => {
  const frame = await openMessage(chromium.page, "Overlay");
  await banner(frame);
  await title(/^Not recorded: /);
  const seen = await frame.evaluate(() => {
    const found = document.getElementById("waybill-banner");
    const box = found?.getBoundingClientRect();
    if (!found || !box) return null;
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return { inMail: found.closest("#messagebody") !== null, topmost: at?.id, closed: found.shadowRoot === null };
  });
  expect(seen).toEqual({ inMail: false, topmost: "waybill-banner", closed: true });
}, 60_000);

describe("no mail gets at the banner:", () => {
  let untouched: Buffer = Buffer.alloc(0);

  /** What is painted where the banner is, but for its round corners, and as far as no scroll bar reaches. */
  async function painted(frame: Frame): Promise<Buffer> {
    const box = await frame.locator("#waybill-banner").boundingBox();
    if (box === null) return Buffer.alloc(0);
    const clip = { ...box, x: box.x + 8, width: Math.min(box.width - 16, 480) };
    return await chromium.page.screenshot({ clip, animations: "allow" });
  }

  beforeAll(async () => {
    for (const mail of hostileMails) mailbox.put(hostileMail(mail));
    const frame = await openMessage(chromium.page, "Lunch");
    await banner(frame);
    await title(/^Not recorded: /);
    untouched = await painted(frame);
  });

  test.each(hostileMails)(
    "$name",
    async ({ name, click }) => {
      const frame = await openMessage(chromium.page, name);
      await banner(frame);
      // Roundcube takes some of these buttons out.
      if (click !== undefined && (await frame.locator(click).count()) > 0) await frame.locator(click).first().click();
      await until(`the banner as it was, and not ${name}`, async () => untouched.equals(await painted(frame)), {
        timeoutMs: 8_000,
      });
      await title(/^Not recorded: /);
      expect(await frame.evaluate(() => document.getElementById("waybill-banner")?.shadowRoot ?? null)).toBeNull();
    },
    30_000,
  );
});

test("judges a mail that takes the names of what the script uses", async () => {
  const names = ["getElementById", "querySelector", "documentElement", "scripts", "createElement", "location"];
  const body = names.map((name) => `<img name="${name}" alt=""><form name="${name}"></form>`).join("");
  const column = '<div id="messagecontent" style="position:absolute"><p id="message-header">Holds. VERIFIED</p></div>';
  mailbox.put(hostileMail({ name: "Names", body: body + column }));
  const frame = await openMessage(chromium.page, "Names");
  await banner(frame);
  await title(/^Not recorded: /);
  expect(await frame.locator("#messagebody #waybill-banner").count()).toBe(0);
}, 60_000);

describe("a webmail's page that has turned hostile", () => {
  test("can't take the banner away for good, nor the word from the button", async () => {
    const frame = await openMessage(chromium.page, "Invoice 1002");
    await banner(frame);
    await title(/^Careful: /);
    await frame.evaluate(() => {
      const banner = document.getElementById("waybill-banner");
      const copy = banner?.cloneNode(true);
      if (copy) banner?.replaceWith(copy);
    });
    const words = async (): Promise<number> =>
      await frame.locator("#waybill-banner").evaluate((one) => one.clientHeight);
    await until("the banner once more", async () => (await words()) > 30);
    await title(/^Careful: /);
  }, 60_000);

  test("can't keep an old verdict by never resting, and can't press what it can't see", async () => {
    const careful = await openMessage(chromium.page, "Invoice 1002");
    const uid = new URL(careful.url()).searchParams.get("_uid") ?? "";
    const frame = await openMessage(chromium.page, "Lunch");
    await banner(frame);
    await title(/^Not recorded: /);
    const before = mailbox.bridge.asked.length;
    await frame.evaluate((other) => {
      setInterval(() => document.body.append(document.createElement("i")), 5);
      const host = document.getElementById("waybill-banner");
      for (const type of ["mousedown", "mouseup", "click", "keydown"])
        host?.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true, clientX: 9, clientY: 9 }));
      host?.click();
      for (const { prototype } of [Array, Object, String, Uint8Array, Promise, MutationObserver])
        for (const name of ["then", "map", "observe", "toString"]) Reflect.set(prototype, name, () => "Holds");
      const at = new URL(location.href);
      at.searchParams.set("_uid", other);
      history.replaceState(null, "", at);
    }, uid);
    await title(/^Careful: /);
    expect(mailbox.bridge.asked.slice(before).filter(({ method }) => method !== "GET")).toEqual([]);
    await chromium.page.reload();
    await chromium.page.waitForSelector("#messagelist");
  }, 60_000);

  test("can't frame the panel, and can't speak to the extension", async () => {
    const id = chromium.extensionId ?? "";
    const frame = await openMessage(chromium.page, "Lunch");
    const spoken = await frame.evaluate(async (to) => {
      const { chrome } = globalThis as unknown as { chrome?: { runtime?: { sendMessage?: unknown } } };
      const framed = document.createElement("iframe");
      framed.src = `chrome-extension://${to}/panel.html?tab=1`;
      document.body.append(framed);
      await new Promise((resolve) => framed.addEventListener("load", resolve, { once: true }));
      return typeof chrome?.runtime?.sendMessage;
    }, id);
    expect(spoken).toBe("undefined");
    const framed = await until("the frame", () => frame.childFrames().find((one) => one.url().startsWith("chrome")));
    expect(framed.url()).toMatch(/^chrome-error:/);
  }, 60_000);

  test("gets nothing from the background, should it take the content script over", async () => {
    await openMessage(chromium.page, "Invoice 1002");
    await title(/^Careful: /);
    const before = mailbox.bridge.asked.length;
    const answers = await inContentScript(chromium, forgedRequests);
    expect(answers).toEqual(forgedRequests.map(() => ({ refused: "wrong-sender" })));
    expect(mailbox.bridge.asked.length).toBe(before);
  }, 60_000);
});

test("says nothing late: what is found out about one mail is not said of the next", async () => {
  const raw = mailbox.world.mails.invoice;
  const answers = await inContentScript(chromium, [
    { waybill: "mail-pending", request: { state: "loading", view: "first" } },
    { waybill: "mail-opened", request: { view: "first", raw, attached: false } },
    { waybill: "mail-pending", request: { state: "loading", view: "second" } },
    { waybill: "mail-pending", request: { state: "nothing", view: "first" } },
    { waybill: "mail-opened", request: { view: "second", raw: mailbox.world.mails.plain, attached: false } },
  ]);
  expect(answers[1]).toEqual({ reply: null });
  expect(answers[4]).toMatchObject({ reply: { level: "unrecorded" } });
  await title(/^Not recorded: /);
}, 60_000);

test("hears no other extension", async () => {
  const page = await chromium.context.newPage();
  await page.goto(stranger.page);
  const answer = await page.evaluate(
    async ([id, request]) => {
      const { chrome } = globalThis as unknown as {
        chrome: { runtime: { sendMessage(to: string, message: unknown): Promise<unknown> } };
      };
      return await chrome.runtime.sendMessage(id, request).catch(String);
    },
    [chromium.extensionId ?? "", forgedRequests[0]] as const,
  );
  expect(String(answer)).toMatch(/Could not establish connection/);
  await page.close();
}, 60_000);

test("stands once where its script is started twice, as when a site is added again", async () => {
  const frame = await openMessage(chromium.page, "Invoice 1002");
  await banner(frame);
  await chromium.background?.evaluate(`chrome.tabs.query({ url: "${roundcube.url}*" }).then(([tab]) =>
    chrome.scripting.executeScript({ target: { tabId: tab.id, allFrames: true }, files: ["roundcube.js"] }))`);
  const host = frame.locator("#waybill-banner");
  const rests = async (): Promise<boolean> => {
    await host.evaluate((one) => one.setAttribute("data-seen", ""));
    // Two that stand in each other's way would change places several times meanwhile.
    await frame.waitForTimeout(400);
    return (await host.getAttribute("data-seen")) !== null;
  };
  await until("one banner that stays", rests, { timeoutMs: 8_000 });
  await banner(frame);
  await title(/^Careful: /);
}, 60_000);

test("judges a mail in a window of its own and in the print view, where no banner is printed", async () => {
  const frame = await openMessage(chromium.page, "Invoice 1002");
  const { searchParams } = new URL(frame.url());
  const uid = searchParams.get("_uid") ?? "";
  await openMessage(chromium.page, "Lunch");
  const alone = await chromium.context.newPage();
  const address = (action: string): string =>
    `${roundcube.url}?_task=mail&_action=${action}&_uid=${uid}&_mbox=INBOX&_extwin=1`;
  await alone.goto(address("show"));
  await banner(alone.mainFrame());
  await title(/^Careful: /, "_extwin");
  const printed = join(mailbox.folder, "printed.pdf");
  await alone.pdf({ path: printed });
  const words = execFileSync("pdftotext", [printed, "-"], { encoding: "utf8" });
  expect(words).toContain("Please pay to another account.");
  expect(words).not.toMatch(/Careful|It carries a record/);
  await alone.goto(address("print"));
  await title(/^Careful: /, "_action=print");
  expect(await alone.locator("#waybill-banner").count()).toBe(0);
  await alone.close();
  await title(/^Not recorded: /);
}, 60_000);

test("judges a mail attached to one that holds by itself", async () => {
  mailbox.put(mailbox.world.carrier);
  const frame = await openMessage(chromium.page, "Two invoices");
  await banner(frame);
  await title(/^Holds: /);
  const { searchParams } = new URL(frame.url());
  const alone = await chromium.context.newPage();
  const uid = `${searchParams.get("_uid") ?? ""}.2`;
  await alone.goto(`${roundcube.url}?_task=mail&_action=show&_uid=${uid}&_mbox=INBOX`);
  await title(/^Not recorded: /, "_uid=");
  await banner(alone.mainFrame());
  await alone.close();
}, 60_000);

test("says of a thread the verdict of the one mail that is shown, and none of several", async () => {
  mailbox.put(intruder("An answer", "<2@bank.example>"));
  const { page } = chromium;
  await openMessage(page, "An answer");
  await title(/^Not recorded: /);
  const row = (subject: string) =>
    page.locator("#messagelist tbody tr", { has: page.getByText(subject, { exact: true }) });
  const loaded = page.waitForResponse(/_action=list/);
  await page.evaluate("rcmail.set_list_options([], '', '', true)");
  await loaded;
  await page.evaluate("rcmail.message_list.collapse_all()");
  await row("An answer").waitFor({ state: "hidden" });
  await row("Two invoices").click();
  await title(/^Holds: /);
  await page.evaluate("rcmail.message_list.expand_all()");
  await row("An answer").click({ modifiers: ["Control"] });
  await title(/^Waybill$/);
  // Sooner it would be a double click.
  await page.waitForTimeout(600);
  await row("An answer").click();
  await title(/^Not recorded: /);
  // What goes out of sight with its thread: the button speaks of the mail that is shown, or of none.
  await page.evaluate("rcmail.message_list.collapse_all()");
  const frame = page.frames().find((one) => one.url().includes("_action=preview"));
  await title(frame === undefined ? /^Waybill$/ : /^Not recorded: /);
  const listed = page.waitForResponse(/_action=list/);
  await page.evaluate("rcmail.set_list_options([], '', '', false)");
  await listed;
  // The next test finds a page that no longer changes.
  await openMessage(page, "Lunch");
}, 60_000);

test("judges a sealed mail that is attached as nobody's", async () => {
  const answers = await inContentScript(chromium, [
    { waybill: "mail-pending", request: { state: "loading", view: "one" } },
    { waybill: "mail-opened", request: { view: "one", raw: mailbox.world.mails.invoice, attached: true } },
    { waybill: "mail-opened", request: { view: "one", raw: mailbox.world.mails.invoice, attached: false } },
  ]);
  expect(answers[1]).toMatchObject({ reply: { level: "unproven" } });
  expect(answers[2]).toMatchObject({ reply: { level: "holds" } });
}, 60_000);

test.each([
  { name: "that is too large", answer: { body: Buffer.alloc(49 * 1_048_576, "x") }, words: /too large/ },
  { name: "that can't be handed over", answer: { body: Buffer.alloc(40 * 1_048_576, 1) }, words: /could not be read/ },
  { name: "that can't be read", answer: { status: 500, body: "" }, words: /could not be read/ },
])(
  "says so of a mail $name",
  async ({ answer, words }) => {
    await chromium.context.route(/viewsource/, async (route) => {
      await route.fulfill({ contentType: "message/rfc822", ...answer });
    });
    await openMessage(chromium.page, "Invoice 1001");
    await title(/^Waybill$/);
    const popup = await openPopup(chromium, "panel.html");
    await until(String(words), async () => {
      const said = (await popup.text("h1")) ?? "";
      if (!words.test(said)) throw new Error(said);
      return true;
    });
    await popup.close();
    await chromium.context.unroute(/viewsource/);
    await openMessage(chromium.page, "Lunch");
    await title(/^Not recorded: /);
  },
  60_000,
);

test("stands above the mail on a page of its own, in both skins", async () => {
  const frame = await openMessage(chromium.page, "Lunch");
  for (const skin of ["elastic", "larry"] as const) {
    roundcube.wear(skin);
    await openAlone(chromium.page, roundcube.url, frame.isDetached() ? chromium.page.mainFrame() : frame);
    await banner(chromium.page.mainFrame());
    const overlap = await chromium.page.evaluate(() => {
      const box = document.getElementById("waybill-banner")?.getBoundingClientRect();
      const body = document.getElementById("messagebody")?.getBoundingClientRect();
      return box && body ? Math.max(0, box.bottom - body.top) : null;
    });
    expect(overlap, skin).toBe(0);
  }
}, 60_000);

test("says of an open mail at once what is believed from now on", async () => {
  await chromium.page.goto(`${roundcube.url}?_task=mail`);
  const frame = await openMessage(chromium.page, "Invoice 1001");
  await banner(frame);
  await title(/^Holds: /);
  const settings = await chromium.context.newPage();
  await settings.goto(`chrome-extension://${chromium.extensionId ?? ""}/settings.html`);
  expect(await said(settings, /^Disconnect/, "Not looked at yet")).toEqual(["Disconnecting from the bridge…"]);
  await title(/^Not proven: /);
  await settings.locator(".wb-switch input").first().uncheck();
  await until("the banner to go", async () => (await frame.locator("#waybill-banner").count()) === 0);
  await settings.close();
}, 60_000);

test("forgets the verdict with the mail", async () => {
  await chromium.page.goto(`${roundcube.url}?_task=mail`);
  await title(/^Waybill$/);
}, 60_000);
