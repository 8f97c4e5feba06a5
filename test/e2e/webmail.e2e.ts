// The same mailbox in Roundcube, in a real Chromium with the extension: the same verdict, in both skins, light and dark.
import assert from "node:assert/strict";
import { password } from "./lab/lab.ts";
import { messagesWith } from "./lab/mailbox.ts";
import { invoice } from "./one-mail.e2e.ts";
import type { Scenario } from "./scenarios.ts";
import { until } from "./wait.ts";
import { openMessage, signIn } from "./webmail/reading.ts";
import { openLines, openPanel, switchOn } from "./webmail/waybill.ts";

const pairing = "connecting your mail program";
const reader = "alice@home.example";

export const webmail: Scenario = {
  name: "the same mailbox in Roundcube",
  run: async ({ home, chromium, roundcube, screens }, stage) => {
    const { page } = chromium;
    const picture = (name: string): void => screens.chromium.screenshot(stage.picture(name));
    await stage.step("the extension is switched on for the webmail and connects the mailbox", async () => {
      await signIn(page, roundcube.url, reader, password);
      await switchOn(chromium, { url: roundcube.url, address: reader }, async () => {
        // Thunderbird's own code lies there already.
        await until("another code", async () => (await messagesWith(home, reader, pairing)).length > 1);
        await page.reload();
        await openMessage(page, pairing);
      });
    });
    await stage.step("Roundcube, elastic: it holds", async () => {
      await openMessage(page, invoice);
      const panel = await openPanel(chromium);
      picture("roundcube-elastic");
      assert.equal(await panel.text(".wb-level"), "Holds");
      assert.match((await panel.text(".wb-head h1")) ?? "", /signed for billing@bank\.example/);
      await openLines(panel);
      const text = (await panel.text(".wb-panel")) ?? "";
      for (const words of [/TLS 1\.3/, /client certificate verified/, /in signed DNS/]) assert.match(text, words);
      panel.close();
    });
  },
};
