import { expect, test } from "vitest";
import { timed } from "../../../bridge/metrics/timed-passage.ts";
import type { Outcome, Passage } from "../../../bridge/pipeline/mail.ts";
import { client as anyClient } from "../pipeline/desk.ts";

const accepted: Outcome = { action: "accept", reply: null, edits: [] };

test("a passage hears all that is said to it, the end alone is timed", async () => {
  const heard: unknown[] = [];
  const observed: [string, number][] = [];
  const passage: Passage = {
    recipient: (address) => (heard.push(address), null),
    field: (name, value) => void heard.push([name, value]),
    body: (chunk) => void heard.push(chunk),
    end: (queueId) => (heard.push(queueId), Promise.resolve(accepted)),
    abandon: () => void heard.push("abandoned"),
  };
  const metrics = { observeMail: (listener: string, seconds: number) => void observed.push([listener, seconds]) };
  const mail = timed((_, from) => (heard.push(from), passage), "border", metrics)(anyClient, "alice@example.org");
  const chunk = new Uint8Array(3);
  expect(mail.recipient("bob@example.net")).toBe(null);
  mail.field("Subject", " hello");
  mail.body(chunk);
  expect(observed).toEqual([]);
  expect(await mail.end("4Q")).toBe(accepted);
  mail.abandon?.();
  expect(heard).toEqual(["alice@example.org", "bob@example.net", ["Subject", " hello"], chunk, "4Q", "abandoned"]);
  expect(observed).toEqual([["border", expect.any(Number)]]);
});

test("whoever has no use for being abandoned is not asked", () => {
  const passage: Passage = { recipient: () => null, field() {}, body() {}, end: () => Promise.resolve(accepted) };
  const mail = timed(() => passage, "border", { observeMail() {} })(anyClient, "");
  expect(() => mail.abandon?.()).not.toThrow();
});
