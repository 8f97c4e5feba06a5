// The disk is full: every mail is put off, none is accepted unrecorded; once there is room the bridge goes on by itself.
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Phase } from "../phase.ts";
import { whileFailing } from "../store-failing.ts";

/** Takes all room that is left on a disk. */
function fill(file: string): void {
  const fd = openSync(file, "w");
  try {
    for (let size = 1_048_576; size >= 1;) {
      try {
        if (writeSync(fd, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(fd);
  }
}

export const disk: Phase = {
  name: "disk",
  percent: 12,
  async run(soak) {
    const ballast = join(dirname(soak.world.reader.database), "ballast");
    return whileFailing(soak, "disk", {
      begin: () => fill(ballast),
      // What SQLite freed meanwhile is taken, too.
      hold: async () => {
        const end = performance.now() + (soak.long ? 20_000 : 2_000);
        while (performance.now() < end) {
          fill(`${ballast}-more`);
          await wait(200);
        }
      },
      end: () => [ballast, `${ballast}-more`].forEach((file) => rmSync(file, { force: true })),
    });
  },
};
