// By keyboard alone, with keys as a person presses them: into the panel and through it, from the mail to the banner, and to
// the purpose of a mail that is written.
import { afterAll, beforeAll, expect, test } from "vitest";
import { buttonWhen, closePopups, compose, composeButton } from "../../e2e/thunderbird/mail.ts";
import type { Page } from "../../e2e/thunderbird/page.ts";
import { closeCompose } from "../../e2e/thunderbird/privileged-compose.ts";
import { focusChrome, focusedElement, popupIsOpen } from "../../e2e/thunderbird/privileged-reading.ts";
import type { Thunderbird } from "../../e2e/thunderbird/start.ts";
import { until } from "../../e2e/wait.ts";
import { shows, startDesk } from "./thunderbird-desk.ts";
import type { ThunderbirdDesk } from "./thunderbird-desk.ts";

let desk: ThunderbirdDesk;
let thunderbird: Thunderbird;
let popup: Page;

beforeAll(async () => {
  desk = await startDesk();
  ({ thunderbird, popup } = desk);
  await desk.connect();
  await desk.toMail();
  await desk.open("Invoice 1001");
  await desk.button("Holds");
}, 120_000);
afterAll(async () => await desk?.stop(), 30_000);

const focused = async (): Promise<string> => await thunderbird.marionette.chrome(focusedElement);
const isIn = async (wanted: string): Promise<unknown> =>
  await until(`the keyboard in ${wanted}`, async () => (await focused()) === wanted);

/** What the keyboard is on in the popup. */
async function focusedInPopup(): Promise<string> {
  return await popup.evaluate(() => {
    const { activeElement: element } = document;
    return element instanceof HTMLInputElement ? element.value : ((element as HTMLElement | null)?.innerText ?? "");
  });
}

/** Tab, until the keyboard is on what begins so. */
async function tabTo(start: string): Promise<void> {
  await until(`Tab to come to "${start}"`, async () => {
    if ((await focusedInPopup()).startsWith(start)) return true;
    desk.display.press("Tab");
    return false;
  });
}

async function escape(): Promise<void> {
  desk.display.press("Escape");
  await until("the popup to close", async () => !(await thunderbird.marionette.chrome(popupIsOpen)));
}

test("Return on the button leads into the panel, Escape back, Tab to the report, which Return makes and Space takes back", async () => {
  // Tab leads to the first of the buttons beside the mail.
  await thunderbird.marionette.chrome(focusChrome, "#hdrReplyButton");
  await until("the arrow key to come to Waybill's button", async () => {
    if ((await focused()) === "toolbarbutton Holds") return true;
    desk.display.press("Right");
    return false;
  });
  desk.display.press("Return");
  await isIn("page panel.html");
  await escape();
  await isIn("toolbarbutton Holds");
  desk.display.press("Return");
  await isIn("page panel.html");
  await shows(popup, "h1", /An invoice/);
  for (const line of ["What it says it is", "How it got here", "Other checks", "Not what it says"]) await tabTo(line);
  desk.display.press("Return");
  await shows(popup, "legend", /really/);
  await tabTo("Report");
  desk.display.press("Return");
  await shows(popup, ".wb-status", /Reported as advertising/);
  await tabTo("Undo");
  desk.display.press("space");
  await shows(popup, ".wb-status", /Taken back/);
  await escape();
}, 60_000);

test("Tab comes from the mail to the banner before the mail's own links, and Return opens the panel", async () => {
  desk.mailbox.put(
    [
      "From: Bob <bob@example.org>",
      `To: ${desk.mailbox.login}`,
      "Subject: Links",
      "Message-ID: <links@example.org>",
      "MIME-Version: 1.0",
      "Content-Type: text/html",
      "",
      '<a href="https://one.example/">One</a> <a href="https://two.example/">Two</a>',
      "",
    ].join("\r\n"),
  );
  await desk.open("Links");
  await desk.button("Not recorded");
  await shows(desk.message, "aside", /^Not recorded/);
  await thunderbird.marionette.chrome(focusChrome, "#messagepane");
  desk.display.press("Tab");
  await isIn("button Details");
  desk.display.press("Tab");
  await isIn("a One");
  desk.display.press("shift+Tab");
  await isIn("button Details");
  desk.display.press("Return");
  await isIn("page panel.html");
  await shows(popup, "h1", /declares nothing/);
  await escape();
}, 60_000);

test("a key of its own opens the purposes of a mail that is written: nothing else leads into that toolbar", async () => {
  await compose(thunderbird, { from: desk.mailbox.login, to: "bob@example.org", subject: "News", body: "x" });
  await buttonWhen(thunderbird, composeButton, (state) => state.label === "Purpose");
  desk.display.focus("Write: News");
  desk.display.press("alt+shift+w");
  await isIn("page purpose.html");
  await until("Tab to come to what is chosen", async () => {
    desk.display.press("Tab");
    return await popup.evaluate(() => document.activeElement instanceof HTMLInputElement);
  });
  desk.display.press("Up");
  await buttonWhen(thunderbird, composeButton, (state) => state.label === "Advertising");
  expect(await focusedInPopup()).toBe("marketing");
  await escape();
  await closePopups(thunderbird);
  await thunderbird.marionette.chrome(closeCompose);
}, 60_000);
