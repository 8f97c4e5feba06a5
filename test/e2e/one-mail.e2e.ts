// One mail all the way: Thunderbird composes, a purpose is picked, the bank's bridge signs, the home's bridge records,
// verifies, judges and seals; Thunderbird says what it claims to be, that it holds, and how it travelled.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { arrivalOf } from "./lab/mailbox.ts";
import type { Scenario } from "./scenario.ts";
import { closePopups, compose, openMessage, send } from "./thunderbird/mail.ts";
import { makeDesktop } from "./thunderbird/privileged-ways.ts";
import type { Thunderbird } from "./thunderbird/start.ts";
import { choosePurpose, closeFirstRun, connectMailboxes, openPanel, readPanel } from "./thunderbird/waybill.ts";

/** Subject of the mail that the later scenarios read again. */
export const invoice = "Invoice 1001, liebe Grüße";

/** Value of a tag in the first Hop-Signal of a raw mail. */
function hopTag(raw: string, tag: string): string | null {
  const field = /^Hop-Signal:((?:.|\r?\n[ \t])*)/m.exec(raw)?.[1] ?? "";
  return new RegExp(`(?:^|;)\\s*${tag}=([^;]*)`).exec(field.replace(/\r?\n/g, ""))?.[1]?.trim() ?? null;
}

function fingerprint(pemFile: string): string {
  return `sha256:${createHash("sha256")
    .update(new X509Certificate(readFileSync(pemFile)).raw)
    .digest("base64url")}`;
}

/** How light the open panel's ground is, 0 (black) to 255. `look`: called while it stands open. */
async function panelBrightness(thunderbird: Thunderbird, look: () => void = () => {}): Promise<number> {
  const panel = await openPanel(thunderbird);
  look();
  const ground = await panel.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await closePopups(thunderbird);
  return Math.max(...(ground.match(/[0-9.]+/g) ?? []).slice(0, 3).map(Number));
}

export const oneMail: Scenario = {
  name: "one mail all the way, in Thunderbird",
  run: async ({ bank, home, thunderbird, screens }, stage) => {
    await stage.step("the add-on finds the bridges and connects both mailboxes", async () => {
      await connectMailboxes(thunderbird, ["billing@bank.example", "alice@home.example"]);
      screens.thunderbird.screenshot(stage.picture("thunderbird-first-run"));
      await closeFirstRun(thunderbird);
    });
    await stage.step("compose, choose a purpose, send", async () => {
      await compose(thunderbird, {
        from: "billing@bank.example",
        to: "alice@home.example",
        subject: invoice,
        body: "Dear Alice,\n\nfor your safe we charge 42 euros for this year.\n\nLiebe Grüße\nYour bank\n",
      });
      await choosePurpose(thunderbird, "transactional", () =>
        screens.thunderbird.screenshot(stage.picture("thunderbird-compose")),
      );
      await send(thunderbird);
    });
    await stage.step("it arrives signed, recorded and sealed", async () => {
      const raw = await arrivalOf(home, "alice@home.example", invoice);
      assert.match(raw, /^IPP-Purpose: v=1; p=transactional/m);
      assert.match(raw, /^IPP-Signature: /m);
      assert.doesNotMatch(raw, /^X-IPP-Purpose:/im);
      // Thunderbird submits it as 8bit: the bridge made it 7-bit before it signed.
      assert.match(raw, /^Content-Transfer-Encoding: quoted-printable\r$/m);
      assert.match(raw, /^Liebe Gr=C3=BC=C3=9Fe\r$/m);
      const wanted = {
        s: "home.example",
        by: home.mailHost,
        tls: "TLSv1.3",
        cc: "verified",
        ipp: "pass",
        tr: "domain",
      };
      for (const [tag, value] of Object.entries(wanted)) assert.equal(hopTag(raw, tag), value, `Hop-Signal ${tag}=`);
      assert.equal(hopTag(raw, "ccfp"), fingerprint(bank.certificate.chain));
      assert.equal(hopTag(raw, "ip"), bank.host.address);
      assert.match(raw, /^Authentication-Results: mail\.home\.example;[^;]*(\r?\n[ \t][^;]*)*dkim=pass/m);
    });
    await stage.step("Thunderbird: it holds", async () => {
      await openMessage(thunderbird, { login: "alice@home.example", folder: "INBOX" }, invoice);
      const panel = await openPanel(thunderbird);
      screens.thunderbird.screenshot(stage.picture("thunderbird"));
      const shown = await readPanel(panel);
      screens.thunderbird.screenshot(stage.picture("thunderbird-evidence"));
      await closePopups(thunderbird);
      assert.equal(shown.level, "Holds");
      assert.match(shown.sentence, /signed for billing@bank\.example/);
      for (const words of [/TLS 1\.3/, /in signed DNS/, /DKIM/, /client certificate verified/, /mail\.bank\.example/]) {
        assert.match(shown.text, words);
      }
    });
    await stage.step("on a dark desktop the panel is dark", async () => {
      assert.ok((await panelBrightness(thunderbird)) > 200);
      await thunderbird.marionette.chrome(makeDesktop, "dark");
      assert.ok(
        (await panelBrightness(thunderbird, () => screens.thunderbird.screenshot(stage.picture("thunderbird-dark")))) <
          60,
      );
      await thunderbird.marionette.chrome(makeDesktop, "light");
    });
  },
};
