// Mail that leaves again: who has moved gets it sent on to another organisation, which learns nothing of what our servers
// recorded (docs/protocol.md section 4.1).
import assert from "node:assert/strict";
import { addresses } from "./lab/lab.ts";
import { startMailSink } from "./lab/mail-sink.ts";
import { submit } from "./lab/submission.ts";
import type { Scenario } from "./scenario.ts";
import { until } from "./wait.ts";

export const leaving: Scenario = {
  name: "mail that leaves again",
  run: async ({ bank }, stage) => {
    await stage.step("what is sent on keeps its declaration and loses every Hop-Signal", async () => {
      const sink = await startMailSink(addresses.desk, 25);
      try {
        const text = "Your statement for November.\n";
        const mail = { from: "billing@bank.example", to: ["moved@home.example"], text, purpose: "account" };
        await submit(bank, { ...mail, subject: "Statement 7" });
        const raw = await until("the mail at the desk", () => sink.mails.at(-1), { timeoutMs: 20_000 });
        stage.keep("leaving.eml", raw);
        assert.match(raw, /^Subject: Statement 7\r?$/m);
        assert.match(raw, /^IPP-Signature: v=1;/m);
        // Our server did take it in: what it recorded is gone nevertheless.
        assert.match(raw, /^Authentication-Results: mail\.home\.example;/m);
        assert.doesNotMatch(raw, /^Hop-/im);
      } finally {
        await sink.stop();
      }
    });
  },
};
