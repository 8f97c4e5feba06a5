// The same mailbox in Roundcube, in a real Chromium with the extension: the same verdict, in both skins, light and dark.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { password } from "./lab/lab.ts";
import { messagesWith } from "./lab/mailbox.ts";
import { invoice, oneMail } from "./one-mail.e2e.ts";
import type { Scenario } from "./scenario.ts";
import { until } from "./wait.ts";
import { openMessage, signIn } from "./webmail/reading.ts";
import { openLines, openPanel, switchOn } from "./webmail/waybill.ts";
import type { World } from "./world.ts";

const pairing = "connecting your mail program";
const reader = "alice@home.example";

/** Popups fade in; a picture waits for that. */
const fadeMs = 600;

async function holds(world: World, picture: string): Promise<void> {
  const { chromium, screens } = world;
  await openMessage(chromium.page, invoice);
  const panel = await openPanel(chromium);
  await sleep(fadeMs);
  screens.chromium.screenshot(picture);
  assert.equal(await panel.text(".wb-level"), "Holds");
  assert.match((await panel.text(".wb-head h1")) ?? "", /signed for billing@bank\.example/);
  await openLines(panel);
  const text = (await panel.text(".wb-panel")) ?? "";
  for (const words of [/TLS 1\.3/, /client certificate verified/, /in signed DNS/]) assert.match(text, words);
  await panel.close();
}

export const webmail: Scenario = {
  name: "the same mailbox in Roundcube",
  after: oneMail,
  run: async (world, stage) => {
    const { home, roundcube } = world;
    await stage.step("the extension is switched on for the webmail and connects the mailbox", async () => {
      const { page } = world.chromium;
      await signIn(page, roundcube.url, reader, password);
      await switchOn(world.chromium, { url: roundcube.url, address: reader }, async () => {
        // Thunderbird's own code lies there already.
        await until("another code", async () => (await messagesWith(home, reader, pairing)).length > 1);
        await page.reload();
        await openMessage(page, pairing);
      });
    });
    await stage.step("elastic, light: it holds", () => holds(world, stage.picture("roundcube-elastic-light")));
    await stage.step("larry: it holds", async () => {
      roundcube.wear("larry");
      await world.chromium.page.reload();
      assert.equal(await world.chromium.page.evaluate("rcmail.env.skin"), "larry");
      await holds(world, stage.picture("roundcube-larry"));
      roundcube.wear("elastic");
    });
    await stage.step("elastic, dark, after a restart of the browser: it holds", async () => {
      await world.restartChromium("dark");
      await signIn(world.chromium.page, roundcube.url, reader, password);
      await holds(world, stage.picture("roundcube-elastic-dark"));
      await world.restartChromium("light");
      await signIn(world.chromium.page, roundcube.url, reader, password);
    });
  },
};
