// The sender's key endpoint is killed: mail with keys not seen before is put off; mail with known ones goes on.
import { setTimeout as wait } from "node:timers/promises";
import { until } from "../../e2e/wait.ts";
import { type Phase, uncheckable } from "../phase.ts";

export const endpoint: Phase = {
  name: "endpoint",
  percent: 12,
  lingers: true,
  async run(soak) {
    const { world, ledger, long } = soak;
    const [, unseen] = world.authors;
    if (unseen === undefined) throw new Error("no author without a mail");
    await world.sender.kill();
    soak.writeAs(unseen);
    await until("mail to be put off", () => (ledger.putOffs("endpoint").get(uncheckable) ?? 0) > 0);
    await wait(long ? 20_000 : 1_000);
    await world.sender.start();
    soak.writeAs(world.authors[0]);
    return `${ledger.open("endpoint")} mails with new keys wait`;
  },
};
