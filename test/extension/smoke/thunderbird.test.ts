// The add-on in a real Thunderbird, against a bridge of plain maps: installed, connected, a mail judged, reported, taken
// back, a hostile mail withstood, a purpose chosen. The whole way over real servers is test/e2e's.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  buttonWhen,
  clickButton,
  closePopups,
  compose,
  composeButton,
  messageButton,
  openMessage,
} from "../../e2e/thunderbird/mail.ts";
import { closeCompose } from "../../e2e/thunderbird/privileged-compose.ts";
import { labelsWhileLoading, selectSeveral } from "../../e2e/thunderbird/privileged-reading.ts";
import { paintedTop } from "../../e2e/thunderbird/privileged-page.ts";
import type { Page } from "../../e2e/thunderbird/page.ts";
import type { Thunderbird } from "../../e2e/thunderbird/start.ts";
import { until } from "../../e2e/wait.ts";
import { hostileMail, hostileMails } from "./hostile-mails.ts";
import { oddMails } from "./odd-mails.ts";
import type { SmokeMailbox } from "./mailbox.ts";
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

const open = async (subject: string): Promise<void> => await desk.open(subject);

test("opens its first page by itself and finds the mailbox", async () => {
  await shows(desk.tab("first-run.html"), "h1", /ready/);
  await shows(desk.tab("first-run.html"), ".wb-card", /alice@example\.net/);
}, 60_000);

test("is connected once its bridge is confirmed, by the mailed code, with nothing typed but the lab's address", async () => {
  await desk.connect();
  await desk.toMail();
  await open("Invoice 1001");
  await shows(desk.tab("settings.html"), ".wb-card", /Connected with example\.net as alice@example\.net/);
}, 60_000);

test("says the verdict on the button, in the message and in the popup", async () => {
  const button = await buttonWhen(thunderbird, messageButton, (state) => state.label === "Holds");
  expect(button).toMatchObject({ badge: "✓" });
  expect(button.title).toMatch(/^Holds: An invoice, signed for billing@bank\.example/);
  await shows(message, "aside", /^Holds\s+An invoice/);
  await clickButton(thunderbird, messageButton);
  await shows(popup, "h1", /An invoice, signed for billing@bank\.example/);
}, 60_000);

test("reports by two clicks, moves the mail to Junk, takes the report back", async () => {
  await popup.click(".wb-foot .wb-strong");
  await popup.click(".wb-danger");
  await shows(popup, ".wb-status", /Reported as advertising/);
  expect(mailbox.bridge.complaints.get("r-1001")).toMatchObject({
    code: "misrepresented",
    paired: true,
    tellSender: false,
  });
  await popup.click(".wb-foot .wb-strong");
  await shows(popup, ".wb-status", /Taken back.*still in Junk/);
  expect(mailbox.bridge.complaints.size).toBe(0);
  await closePopups(thunderbird);
  await openMessage(thunderbird, { login: mailbox.login, folder: "Junk" }, "Invoice 1001");
  await buttonWhen(thunderbird, messageButton, (state) => state.label === "Holds");
}, 60_000);

test("never says Holds of a mail whose text was exchanged", async () => {
  await open("Invoice 1002");
  await shows(message, "aside", /^Careful/);
  await buttonWhen(thunderbird, messageButton, (state) => state.label === "Careful" && state.badge === "!");
}, 60_000);

test("says nothing beside a mail that is still on its way, least of all the last one's verdict", async () => {
  mailbox.put(mailbox.world.mails.invoice);
  mailbox.put(largeMail("Five megabytes"));
  await open("Invoice 1001");
  await buttonWhen(thunderbird, messageButton, (state) => state.label === "Holds");
  const labels = await thunderbird.marionette.chrome(labelsWhileLoading, "Five megabytes", messageButton);
  // The add-on hears of it a moment after the subject is painted; what it said before is then gone, for good.
  expect(labels.filter((label, at) => at > 0 || label !== "Holds")).toEqual(["Waybill"]);
  await buttonWhen(thunderbird, messageButton, (state) => state.label === "Not recorded");
}, 60_000);

test.each(oddMails)(
  "judges $name",
  async ({ name, raw }) => {
    mailbox.put(raw(mailbox.world.mails.invoice, name));
    await open(name);
    await buttonWhen(thunderbird, messageButton, (state) => ["Not recorded", "Careful"].includes(state.label));
    await shows(message, "aside", /^(Not recorded|Careful)/);
  },
  60_000,
);

test("says nothing of several mails, and nothing of one that was among them until it is shown again", async () => {
  await open("Invoice 1001");
  await buttonWhen(thunderbird, messageButton, (state) => state.label === "Holds");
  await thunderbird.marionette.chrome(selectSeveral, 3);
  await until("the label to go", async () => (await desk.hiddenLabel()) === "Waybill");
  await open("Invoice 1001");
  await buttonWhen(thunderbird, messageButton, (state) => state.label === "Holds");
}, 60_000);

describe("no mail gets at the banner:", () => {
  let untouched = "";
  const top = async (): Promise<string> => await thunderbird.marionette.chrome(paintedTop, 30);

  beforeAll(async () => {
    for (const mail of hostileMails) mailbox.put(hostileMail(mail));
    await open("Lunch");
    await shows(message, "aside", /^Not recorded/);
    untouched = await top();
  });

  test.each(hostileMails)(
    "$name",
    async ({ name, click }) => {
      await open(name);
      await shows(message, "#waybill-banner aside, aside", /^Not recorded/);
      if (click !== undefined) await message.click(click);
      // Pixel by pixel what it is above a harmless mail: the same sentence, nothing before or over it.
      await until(`the banner as it was, and not ${name}`, async () => (await top()) === untouched, {
        timeoutMs: 8_000,
      });
      await buttonWhen(thunderbird, messageButton, (state) => state.label === "Not recorded" && state.badge === "–");
      expect(await message.evaluate(() => document.getElementById("waybill-banner")?.shadowRoot ?? null)).toBeNull();
    },
    30_000,
  );
});

test("leads from the banner to the panel", async () => {
  await message.click("aside button");
  await shows(popup, "h1", /declares nothing/);
  await closePopups(thunderbird);
}, 60_000);

test("paints the sentence soon after the mail's octets are there", async () => {
  const milliseconds = await message.evaluate(() => {
    const [measure] = performance.getEntriesByName("waybill:painted") as PerformanceMeasure[];
    return (measure?.detail as { milliseconds: number } | undefined)?.milliseconds ?? null;
  });
  expect(milliseconds).toBeGreaterThan(0);
  // Required are 50 ms on a quiet machine (test/bench measures it); here only that nothing waits for anything.
  expect(milliseconds).toBeLessThan(1_000);
});

test("remembers the purpose of a mail that is written", async () => {
  await compose(thunderbird, { from: mailbox.login, to: "bob@example.org", subject: "News", body: "x" });
  await buttonWhen(thunderbird, composeButton, (state) => state.label === "Purpose");
  await clickButton(thunderbird, composeButton);
  await popup.click("input[value=newsletter]");
  await buttonWhen(thunderbird, composeButton, (state) => state.label === "Newsletter");
  await closePopups(thunderbird);
  await thunderbird.marionette.chrome(closeCompose);
  await compose(thunderbird, { from: mailbox.login, to: "carol@example.org", subject: "More news", body: "x" });
  await buttonWhen(thunderbird, composeButton, (state) => state.label === "Newsletter");
}, 60_000);
