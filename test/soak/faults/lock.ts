// Another process holds the database for longer than any mail waits: put off, and taken once the lock is gone.
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import type { Phase } from "../phase.ts";
import { whileFailing } from "../store-failing.ts";

export const lock: Phase = {
  name: "lock",
  percent: 12,
  async run(soak) {
    let other: DatabaseSync | null = null;
    return whileFailing(soak, "lock", {
      begin: () => {
        other = new DatabaseSync(soak.world.reader.database, { timeout: 5_000 });
        other.exec("begin immediate");
      },
      hold: () => wait(soak.long ? 20_000 : 4_000),
      end: () => {
        other?.exec("rollback");
        other?.close();
      },
    });
  },
};
