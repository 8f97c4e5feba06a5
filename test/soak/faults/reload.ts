// Reloads under load: no mail notices.
import { setTimeout as wait } from "node:timers/promises";
import { type Phase, putOffs } from "../phase.ts";

export const reload: Phase = {
  name: "reload",
  percent: 8,
  async run(soak) {
    let reloads = 0;
    while (soak.sending.untried > 0 || reloads < 3) {
      await soak.world.reader.reload();
      reloads += 1;
      await wait(200);
    }
    const off = putOffs(soak, "reload");
    if (off > 0) throw new Error(`${off} mails were put off because of a reload`);
    return `${reloads} reloads`;
  },
};
