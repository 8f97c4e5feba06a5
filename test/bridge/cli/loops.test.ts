// What a bridge does by itself goes on after a round that failed.
import { expect, test } from "vitest";
import { lookAfterKeys } from "../../../bridge/cli/loops.ts";
import type { Live } from "../../../bridge/cli/live.ts";
import type { Log } from "../../../bridge/pipeline/ports.ts";
import { ok, temp } from "../../../shared/result.ts";

test("keys are looked after on, whatever a round met; each failure is said once", async () => {
  const ending = new AbortController();
  const bug = new TypeError("a bug");
  const rounds = [
    async () => Promise.reject(bug),
    async () => temp("keys/write", "disk full"),
    async () => {
      ending.abort();
      return ok(undefined);
    },
  ];
  const live = { refresh: async () => rounds.shift()?.() } as unknown as Live;
  const said: unknown[] = [];
  const log = { error: (facts: unknown) => void said.push(facts) } as unknown as Log;
  await lookAfterKeys({ live }, log, ending.signal, 1);
  expect(rounds).toEqual([]);
  expect(said).toEqual([{ err: bug }, { code: "keys/write", detail: "disk full" }]);
});
