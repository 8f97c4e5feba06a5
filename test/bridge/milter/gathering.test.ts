import { expect, test } from "vitest";
import { Gathering } from "../../../bridge/milter/gathering.ts";

/** Turns of the event loop until it settles. */
async function turnsOf(settled: Promise<void>, everyTurn: () => void = () => {}): Promise<number> {
  const ended = settled.then(() => true);
  const turn = async (): Promise<boolean> => await new Promise((resolve) => setImmediate(resolve, false));
  for (let turns = 1; ; turns += 1) {
    everyTurn();
    if (await Promise.race([ended, turn()])) return turns;
  }
}

test("a mail that is alone waits for nobody", async () => {
  const gathering = new Gathering();
  gathering.heard();
  expect(await turnsOf(gathering.mails())).toBeLessThanOrEqual(2);
});

test("mails wait for one another while something comes in, and no longer", async () => {
  const gathering = new Gathering();
  const first = gathering.mails();
  let left = 5;
  const together: Promise<void>[] = [];
  const turns = await turnsOf(first, () => {
    if (left === 0) return;
    left -= 1;
    gathering.heard();
    together.push(gathering.mails());
  });
  expect(turns).toBeGreaterThan(5);
  for (const other of together) expect(other).toBe(first);
  expect(gathering.mails()).not.toBe(first);
});

test("enough mails wait for no more", async () => {
  const gathering = new Gathering();
  const mails = Array.from({ length: 8 }, async () => await gathering.mails());
  expect(
    await turnsOf(
      Promise.all(mails).then(() => {}),
      () => gathering.heard(),
    ),
  ).toBeLessThanOrEqual(2);
});

test("nobody keeps a mail waiting by never being silent", async () => {
  const gathering = new Gathering();
  expect(await turnsOf(gathering.mails(), () => gathering.heard())).toBeLessThanOrEqual(17);
});
