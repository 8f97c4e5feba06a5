// The postmaster's sums.
import { describe, expect, test } from "vitest";
import { byDay, lastDays, readCounts, summed } from "../../../extension/pages/postmaster/counts.ts";
import type { CountRow } from "../../../extension/pages/postmaster/counts.ts";

const row = (over: Partial<CountRow>): CountRow => ({
  day: "2026-11-22",
  sender: "a@bank.example",
  purpose: "newsletter",
  code: "phishing",
  attested: true,
  reporter: null,
  count: 1,
  ...over,
});

test("days end today, UTC, oldest first", () => {
  expect(lastDays(3, 1_795_356_120)).toEqual(["2026-11-20", "2026-11-21", "2026-11-22"]);
});

test("counts of a day are stacked by code", () => {
  const days = byDay([
    row({}),
    row({ sender: "b@bank.example", count: 2 }),
    row({ code: "malware" }),
    row({ day: "2026-11-21" }),
  ]);
  expect(Object.fromEntries([...days].map(([day, codes]) => [day, Object.fromEntries(codes)]))).toEqual({
    "2026-11-22": { phishing: 3, malware: 1 },
    "2026-11-21": { phishing: 1 },
  });
});

describe("rows", () => {
  const cases = [
    { name: "of several days become one", input: [row({}), row({ day: "2026-11-21", count: 4 })], want: [5] },
    { name: "attested and not stay apart", input: [row({}), row({ attested: false })], want: [1, 1] },
    { name: "of two reporters stay apart", input: [row({ reporter: "a" }), row({ reporter: "b" })], want: [1, 1] },
    { name: "most first", input: [row({}), row({ code: "malware", count: 9 })], want: [9, 1] },
    { name: "undeclared mail is a sender of its own", input: [row({ sender: null }), row({})], want: [1, 1] },
  ];
  test.each(cases)("$name", ({ input, want }) => {
    expect(summed(input).map((each) => each.count)).toEqual(want);
  });
});

test("all kinds of rows are read, other members ignored", async () => {
  const answer = {
    days: 30,
    sent: [{ day: "2026-11-22", domain: null, purpose: null, code: "phishing", route: "local", count: 2 }],
    received: [
      { day: "2026-11-22", signer: "@bank.example", purpose: "newsletter", code: "x", attested: false, count: 1 },
    ],
    sums: [
      { day: "2026-11-21", reporter: "b.example", domain: "bank.example", purpose: null, result: "broken", count: 40 },
      { day: "2026-11-21", reporter: null, domain: "bank.example", purpose: null, result: "replay", count: 7 },
    ],
    queue: { queued: 1, sent: 2, failed: 0, waiting: 4 },
  };
  const asked: string[] = [];
  const counts = await readCounts(
    async (url, init) => {
      asked.push(url, new Headers(init.headers).get("authorization") ?? "");
      return new Response(JSON.stringify(answer));
    },
    new URL("https://mx.example.net/"),
    7,
    "t",
  );
  expect(asked).toEqual(["https://mx.example.net/api/v1/admin/counts?days=7", "Bearer t"]);
  expect(counts).toMatchObject({
    ok: true,
    value: {
      sent: [{ sender: null, attested: null }],
      received: [{ sender: "@bank.example" }],
      seen: [
        { sender: "bank.example", reporter: "b.example", purpose: null, code: "broken", count: 40 },
        { sender: "bank.example", reporter: null, purpose: null, code: "replay", count: 7 },
      ],
    },
  });
});

test("a month of a large sender is read", async () => {
  const line = { day: "2026-11-22", purpose: "newsletter", code: "unsolicited", attested: true, count: 1 };
  const received = Array.from({ length: 20_000 }, (_, index) => ({ ...line, signer: `s${index}@bank.example` }));
  const counts = await readCounts(
    async () => new Response(JSON.stringify({ sent: [], received })),
    new URL("https://mx.example.net/"),
    30,
    null,
  );
  expect(counts.ok && counts.value.received).toHaveLength(20_000);
});
