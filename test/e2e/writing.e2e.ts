// Thunderbird writes, two Postfix carry, Thunderbird reads.
import type { Scenario } from "./scenarios.ts";
import { compose, openMessage, send } from "./thunderbird/mail.ts";
import { signIn, openMessage as openInRoundcube } from "./webmail/reading.ts";
import { password } from "./lab/lab.ts";

export const writing: Scenario = {
  name: "a mail from Thunderbird to Thunderbird",
  run: async ({ thunderbird, screens, chromium, roundcube }, stage) => {
    const subject = "Invoice 1001";
    await stage.step("write", () =>
      compose(thunderbird, { from: "billing@bank.example", to: "alice@home.example", subject, body: "42 euros\n" }),
    );
    await stage.step("send", () => send(thunderbird));
    await stage.step("read", () => openMessage(thunderbird, { login: "alice@home.example", folder: "INBOX" }, subject));
    screens.thunderbird.screenshot(stage.picture("thunderbird"));
    await stage.step("sign in", () => signIn(chromium.page, roundcube.url, "alice@home.example", password));
    await stage.step("read in Roundcube", () => openInRoundcube(chromium.page, subject));
    screens.chromium.screenshot(stage.picture("roundcube"));
  },
};
