// The less usual ways in which a mail comes to be shown in a real Thunderbird, and what is said then: never another mail's
// verdict, nothing green that was not checked, and always an end.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { geckoIds } from "../../../extension/manifest.ts";
import { clickButton, closePopups, fetchMail, messageButton, openMessage } from "../../e2e/thunderbird/mail.ts";
import { pageOf } from "../../e2e/thunderbird/page.ts";
import type { Page } from "../../e2e/thunderbird/page.ts";
import { closeOtherTabs } from "../../e2e/thunderbird/privileged-reading.ts";
import {
  closeWindow,
  inWindow,
  nextInWindow,
  openWindow,
  deleteShown,
  keepLocally,
  openAttachment,
  openFile,
  printShown,
  selectInThread,
  isListed,
  shownMail,
  threadSummary,
  workOffline,
} from "../../e2e/thunderbird/privileged-ways.ts";
import type { Thunderbird } from "../../e2e/thunderbird/start.ts";
import { until } from "../../e2e/wait.ts";
import type { SmokeMailbox } from "./mailbox.ts";
import { intruder } from "./hostile-mails.ts";
import { largeMail } from "./sample-mails.ts";
import { shows, startDesk } from "./thunderbird-desk.ts";
import type { ThunderbirdDesk } from "./thunderbird-desk.ts";

let desk: ThunderbirdDesk;
let mailbox: SmokeMailbox;
let thunderbird: Thunderbird;
let popup: Page;
let message: Page;

beforeAll(async () => {
  desk = await startDesk();
  ({ mailbox, thunderbird, popup, message } = desk);
}, 120_000);
afterAll(async () => await desk?.stop(), 30_000);

test("an open mail's verdict follows at once what is believed and how it is to be shown", async () => {
  await desk.toMail();
  await desk.open("Invoice 1001");
  await desk.button("Not proven");
  await shows(message, "aside", /^Not proven\s.*No server of yours has checked that/);
  await desk.connect();
  await desk.toMail();
  await desk.button("Holds");
  await shows(message, "aside", /^Holds\s+An invoice, signed for billing@bank\.example\./);
  await fetchMail(thunderbird, mailbox.login);
  await shows(desk.tab("settings.html"), ".wb-card", /Connected with/);
  const [banner] = [".wb-switch input"];
  await desk
    .tab("settings.html")
    .evaluate((selector) => document.querySelector<HTMLElement>(selector)?.click(), banner);
  await until("the banner to go", async () => (await message.text("aside")) === null);
  await desk
    .tab("settings.html")
    .evaluate((selector) => document.querySelector<HTMLElement>(selector)?.click(), banner);
  await shows(message, "aside", /^Holds/);
  await thunderbird.marionette.chrome(closeOtherTabs);
}, 60_000);

test("a mail opened from a file is nobody's: what it says of itself was not checked", async () => {
  const file = join(mailbox.folder, "invoice.eml");
  writeFileSync(file, mailbox.world.mails.invoice, "latin1");
  await thunderbird.marionette.chrome(openFile, file);
  const { title } = await desk.button("Not proven");
  expect(title).toContain("No server of yours has checked that.");
  await shows(message, "aside", /^Not proven/);
  await clickButton(thunderbird, messageButton);
  await shows(popup, ".wb-head", /Not proven/);
  expect(await popup.text(".wb-foot")).not.toContain("Not what it says");
  await popup.click(".wb-foot .wb-button");
  await shows(popup, ".wb-foot", /Copied/);
  await closePopups(thunderbird);
  await thunderbird.marionette.chrome(closeOtherTabs);
  await desk.button("Holds");
}, 60_000);

test("a mail attached to one that holds is judged by itself", async () => {
  mailbox.put(mailbox.world.carrier);
  await desk.open("Two invoices");
  await desk.button("Holds");
  await thunderbird.marionette.chrome(openAttachment);
  await desk.button("Not recorded");
  await shows(message, "aside", /^Not recorded/);
  await thunderbird.marionette.chrome(closeOtherTabs);
  await desk.button("Holds");
  await shows(message, "aside", /^Holds/);
}, 60_000);

test("a window of its own says the verdict of each mail that comes into it", async () => {
  const says = async (subject: string, label: string): Promise<unknown> =>
    await until(`${label} beside ${subject}`, async () => {
      const shown = await thunderbird.marionette.chrome(inWindow, messageButton);
      return shown?.subject === subject && shown.label === label;
    });
  await desk.open("Invoice 1001");
  await desk.button("Holds");
  await thunderbird.marionette.chrome(openWindow);
  await says("Invoice 1001", "Holds");
  await thunderbird.marionette.chrome(nextInWindow);
  await says("Invoice 1002", "Careful");
  await thunderbird.marionette.chrome(closeWindow);
  await desk.open("Two invoices");
}, 60_000);

