// The resolver dies: what cannot be checked is put off, and never judged worse or better for it.
import { setTimeout as wait } from "node:timers/promises";
import { until } from "../../e2e/wait.ts";
import { type Phase, uncheckable } from "../phase.ts";

export const resolver: Phase = {
  name: "resolver",
  percent: 12,
  async run({ world, ledger, long }) {
    await world.names.stop();
    await until("mail to be put off", () => (ledger.putOffs("resolver").get(uncheckable) ?? 0) > 0);
    await wait(long ? 20_000 : 2_000);
    await world.names.start();
    return "dead, and back on its port";
  },
};
