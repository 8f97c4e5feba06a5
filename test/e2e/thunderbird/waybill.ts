// What a person does with Waybill's add-on in Thunderbird: connects mailboxes, chooses a purpose, reads the panel,
// complains. Words are those of extension/_locales/en.
import { setTimeout as sleep } from "node:timers/promises";
import { geckoIds } from "../../../extension/manifest.ts";
import { until } from "../wait.ts";
import { buttonWhen, clickButton, closePopups, composeButton, fetchMail, messageButton, openMessage } from "./mail.ts";
import { pageOf, type Page } from "./page.ts";
import { closeOtherTabs, type FolderName } from "./privileged-reading.ts";
import type { Thunderbird } from "./start.ts";

const addon = geckoIds.thunderbird;

/** The five words of the levels. */
export const levelWords = ["Holds", "Careful", "Does not hold", "Not proven", "Not recorded"] as const;

/** Popups come slowly on a software-drawn screen; a picture waits for that. */
const fadeMs = 400;

/** What the panel shows. */
export interface ShownPanel {
  readonly level: string;
  readonly sentence: string;
  /** All of it, every line opened. */
  readonly text: string;
}

/** Connects the mailboxes on the page that opens after the installation, as far as its button goes. */
export async function connectMailboxes(thunderbird: Thunderbird, addresses: readonly string[]): Promise<void> {
  const page = pageOf(thunderbird, { kind: "tab", addon, path: "first-run.html" });
  const allow = (): Promise<void> => clickButton(thunderbird, "popupnotification .popup-notification-primary-button");
  await page.click("main button.wb-primary");
  await allow();
  for (const address of addresses) {
    await page.click(`button[aria-label="Connect: ${address}"]`);
    await allow();
    await until(
      `${address} to be connected`,
      async () => {
        await fetchMail(thunderbird, address);
        return (await page.text(`button[aria-label="Disconnect: ${address}"]`)) !== null;
      },
      { everyMs: 500 },
    );
  }
}

/** Leaves the page that opened after the installation. */
export async function closeFirstRun(thunderbird: Thunderbird): Promise<void> {
  await thunderbird.marionette.chrome(closeOtherTabs);
}

/** Chooses a purpose in the open compose window. `look`: called while the menu stands open. */
export async function choosePurpose(thunderbird: Thunderbird, purpose: string, look: () => void): Promise<void> {
  await clickButton(thunderbird, composeButton);
  const menu = pageOf(thunderbird, { kind: "popup" });
  await until("the menu of purposes", async () => (await menu.text(`label:has(input[value="${purpose}"])`)) !== null);
  await sleep(fadeMs);
  look();
  await menu.click(`input[name="wb-purpose"][value="${purpose}"]`);
  const name = await menu.text(`label:has(input[value="${purpose}"]) b`);
  await buttonWhen(thunderbird, composeButton, ({ label }) => label === name);
  await closePopups(thunderbird);
}

/** Opens the panel of the mail that is shown, once the button says its level. */
export async function openPanel(thunderbird: Thunderbird): Promise<Page> {
  const words: readonly string[] = levelWords;
  await buttonWhen(thunderbird, messageButton, ({ label }) => words.includes(label));
  await clickButton(thunderbird, messageButton);
  const panel = pageOf(thunderbird, { kind: "popup" });
  await until("the panel", async () => (await panel.text(".wb-level")) !== null);
  await sleep(fadeMs);
  return panel;
}

/** What an open panel shows; opens its lines. */
export async function readPanel(panel: Page): Promise<ShownPanel> {
  await panel.evaluate(() => {
    for (const line of document.querySelectorAll("details")) line.open = true;
  });
  return {
    level: (await panel.text(".wb-level")) ?? "",
    sentence: (await panel.text(".wb-head h1")) ?? "",
    text: (await panel.text(".wb-panel")) ?? "",
  };
}

/** Opens the mail and its panel, reads it, closes it; the button has to say the same. `look`: called before it closes. */
export async function verdictOf(
  thunderbird: Thunderbird,
  folder: FolderName,
  wanted: string | number,
  look: () => void = () => {},
): Promise<ShownPanel> {
  await openMessage(thunderbird, folder, wanted);
  const panel = await openPanel(thunderbird);
  look();
  const shown = await readPanel(panel);
  await closePopups(thunderbird);
  await buttonWhen(thunderbird, messageButton, ({ title }) => title === `${shown.level}: ${shown.sentence}`);
  return shown;
}
