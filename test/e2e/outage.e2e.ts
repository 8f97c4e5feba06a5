// A bridge that is stopped: mail waits, arrives later, and is marked then. Nothing is lost.
import assert from "node:assert/strict";
import { messagesWith } from "./lab/mailbox.ts";
import { submit } from "./lab/submission.ts";
import type { Scenario } from "./scenario.ts";
import { oneMail } from "./one-mail.e2e.ts";
import { verdictOf } from "./thunderbird/waybill.ts";
import { until } from "./wait.ts";

const reader = "alice@home.example";
const mails = [1, 2, 3, 4, 5].map((number) => ({
  from: "billing@bank.example",
  to: [reader],
  subject: `Statement ${number}`,
  text: `Statement number ${number}.\n`,
  purpose: "account",
}));

export const outage: Scenario = {
  name: "a stopped bridge",
  after: oneMail,
  run: async ({ bank, home, thunderbird }, stage) => {
    await stage.step("the receiving bridge stops; mail waits at the sender", async () => {
      await home.bridge.stop();
      for (const mail of mails) await submit(bank, mail);
      await until("mail to be deferred", () => bank.postfix.queued() === mails.length && bank.postfix.deferred() > 0);
      assert.deepEqual(await messagesWith(home, reader, "Statement"), []);
    });
    await stage.step("it starts again: every mail arrives once, marked", async () => {
      await home.bridge.start();
      bank.postfix.flush();
      await until(
        "all mails to arrive",
        async () => (await messagesWith(home, reader, "Statement")).length >= mails.length,
      );
      assert.equal(bank.postfix.queued(), 0);
      for (const { subject } of mails) {
        const [raw = "", ...more] = await messagesWith(home, reader, subject);
        assert.equal(more.length, 0, `${subject} arrived twice`);
        assert.match(raw, /^Hop-Signal: v=1;/m);
        assert.match(raw, /^IPP-Signature: v=1;/m);
      }
      const shown = await verdictOf(thunderbird, { login: reader, folder: "INBOX" }, "Statement 3");
      assert.equal(shown.level, "Holds", shown.sentence);
    });
    await stage.step(
      "the sending bridge is killed: the writer is told to try later, nothing leaves unsigned",
      async () => {
        await bank.bridge.kill();
        const [first] = mails;
        assert.ok(first);
        const mail = { ...first, subject: "Statement 6" };
        await assert.rejects(submit(bank, mail), /\b4\d\d\b/);
        await bank.bridge.start();
        await submit(bank, mail);
        await until("the mail to arrive", async () => (await messagesWith(home, reader, mail.subject)).length === 1);
        assert.match((await messagesWith(home, reader, mail.subject))[0] ?? "", /^IPP-Signature: v=1;/m);
      },
    );
  },
};
