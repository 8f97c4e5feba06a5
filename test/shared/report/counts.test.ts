import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { complaintCodes } from "../../../shared/ipp/registry.ts";
import { limits } from "../../../shared/limits.ts";
import {
  formatDailySums,
  formatWeeklyCounts,
  mixedCode,
  parseDailySums,
  parseWeeklyCounts,
  summedResults,
} from "../../../shared/report/counts.ts";

const week = 2_916;
const weekOver = (week + 2) * 604_800;
const day = 20_415;
const domain = "bank.example";
const dayOver = (day + 1) * 86_400;

describe("weekly counts", () => {
  const one = (p: string, code: string, n: number): string =>
    JSON.stringify({ d: domain, week, counts: [{ p, code, n }] });
  const rows: { name: string; text: string; want: string }[] = [
    { name: "ten of one code", text: one("newsletter", "unsolicited", 10), want: "ok" },
    { name: "codes together", text: one("transactional.invoice", "any", 12), want: "ok" },
    { name: "nothing to say", text: formatWeeklyCounts({ domain, week, entries: [] }), want: "ok" },
    {
      name: "a week that is not over",
      text: formatWeeklyCounts({ domain, week: week + 2, entries: [] }),
      want: "counts/time",
    },
    { name: "a week long ago", text: formatWeeklyCounts({ domain, week: week - 3, entries: [] }), want: "counts/time" },
    { name: "fewer than ten", text: one("newsletter", "any", 9), want: "counts/shape" },
    { name: "half a mail", text: one("newsletter", "any", 10.5), want: "counts/shape" },
    { name: "an unknown code", text: one("newsletter", "x", 10), want: "counts/shape" },
    { name: "no purpose", text: one("<b>", "any", 10), want: "counts/shape" },
    { name: "a name twice", text: '{"week":2916,"week":2916,"counts":[]}', want: "ijson/duplicate" },
    { name: "of nobody's mail", text: JSON.stringify({ week, counts: [] }), want: "counts/shape" },
    { name: "a day's sums", text: formatDailySums({ domain, day, entries: [] }), want: "counts/shape" },
  ];
  test.each(rows)("$name: $want", ({ text, want }) => {
    const parsed = parseWeeklyCounts(text, weekOver);
    expect(parsed.ok ? "ok" : parsed.code).toBe(want);
  });

  test("parsing never throws, and reads what was written", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseWeeklyCounts(text, weekOver)));
    const entry = fc.record({
      purpose: fc.constantFrom("newsletter", "transactional.invoice"),
      code: fc.constantFrom(...complaintCodes.map(({ value }) => value), mixedCode),
      count: fc.integer({ min: 10, max: limits.countedMails }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: limits.countEntries }), (entries) => {
        expect(parseWeeklyCounts(formatWeeklyCounts({ domain, week, entries }), weekOver)).toEqual({
          ok: true,
          value: { domain, week, entries },
        });
      }),
    );
  });
});

describe("daily sums", () => {
  const sums = (...entries: object[]): string => JSON.stringify({ d: domain, day, sums: entries });
  const rows: { name: string; text: string; now?: number; want: string }[] = [
    {
      name: "with a purpose and without",
      text: sums({ p: "personal", result: "broken", n: 10 }, { result: "replay", n: 10 }),
      want: "ok",
    },
    { name: "a new member beside", text: sums({ result: "broken", n: 10, more: true }), want: "ok" },
    { name: "a day that just ended by a clock that is a little ahead", text: sums(), now: dayOver - 200, want: "ok" },
    { name: "a day that is not over", text: sums(), now: dayOver - 400, want: "counts/time" },
    { name: "eight days ago", text: sums(), now: dayOver + 7 * 86_400, want: "ok" },
    { name: "nine days ago", text: sums(), now: dayOver + 8 * 86_400, want: "counts/time" },
    { name: "fewer than ten", text: sums({ result: "broken", n: 9 }), want: "counts/shape" },
    { name: "more mail than there is", text: sums({ result: "broken", n: 1e10 }), want: "counts/shape" },
    { name: "a result that is not summed", text: sums({ result: "pass", n: 10 }), want: "counts/shape" },
    { name: "no result", text: sums({ n: 10 }), want: "counts/shape" },
    { name: "a purpose that is markup", text: sums({ p: "<b>", result: "broken", n: 10 }), want: "counts/shape" },
    { name: "null as a purpose", text: sums({ p: null, result: "broken", n: 10 }), want: "counts/shape" },
    {
      name: "more entries than fit",
      text: sums(...Array.from({ length: limits.countEntries + 1 }, () => ({ result: "broken", n: 10 }))),
      want: "counts/shape",
    },
    { name: "of nobody's mail", text: JSON.stringify({ day, sums: [] }), want: "counts/shape" },
    {
      name: "of a domain written otherwise",
      text: formatDailySums({ domain: "Bank.example.", day, entries: [] }),
      want: "counts/shape",
    },
    { name: "a negative day", text: '{"d":"bank.example","day":-1,"sums":[]}', want: "counts/shape" },
    { name: "deeper than anything here", text: "[[[[[[]]]]]]", want: "ijson/deep" },
    { name: "longer than anything here", text: " ".repeat(limits.reportChars + 1), want: "ijson/too-long" },
  ];
  test.each(rows)("$name: $want", ({ text, now = dayOver, want }) => {
    const parsed = parseDailySums(text, now);
    expect(parsed.ok ? "ok" : parsed.code).toBe(want);
  });

  test("parsing never throws, and reads what was written", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseDailySums(text, dayOver)));
    fc.assert(fc.property(fc.json(), (text) => void parseDailySums(text, dayOver)));
    const entry = fc.record({
      purpose: fc.constantFrom(null, "newsletter", "transactional.invoice"),
      result: fc.constantFrom(...summedResults),
      count: fc.integer({ min: 10, max: limits.countedMails }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: limits.countEntries }), (entries) => {
        expect(parseDailySums(formatDailySums({ domain, day, entries }), dayOver)).toEqual({
          ok: true,
          value: { domain, day, entries },
        });
      }),
    );
  });

  test("the longest body is one that is taken, and what is beyond is left out", () => {
    const entry = { purpose: `${"a".repeat(31)}.${"b".repeat(32)}`, result: "broken", count: 5e9 } as const;
    const text = formatDailySums({
      domain,
      day,
      entries: Array.from({ length: limits.countEntries + 5 }, () => entry),
    });
    const parsed = parseDailySums(text, dayOver);
    expect(parsed.ok && parsed.value.entries.length).toBe(limits.countEntries);
    expect(parsed.ok && parsed.value.entries[0]?.count).toBe(limits.countedMails);
    const weekly = formatWeeklyCounts({
      domain,
      week,
      entries: Array.from({ length: limits.countEntries }, () => ({
        purpose: entry.purpose,
        code: "wrong-recipient",
        count: limits.countedMails,
      })),
    });
    expect(parseWeeklyCounts(weekly, weekOver).ok).toBe(true);
  });
});
