// What a person does with Waybill's extension in Chromium: switches it on for a webmail, connects the mailbox, reads the
// panel. Words are those of extension/_locales/en.
import { until } from "../wait.ts";
import type { Chromium } from "./chromium.ts";
import { openPopup, type Popup } from "./popup.ts";

/**
 * Leaves the page that opens after the installation: an extension from the command line is installed anew each time
 * the browser starts.
 */
export async function closeFirstRun(chromium: Chromium): Promise<void> {
  const page = await until("the first-run page", () =>
    chromium.context.pages().find((one) => one.url().includes("first-run.html")),
  );
  await page.waitForLoadState();
  await page.close();
  await chromium.page.bringToFront();
}

/** Switches the extension on for a webmail, in its settings, and connects the mailbox with its bridge. */
export async function switchOn(
  chromium: Chromium,
  site: { readonly url: string; readonly address: string },
  readCode: () => Promise<void>,
): Promise<void> {
  const settings = await chromium.context.newPage();
  await settings.goto(`chrome-extension://${chromium.extensionId}/settings.html`);
  await settings.fill("form.wb-add input[name=url]", site.url);
  await settings.fill("form.wb-add input[name=address]", site.address);
  await settings.click("form.wb-add button[type=submit]");
  await chromium.allow();
  const named = (words: string): string => `button[aria-label="${words}: ${site.address}"]`;
  await settings.click(named("Look for its bridge"));
  await chromium.allow();
  await settings.click(named("Connect"));
  await chromium.allow();
  await settings.getByText("Waiting for the mail with the code").waitFor();
  await chromium.page.bringToFront();
  await readCode();
  await settings.bringToFront();
  await settings.waitForSelector(named("Disconnect"));
  await settings.close();
  await chromium.page.bringToFront();
}

/** Waits until the button tells a level, and opens its panel. */
export async function openPanel(chromium: Chromium): Promise<Popup> {
  await until("the toolbar button's badge", () =>
    chromium.background?.evaluate(
      "chrome.tabs.query({ active: true, currentWindow: true }).then(([tab]) => chrome.action.getBadgeText({ tabId: tab.id }))",
    ),
  );
  const popup = await openPopup(chromium, "panel.html");
  await until("the panel", async () => (await popup.text(".wb-level")) !== null);
  return popup;
}

/** Opens every line of the panel, so that its text is all there. */
export async function openLines(popup: Popup): Promise<void> {
  await popup.evaluate("for (const line of document.querySelectorAll('details')) line.open = true");
}
