// Thunderbird writes, two Postfix carry, Thunderbird reads.
import type { Scenario } from "./scenarios.ts";
import { compose, openMessage, send } from "./thunderbird/mail.ts";

export const writing: Scenario = {
  name: "a mail from Thunderbird to Thunderbird",
  run: async ({ thunderbird, display }, stage) => {
    const subject = "Invoice 1001";
    await stage.step("write", () =>
      compose(thunderbird, { from: "billing@bank.example", to: "alice@home.example", subject, body: "42 euros\n" }),
    );
    await stage.step("send", () => send(thunderbird));
    await stage.step("read", () => openMessage(thunderbird, { login: "alice@home.example", folder: "INBOX" }, subject));
    display.screenshot(stage.picture("thunderbird"));
  },
};
