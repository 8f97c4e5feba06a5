import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Settlement } from "../../../bridge/store/arrivals.ts";
import { type NewCount, type WeeklyCount, weeklyRows } from "../../../bridge/store/received.ts";
import { forgetOnce } from "../../../bridge/store/retention.ts";
import { openStore, type Store } from "../../../bridge/store/store.ts";
import { must } from "../../fakes/mail.ts";
import { memoryStore, now, silent } from "./fixtures.ts";

let store: Store;
beforeEach(async () => {
  store = await memoryStore();
});
afterEach(() => store.close());

const one: NewCount = {
  token: "tok-1",
  reporter: "example.net",
  blinded: "b1",
  attested: true,
  recipients: 2,
  at: now,
  signer: "billing@bank.example",
  purpose: "transactional.invoice",
  code: "misrepresented",
  actual: "marketing",
};

async function arrive(count: NewCount): Promise<string> {
  await store.arrivals.add("{}", now);
  const [arrival] = await store.arrivals.due(now, 1);
  return store.arrivals.settle(arrival?.id ?? -1, { kind: "count", count });
}

describe("received", () => {
  test("once per token, reporter and blinded reader", async () => {
    expect(await arrive(one)).toBe("counted");
    expect(await arrive({ ...one, code: "phishing" })).toBe("again");
    expect(await arrive({ ...one, token: "tok-2" })).toBe("counted");
  });

  test("no more than the token binds recipients", async () => {
    const results = [];
    for (const blinded of ["b1", "b2", "b3"]) results.push(await arrive({ ...one, blinded }));
    expect(results).toEqual(["counted", "counted", "full"]);
  });

  test("strangers' reports take no reader's place", async () => {
    for (const blinded of ["x1", "x2", "x3"])
      await arrive({ ...one, reporter: "evil.example", attested: false, blinded });
    expect(await arrive(one)).toBe("counted");
    const counts = await store.received.counts(now - 86_400);
    expect(counts.map(({ attested, count }) => ({ attested, count }))).toEqual([
      { attested: false, count: 2 },
      { attested: true, count: 1 },
    ]);
  });

  test.each([1, 59])("kept for $0 day(s), told again while reports are taken: still once", async (days) => {
    const weekly = {
      week: 2916,
      reporter: "example.net",
      domain: "bank.example",
      purpose: "p",
      code: "any",
      count: 12,
    };
    const sum = {
      day: 20_415,
      reporter: "example.net",
      domain: "bank.example",
      result: "broken",
      purpose: null,
    } as const;
    const settled = async (at: number): Promise<readonly string[]> => {
      const told: Settlement[] = [
        { kind: "count", count: { ...one, at } },
        { kind: "weekly", counts: [{ ...weekly, at }] },
        { kind: "sums", sums: [{ ...sum, count: 20 }] },
      ];
      const outcomes: string[] = [];
      for (const settlement of told) {
        await store.arrivals.add("{}", at);
        const [arrival] = await store.arrivals.due(at, 1);
        outcomes.push(await store.arrivals.settle(arrival?.id ?? -1, settlement));
      }
      return outcomes;
    };
    const at = 20_416 * 86_400;
    expect(await settled(at)).toEqual(["counted", "counted", "counted"]);
    const later = at + (days + 1) * 86_400 - 1;
    await forgetOnce(store, { signalDays: 30, complaintDays: days, tokenExtraDays: 1 }, later);
    expect(await settled(later)).toEqual(["again", "again", "again"]);
    await forgetOnce(store, { signalDays: 30, complaintDays: days, tokenExtraDays: 1 }, at + 70 * 86_400);
    expect(await store.received.counts(0)).toEqual([]);
    expect(await store.receivedSums.since(0)).toEqual([]);
  });

  test("an arrival is settled once", async () => {
    await store.arrivals.add("{}", now);
    const [arrival] = await store.arrivals.due(now, 1);
    expect(store.arrivals.waiting()).toBe(1);
    expect(await store.arrivals.settle(arrival?.id ?? -1, { kind: "count", count: one })).toBe("counted");
    expect(await store.arrivals.settle(arrival?.id ?? -1, { kind: "count", count: { ...one, blinded: "b2" } })).toBe(
      "dropped",
    );
    expect(store.arrivals.waiting()).toBe(0);
  });

  test("an arrival whose settling could not be written waits on, and counts among those that do", async () => {
    const folder = mkdtempSync(join(tmpdir(), "waybill-arrivals-"));
    const path = join(folder, "waybill.db");
    const full = must(await openStore(path, silent));
    try {
      await full.arrivals.add("{}", now);
      const [arrival] = await full.arrivals.due(now, 1);
      const other = new DatabaseSync(path);
      other.exec("create trigger full before insert on received begin select raise(abort, 'disk full'); end");
      const settling = async () => await full.arrivals.settle(arrival?.id ?? -1, { kind: "count", count: one });
      for (let attempt = 0; attempt < 3; attempt += 1) await expect(settling()).rejects.toThrow();
      expect(full.arrivals.waiting()).toBe(1);
      other.exec("drop trigger full");
      other.close();
      expect(await settling()).toBe("counted");
      expect(full.arrivals.waiting()).toBe(0);
    } finally {
      await full.close();
      rmSync(folder, { recursive: true });
    }
  });

  const weekly = {
    week: 2916,
    reporter: "example.net",
    domain: "bank.example",
    purpose: "p",
    code: "phishing",
    count: 12,
    at: now,
  };

  async function tell(counts: readonly WeeklyCount[]): Promise<string> {
    await store.arrivals.add("{}", now);
    const [arrival] = await store.arrivals.due(now, 1);
    return await store.arrivals.settle(arrival?.id ?? -1, { kind: "weekly", counts });
  }

  test("weekly counts told twice count once", async () => {
    expect(await tell([weekly])).toBe("counted");
    expect(await tell([weekly])).toBe("again");
    expect(await store.received.counts(0)).toMatchObject([{ signer: "@bank.example", count: 12, attested: false }]);
  });

  test("a bridge tells a week once: made-up purposes fill no disk", async () => {
    expect(await tell([weekly, { ...weekly, purpose: "q" }])).toBe("counted");
    expect(await tell([{ ...weekly, purpose: "r" }])).toBe("again");
    expect(await tell([{ ...weekly, week: 2917 }])).toBe("counted");
    expect(await store.received.counts(0)).toHaveLength(2);
  });

  test("made-up domains fill no disk either", async () => {
    const many = Array.from({ length: 400 }, (_, index) => ({ ...weekly, purpose: `p${index}` }));
    const answers = new Set<string>();
    for (let told = 0; told <= weeklyRows; told += many.length) {
      answers.add(await tell(many.map((count) => ({ ...count, reporter: `d${told}.evil.example` }))));
    }
    expect([...answers]).toEqual(["counted", "full"]);
    expect(await tell([{ ...weekly, week: 2917 }])).toBe("counted");
  });

  test("the largest of a day are shown, the others added up, none left out", async () => {
    const of = (purpose: string, count: number): WeeklyCount => ({ ...weekly, purpose, count });
    await tell([of("a", 10), of("b", 40), of("c", 20), { ...of("d", 30), code: "any" }]);
    await tell([{ ...of("b", 15), reporter: "other.example" }]);
    const shown = async (lines: number): Promise<unknown[]> =>
      (await store.received.counts(0, lines)).map(({ purpose, code, count }) => [purpose, code, count]);
    const largest = [
      ["b", "phishing", 55],
      ["d", "any", 30],
    ];
    expect(await shown(2)).toEqual([...largest, [null, "phishing", 30]]);
    expect(await shown(4)).toEqual([...largest, ["c", "phishing", 20], ["a", "phishing", 10]]);
  });
});

