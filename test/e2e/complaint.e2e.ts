// A complaint by click in each mail program: counted once each at the sending side, whatever is killed in between.
import assert from "node:assert/strict";
import { complain, undo } from "./complaining.ts";
import type { Bridge } from "./lab/bridge.ts";
import { arrivalOf } from "./lab/mailbox.ts";
import { submit } from "./lab/submission.ts";
import { invoice, oneMail } from "./one-mail.e2e.ts";
import type { Scenario } from "./scenario.ts";
import { closePopups, openMessage } from "./thunderbird/mail.ts";
import { openPanel } from "./thunderbird/waybill.ts";
import { until } from "./wait.ts";
import { openMessage as openInRoundcube } from "./webmail/reading.ts";
import { openPanel as openInChromium } from "./webmail/waybill.ts";

const reader = "alice@home.example";
const newsletter = "News of November";

interface Count {
  readonly signer: string;
  readonly purpose: string;
  readonly code: string;
  readonly attested: boolean;
  readonly count: number;
}

/** What the sending side has counted, as its postmaster reads it. */
function counted(bridge: Bridge): readonly Count[] {
  return (JSON.parse(bridge.command("reports", "--json")) as { readonly received: readonly Count[] }).received;
}

function countOf(bridge: Bridge, signer: string): number {
  return counted(bridge)
    .filter((one) => one.signer === signer)
    .reduce((sum, { count }) => sum + count, 0);
}

/** Whether a report waits for a second try: the first one comes at once when the time to undo is over. */
function hasFailedOnce(bridge: Bridge): boolean {
  const { queue } = JSON.parse(bridge.command("reports", "--json")) as { queue: { nextAt: number | null } };
  return queue.nextAt !== null && queue.nextAt > Date.now() / 1_000 + 15;
}

export const complaint: Scenario = {
  name: "complaints, and bridges that are killed",
  after: oneMail,
  run: async (world, stage) => {
    const { bank, home, thunderbird, screens } = world;
    await stage.step("Thunderbird: reported, and taken back", async () => {
      await openMessage(thunderbird, { login: reader, folder: "INBOX" }, invoice);
      const panel = await openPanel(thunderbird);
      await complain(panel, { really: "advertising", tellSender: true, keepInInbox: true });
      await undo(panel);
      await closePopups(thunderbird);
    });
    await stage.step("reported again; both bridges are killed", async () => {
      const panel = await openPanel(thunderbird);
      const look = (): void => screens.thunderbird.screenshot(stage.picture("thunderbird-complaint"));
      await complain(panel, { really: "advertising", tellSender: true, keepInInbox: true, look });
      await Promise.all([home.bridge.kill(), bank.bridge.kill()]);
      await closePopups(thunderbird);
      // In this order: a first try in vain would be repeated after a minute only, as it is below.
      await bank.bridge.start();
      await home.bridge.start();
    });
    await stage.step("it is counted once at the bank", async () => {
      await until("the count", () => counted(bank.bridge).length > 0, { timeoutMs: 120_000, everyMs: 500 });
      const wanted = { purpose: "transactional", code: "misrepresented", attested: true, count: 1 };
      const found = counted(bank.bridge).map(({ signer, purpose, code, attested, count }) => ({
        signer,
        purpose,
        code,
        attested,
        count,
      }));
      assert.deepEqual(found, [{ signer: "billing@bank.example", ...wanted }]);
    });
    await stage.step("a newsletter to two readers, reported in Roundcube", async () => {
      const to = [reader, "bob@home.example"];
      await submit(bank, { from: "news@shop.example", to, subject: newsletter, text: "Buy!\n", purpose: "newsletter" });
      await arrivalOf(home, reader, newsletter);
      await openInRoundcube(world.chromium.page, newsletter);
      const panel = await openInChromium(world.chromium);
      assert.equal(await panel.text(".wb-level"), "Holds");
      await complain(panel, { really: "advertising", tellSender: false, keepInInbox: false });
      screens.chromium.screenshot(stage.picture("roundcube-complaint"));
      await panel.close();
    });
    await stage.step("the sending bridge is dead when the report comes; the reading one is killed then", async () => {
      await bank.bridge.kill();
      await until("a failed try", () => hasFailedOnce(home.bridge), { everyMs: 500 });
      await home.bridge.kill();
      await Promise.all([home.bridge.start(), bank.bridge.start()]);
    });
  },
};

/** Played last, when the minute until the second try has passed with other things. */
export const secondTry: Scenario = {
  name: "the report that failed at first",
  after: complaint,
  run: async ({ bank, thunderbird, chromium, screens }, stage) => {
    await stage.step("is counted once, and the first one still once", async () => {
      await until("the second count", () => countOf(bank.bridge, "news@shop.example") > 0, {
        timeoutMs: 120_000,
        everyMs: 1_000,
      });
      assert.equal(countOf(bank.bridge, "news@shop.example"), 1);
      assert.equal(countOf(bank.bridge, "billing@bank.example"), 1);
    });
    await stage.step("Thunderbird: the bank has counted it", async () => {
      await openMessage(thunderbird, { login: reader, folder: "INBOX" }, invoice);
      const panel = await openPanel(thunderbird);
      await until("the words", async () => /bank\.example has counted it/.test((await panel.text(".wb-foot")) ?? ""));
      await closePopups(thunderbird);
    });
    await stage.step("the bank's postmaster sees both", async () => {
      const { page } = chromium;
      await page.goto(`${bank.bridge.url}/admin/`);
      await page.fill("form input", bank.bridge.command("admin", "token").trim());
      await page.keyboard.press("Enter");
      for (const signer of ["billing@bank.example", "news@shop.example"])
        await page.getByText(signer).first().waitFor();
      screens.chromium.screenshot(stage.picture("postmaster"));
    });
  },
};