test("a collapsed thread's line stands for several mails: that is said, and of none of them what another is", async () => {
  mailbox.put(intruder("An answer", "<2@bank.example>"));
  await fetchMail(thunderbird, mailbox.login);
  const select = async (subject: string, collapsed: boolean, whole: boolean): Promise<number> =>
    await thunderbird.marionette.chrome(selectInThread, subject, collapsed, whole);
  await until("the answer", async () => (await select("An answer", false, false)) === 1);
  await desk.button("Not recorded");
  expect(await select("Two invoices", true, false)).toBe(1);
  await until("the reason", async () => /stands for several mails/.test((await desk.button("Waybill")).title));
  expect(await message.text("aside")).toBe(null);
  await clickButton(thunderbird, messageButton);
  await shows(popup, "h1", /stands for several mails/);
  await closePopups(thunderbird);
  expect(await select("Two invoices", true, true)).toBe(2);
  await until("the thread's summary instead of a mail", async () => {
    const { byDefault, isShown } = await thunderbird.marionette.chrome(threadSummary);
    return byDefault && isShown;
  });
  await until("the label to go", async () => (await desk.hiddenLabel()) === "Waybill");
  expect(await select("An answer", false, true)).toBe(1);
  await desk.button("Not recorded");
  await shows(message, "aside", /^Not recorded/);
  expect(await select("Two invoices", false, false)).toBe(1);
  await desk.button("Holds");
}, 60_000);

test("a mail kept in Local Folders is still its mailbox's", async () => {
  await thunderbird.marionette.chrome(keepLocally, "Trash");
  await openMessage(thunderbird, { login: null, folder: "Trash" }, "Two invoices");
  await desk.button("Holds");
}, 60_000);

test("a deleted mail takes its verdict with it: the next one has its own", async () => {
  mailbox.put(mailbox.world.mails.invoice);
  await desk.open("Invoice 1001");
  await desk.button("Holds");
  const levels: Readonly<Record<string, string>> = {
    "Two invoices": "Holds",
    "Invoice 1001": "Holds",
    "Invoice 1002": "Careful",
  };
  for (let deleted = 0; deleted < 3; deleted++) {
    const before = await thunderbird.marionette.chrome(shownMail);
    await thunderbird.marionette.chrome(deleteShown);
    const next = await until("the next mail", async () => {
      const shown = await thunderbird.marionette.chrome(shownMail);
      return shown !== null && shown.key !== before?.key ? shown : null;
    });
    const level = levels[next.subject] ?? "Not recorded";
    await desk.button(level);
    await shows(message, "aside", new RegExp(`^${level}`));
  }
}, 60_000);

test("a printed mail does not carry the banner, nor its room", async () => {
  mailbox.put(mailbox.world.carrier);
  await desk.open("Two invoices");
  await shows(message, "aside", /^Holds/);
  const file = join(mailbox.folder, "printed.pdf");
  await thunderbird.marionette.chrome(printShown, file);
  const words = execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" });
  expect(words).toContain("Please pay.");
  expect(words).not.toMatch(/Holds|signed for|Details/);
  const boxes = execFileSync("pdftotext", ["-bbox", file, "-"], { encoding: "utf8" });
  // Points from the upper edge, below the printer's own line: the banner's room would be 28.
  const top = /yMin="([\d.]+)"[^>]*>Subject:/.exec(boxes)?.[1];
  expect(Number(top)).toBeLessThan(50);
  await shows(message, "aside", /^Holds/);
}, 60_000);

/** WAYBILL_MEGABYTES=50 takes a quarter of a minute, most of it until Thunderbird has fetched and drawn it. */
const megabytes = Number(process.env["WAYBILL_MEGABYTES"] ?? 12);

test(`a mail of ${megabytes} MB is judged like any other`, async () => {
  mailbox.put(largeMail("Large", megabytes));
  await desk.open("Large");
  await desk.button("Not recorded");
  await shows(message, "aside", /^Not recorded/);
}, 120_000);

test("a mail that can't be fetched has no verdict beside it, least of all the last one's", async () => {
  await thunderbird.marionette.chrome(workOffline, false);
  await desk.open("Two invoices");
  await desk.button("Holds");
  mailbox.put(largeMail("Far away", 1));
  await fetchMail(thunderbird, mailbox.login);
  await until("it to be listed", async () => await thunderbird.marionette.chrome(isListed, "Far away", false));
  await thunderbird.marionette.chrome(workOffline, true);
  await thunderbird.marionette.chrome(isListed, "Far away", true);
  await desk.button("Waybill");
  await thunderbird.marionette.chrome(workOffline, false);
  await desk.open("Far away");
  await desk.button("Not recorded");
}, 60_000);

test("a bridge that does not answer holds nothing up, and a report to it says so", async () => {
  const background = pageOf(thunderbird, { kind: "background", addon: geckoIds.thunderbird });
  await background.evaluate(async () => {
    const { storage } = (globalThis as unknown as { browser: { storage: Record<"local" | "session", Area> } }).browser;
    interface Area {
      get(keys: null): Promise<object>;
      remove(keys: readonly string[]): Promise<void>;
      clear(): Promise<void>;
    }
    const kept = Object.keys(await storage.local.get(null));
    await storage.local.remove(kept.filter((key) => key.startsWith("certificate")));
    await storage.session.clear();
  });
  mailbox.bridge.fallSilent();
  await desk.open("Two invoices");
  await clickButton(thunderbird, messageButton);
  await shows(popup, ".wb-notice", /Looking at this mail/);
  await shows(popup, ".wb-head", /Holds/);
  await popup.evaluate(() => document.querySelectorAll("details").forEach((line) => void (line.open = true)));
  expect(await popup.text(".wb-evidence")).toContain("the certificate was not at hand; it is your server’s word");
  await mailbox.bridge.stop();
  await popup.click(".wb-foot .wb-strong");
  await popup.click(".wb-danger");
  await shows(popup, ".wb-failed", /Not reported: your provider did not answer/);
  await closePopups(thunderbird);
}, 60_000);
