import { describe, expect, test } from "vitest";
import { forgetOnce } from "../../../bridge/store/retention.ts";
import type { TokenSighting } from "../../../bridge/pipeline/ports.ts";
import { memoryStore, now, sighting } from "./fixtures.ts";

const day = 86_400;
const to = (address: string, bound = true): { address: string; bound: boolean } => ({ address, bound });
const strangers = (from: number, count: number): { address: string; bound: boolean }[] =>
  Array.from({ length: count }, (_, i) => to(`stranger${from + i}@example.net`, false));

/** Sightings in their order, and what the last one must be answered. */
const cases: {
  name: string;
  before: Partial<TokenSighting>[];
  last: Partial<TokenSighting>;
  want: "first" | "retry" | "copy" | "replay";
}[] = [
  { name: "a token nobody saw is first", before: [], last: {}, want: "first" },
  { name: "same client, same recipient, soon: a retry", before: [{}], last: { at: now + 300 }, want: "retry" },
  { name: "exactly 5 days later: still a retry", before: [{}], last: { at: now + 5 * day }, want: "retry" },
  { name: "more than 5 days later: a copy", before: [{}], last: { at: now + 5 * day + 1 }, want: "copy" },
  {
    name: "5 days count from the first sighting, not from the last retry",
    before: [{}, { at: now + 4 * day }],
    last: { at: now + 6 * day },
    want: "copy",
  },
  { name: "another client: a copy", before: [{}], last: { client: "198.51.100.7" }, want: "copy" },
  {
    name: "another bound recipient of the same token is first",
    before: [{}],
    last: { recipients: [to("carol@example.net")] },
    want: "first",
  },
  {
    name: "one known among new recipients from another client: a copy",
    before: [{}],
    last: { client: "198.51.100.7", recipients: [to("carol@example.net"), to("bob@example.net")] },
    want: "copy",
  },
  {
    name: "letter case of a recipient makes no new recipient",
    before: [{}],
    last: { client: "198.51.100.7", recipients: [to("BOB@Example.NET")] },
    want: "copy",
  },
  {
    name: "the same string of another signing domain is another token",
    before: [{}],
    last: { domain: "evil.example", client: "198.51.100.7" },
    want: "first",
  },
  { name: "ten unbound recipients are no replay", before: [], last: { recipients: strangers(0, 10) }, want: "first" },
  { name: "eleven unbound recipients at once are", before: [], last: { recipients: strangers(0, 11) }, want: "replay" },
  {
    name: "the eleventh over several mails is",
    before: [{ recipients: strangers(0, 6) }, { recipients: strangers(6, 4), client: "198.51.100.7" }],
    last: { recipients: strangers(10, 1) },
    want: "replay",
  },
  {
    name: "the same ten unbound recipients again are not",
    before: [{ recipients: strangers(0, 10) }],
    last: { recipients: strangers(0, 10), client: "198.51.100.7" },
    want: "retry",
  },
  {
    name: "after a replay an earlier unbound recipient is part of it",
    before: [{ recipients: strangers(0, 11) }],
    last: { recipients: strangers(0, 1) },
    want: "replay",
  },
  {
    name: "a replay among strangers takes nothing from a bound recipient's first copy",
    before: [{ recipients: strangers(0, 50) }],
    last: {},
    want: "first",
  },
  {
    name: "an unbound recipient never makes a copy",
    before: [{ recipients: strangers(0, 1) }],
    last: { recipients: strangers(0, 1), client: "198.51.100.7" },
    want: "retry",
  },
];

describe("tokens", () => {
  for (const flushed of [false, true]) {
    for (const { name, before, last, want } of cases) {
      test(`${name} (${flushed ? "from the database" : "before it is written"})`, async () => {
        const store = await memoryStore();
        for (const earlier of before) await store.tokens.sighted(sighting(earlier));
        if (flushed) await store.flushed();
        expect(await store.tokens.sighted(sighting(last))).toBe(want);
        await store.close();
      });
    }
  }

  test.each([0, 1, 30])("kept until %d days after the declaration expires, then forgotten", async (tokenExtraDays) => {
    const store = await memoryStore();
    const expiresAt = now + 7 * day;
    const later = sighting({ expiresAt, client: "198.51.100.7" });
    await store.tokens.sighted(sighting({ expiresAt }));
    await store.flushed();
    const keep = { signalDays: 30, complaintDays: 400, tokenExtraDays };
    await forgetOnce(store, keep, expiresAt + tokenExtraDays * day);
    expect(await store.tokens.sighted(later)).toBe("copy");
    await forgetOnce(store, keep, expiresAt + tokenExtraDays * day + 1);
    expect(await store.tokens.sighted(later)).toBe("first");
    await store.close();
  });

  test("a flood of strangers fills no disk", async () => {
    const store = await memoryStore();
    await store.tokens.sighted(sighting({ recipients: strangers(0, 500) }));
    await store.tokens.sighted(sighting({ recipients: strangers(500, 500) }));
    await store.flushed();
    expect(await store.tokens.forget(now + 400 * day, 10_000)).toBe(11);
    await store.close();
  });
});