describe("pairings and bearers", () => {
  test("a code is good once, and five wrong ones end it", async () => {
    await store.pairings.add({ id: "p1", address: "bob@example.net", code: "good", expiresAt: now + 900 });
    expect(await store.pairings.redeem("p1", "bad", now)).toBeNull();
    expect(await store.pairings.redeem("p1", "good", now)).toBe("bob@example.net");
    expect(await store.pairings.redeem("p1", "good", now)).toBeNull();
    await store.pairings.add({ id: "p2", address: "bob@example.net", code: "good", expiresAt: now + 900 });
    for (let i = 0; i < 5; i += 1) await store.pairings.redeem("p2", "bad", now);
    expect(await store.pairings.redeem("p2", "good", now)).toBeNull();
    await store.pairings.add({ id: "p3", address: "bob@example.net", code: "good", expiresAt: now + 900 });
    expect(await store.pairings.redeem("p3", "good", now + 900)).toBeNull();
  });

  test("pairings that are over go some at a time, and none before", async () => {
    for (let i = 0; i < 5; i += 1) {
      await store.pairings.add({ id: `p${i}`, address: "bob@example.net", code: "good", expiresAt: now + i });
    }
    expect(await store.pairings.forget(now + 3, 3)).toBe(3);
    expect(await store.pairings.forget(now + 3, 3)).toBe(1);
    expect(await store.pairings.forget(now + 3, 3)).toBe(0);
    expect(await store.pairings.redeem("p4", "good", now + 3)).toBe("bob@example.net");
  });

  test("a bearer stands for its mailbox until removed or revoked", async () => {
    await store.bearers.add({ token: "t1", address: "bob@example.net", now });
    await store.bearers.add({ token: "t2", address: "bob@example.net", now });
    expect(await store.bearers.address("t1", now)).toBe("bob@example.net");
    expect(await store.bearers.address("nothing", now)).toBeNull();
    await store.bearers.remove("t1");
    expect(await store.bearers.address("t1", now)).toBeNull();
    const [left] = await store.bearers.list("bob@example.net");
    expect(await store.bearers.address("t2", now)).toBe("bob@example.net");
    expect(await store.bearers.revoke(left?.name ?? "")).toBe(1);
    expect(await store.bearers.address("t2", now)).toBeNull();
    expect(await store.bearers.revoke("%")).toBe(0);
  });

  test("a bearer that is used while it is ended is no longer good afterwards", async () => {
    const { bearers } = store;
    const used = (token: string): Promise<unknown> => bearers.address(token, now);
    await bearers.add({ token: "t1", address: "bob@example.net", now });
    await Promise.all([used("t1"), bearers.remove("t1"), used("t1")]);
    expect(await used("t1")).toBeNull();
    await bearers.add({ token: "t2", address: "bob@example.net", now });
    const [only] = await bearers.list(null);
    await Promise.all([used("t2"), bearers.revoke(only?.name ?? ""), used("t2")]);
    expect(await used("t2")).toBeNull();
  });
});

describe("reader policies and facts", () => {
  test("kept by address whatever its case, replaced and removed", async () => {
    await store.readerPolicies.put("Bob@Example.net", "{}", false, now);
    await store.readerPolicies.put("bob@example.net", '{"v":"IPP1"}', true, now + 1);
    const kept = await store.readerPolicies.find("BOB@example.net");
    expect(kept).toEqual({ policy: '{"v":"IPP1"}', published: true, changedAt: now + 1 });
    await store.readerPolicies.remove("bob@example.net");
    expect(await store.readerPolicies.find("bob@example.net")).toBeNull();
  });

  test("facts are set and replaced", async () => {
    expect(await store.facts.get("salt")).toBeNull();
    await store.facts.set("salt", "a");
    await store.facts.set("salt", "b");
    expect(await store.facts.get("salt")).toBe("b");
  });
});
