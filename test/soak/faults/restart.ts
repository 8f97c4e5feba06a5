// Graceful stops under load: what is under way gets its answer, what comes afterwards is put off before its content is sent.
import { setTimeout as wait } from "node:timers/promises";
import { type Phase, uncheckable } from "../phase.ts";

export const restart: Phase = {
  name: "restart",
  percent: 8,
  async run({ world, ledger, long }) {
    const stopped = world.reader.logLines('"stopped"');
    const times: number[] = [];
    const rounds = long ? 8 : 2;
    for (let round = 0; round < rounds; round += 1) {
      await wait(500);
      times.push(await world.reader.stop());
      await world.reader.start();
    }
    if (world.reader.logLines('"stopped"') - stopped !== times.length) throw new Error("a stop was not a graceful one");
    // Of the endpoint's phase some wait still.
    const late = [...ledger.putOffs("restart").keys()].filter(
      (step) => /^(DATA|end) /.test(step) && step !== uncheckable,
    );
    if (late.length > 0) throw new Error(`put off although under way: ${late.join(", ")}`);
    return `${times.length} stops, the longest ${Math.max(...times).toFixed(0)} ms; nothing under way put off`;
  },
};
