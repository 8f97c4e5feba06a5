// Room for questions: who owns slow zones keeps nobody else's mail waiting.
import { expect, test } from "vitest";
import { questionRoom, type Room } from "../../../bridge/dns/room.ts";

/** Questions about new names of a zone until one finds no room; how many had some. */
function fill(room: Room, zone: string): number {
  for (let n = 0; n < 1_000; n += 1) if (room.enter(`n${n}.${zone}`, false) === null) return n;
  return Infinity;
}

test("one zone has its share", () => {
  expect(fill(questionRoom(), "slow.example")).toBe(32);
});

test.each([6, 12, 17])("%i slow zones leave room for a new domain", (zones) => {
  const room = questionRoom();
  for (let n = 0; n < zones; n += 1) expect(fill(room, `slow${n}.example`)).toBeGreaterThan(0);
  expect(room.enter("_ipp.new.example.org", false)).not.toBeNull();
});

test("names that had a record have room where new ones have none", () => {
  const room = questionRoom();
  for (let n = 0; n < 400; n += 1) fill(room, `slow${n}.example`);
  expect(room.enter("_ipp.new.example.org", false)).toBeNull();
  expect(room.enter("_ipp.known.example.org", true)).not.toBeNull();
});

test("what is answered makes room again", () => {
  const room = questionRoom();
  const leave = room.enter("a.slow.example", false);
  fill(room, "slow.example");
  expect(room.enter("b.slow.example", false)).toBeNull();
  leave?.();
  expect(room.enter("b.slow.example", false)).not.toBeNull();
});
