// Graceful stops under load: a mail whose content Postfix had asked for gets its answer. (At that time the bridge has heard
// of the mail. Of a session's further mails it hears nothing before: Postfix keeps MAIL and RCPT to itself until DATA, and
// learns only with the content that nobody is there.)
import { setTimeout as wait } from "node:timers/promises";
import { type Phase, uncheckable } from "../phase.ts";

export const restart: Phase = {
  name: "restart",
  percent: 8,
  async run({ world, ledger, long }) {
    const stopped = world.reader.logLines('"stopped"');
    const times: number[] = [];
    const late: string[] = [];
    const rounds = long ? 8 : 3;
    for (let round = 0; round < rounds; round += 1) {
      await wait(500);
      const beganMs = performance.now();
      times.push(await world.reader.stop());
      await world.reader.start();
      // Of the endpoint's phase some wait still.
      late.push(...ledger.putOffAcross(beganMs).filter((step) => step !== uncheckable));
    }
    if (world.reader.logLines('"stopped"') - stopped !== times.length) throw new Error("a stop was not a graceful one");
    if (late.length > 0) throw new Error(`put off although under way: ${late.join(", ")}`);
    return `${times.length} stops, the longest ${Math.max(...times).toFixed(0)} ms; nothing under way put off`;
  },
};
