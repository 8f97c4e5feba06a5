// The extension in a real Chromium with a real Roundcube, against a bridge of plain maps: a site added, a mailbox
// connected, mails judged in both skins, a complaint made in the toolbar's popup.
import { join } from "node:path";
import type { Frame } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildTarget } from "../../../extension/build.ts";
import { freePort } from "../../e2e/ports.ts";
import { startChromium } from "../../e2e/webmail/chromium.ts";
import type { Chromium } from "../../e2e/webmail/chromium.ts";
import { openPopup } from "../../e2e/webmail/popup.ts";
import { openAlone, openMessage, signIn } from "../../e2e/webmail/reading.ts";
import { startRoundcube } from "../../e2e/webmail/roundcube.ts";
import type { Roundcube } from "../../e2e/webmail/roundcube.ts";
import { until } from "../../e2e/wait.ts";
import { startMailbox } from "./mailbox.ts";
import type { SmokeMailbox } from "./mailbox.ts";

const stop = new AbortController();
let mailbox: SmokeMailbox;
let roundcube: Roundcube;
let chromium: Chromium;

beforeAll(async () => {
  mailbox = await startMailbox(stop.signal);
  const built = join(mailbox.folder, "extension");
  // Nobody can press the browser's permission question here: a test build is granted the lab's origin.
  await buildTarget("chromium", built, ["http://127.0.0.1/*"]);
  const imap = `127.0.0.1:${mailbox.imapPort}`;
  roundcube = await startRoundcube(
    { folder: join(mailbox.folder, "roundcube"), port: await freePort(), imap, skin: "elastic" },
    stop.signal,
  );
  chromium = await startChromium(
    { folder: join(mailbox.folder, "chromium"), display: null, extension: built },
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

/** What the toolbar's button says for the webmail's tab. */
async function title(words: RegExp): Promise<string> {
  return await until(String(words), async () => {
    const said = await chromium.background?.evaluate<string>(
      `chrome.tabs.query({ url: "${roundcube.url}*" }).then(([tab]) => chrome.action.getTitle({ tabId: tab.id }))`,
    );
    return said !== undefined && words.test(said) ? said : null;
  });
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
  await settings.getByRole("button", { name: /^Connect/ }).click();
  await settings.getByText("Waiting for the mail").waitFor();
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

test("forgets the verdict with the mail", async () => {
  await chromium.page.goto(`${roundcube.url}?_task=mail`);
  await title(/^Waybill$/);
}, 60_000);
