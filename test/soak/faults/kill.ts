// kill -9 every five seconds, as systemd would find it and start it again.
import { setTimeout as wait } from "node:timers/promises";
import { type Phase, putOffs } from "../phase.ts";

const everyMs = 5_000;

export const kill: Phase = {
  name: "kill -9",
  percent: 28,
  async run(soak) {
    let kills = 0;
    while (soak.sending.untried > 0 || kills < 2) {
      await wait(everyMs);
      await soak.world.reader.kill();
      await soak.world.reader.start();
      kills += 1;
    }
    if (putOffs(soak, "kill -9") === 0) throw new Error("no mail noticed");
    return `${kills} kills`;
  },
};
