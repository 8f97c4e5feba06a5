// What a person does in Roundcube: signs in, opens a message. Works in the skins elastic and larry.
import type { Frame, Page } from "playwright-core";
import { until } from "../wait.ts";

/**
 * Waits for the list of messages, and loads it again while it stays empty: where two of Roundcube's requests are a
 * mailbox's first two sessions and a mail comes in meanwhile, Dovecot tells one of them that there are none.
 */
async function listed(page: Page): Promise<void> {
  await until("the list of messages", async () => {
    const shown = await page
      .waitForSelector("#messagelist", { timeout: 5_000 })
      .then(() => true)
      .catch(() => false);
    if (!shown) await page.reload();
    return shown;
  });
}

/** Signs in and waits for the list of messages. */
export async function signIn(page: Page, url: string, login: string, password: string): Promise<void> {
  await page.goto(url);
  await page.fill("#rcmloginuser", login);
  await page.fill("#rcmloginpwd", password);
  await page.click("#rcmloginsubmit");
  await listed(page);
}

/** Looks for new mail until a message with this subject is listed, selects it, and hands back the frame it is shown in. */
export async function openMessage(page: Page, subject: string): Promise<Frame> {
  const row = page.locator("#messagelist tbody tr", { hasText: subject }).first();
  await until(
    `"${subject}" in the list`,
    async () => {
      if ((await row.count()) > 0) return true;
      // Its own "Refresh" sometimes counts a new message without listing it.
      await page.reload();
      await listed(page);
      return (await row.count()) > 0;
    },
    { everyMs: 1_000 },
  );
  // A second click within half a second would be a double click, which opens the message as a page of its own.
  if (((await row.getAttribute("class")) ?? "").split(" ").includes("selected")) {
    await page.reload();
    await listed(page);
  }
  await row.click();
  const frame = await until(`the preview of "${subject}"`, async () => {
    const shown = page.frames().find((one) => one.url().includes("_action=preview"));
    const heading = await shown?.locator("#messageheader .subject, h2.subject").first().innerText({ timeout: 1_000 });
    return heading?.includes(subject) === true ? shown : null;
  });
  await frame.waitForLoadState();
  return frame;
}

/** Opens the message that is selected in the preview as a page of its own. */
export async function openAlone(page: Page, url: string, frame: Frame): Promise<void> {
  const at = new URL(frame.url()).searchParams;
  const query = new URLSearchParams({
    _task: "mail",
    _action: "show",
    _uid: at.get("_uid") ?? "",
    _mbox: at.get("_mbox") ?? "",
  });
  await page.goto(`${url}?${query}`);
}
