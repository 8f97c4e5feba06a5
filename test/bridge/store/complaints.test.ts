import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../../../bridge/store/store.ts";
import { complaint, memoryStore, now } from "./fixtures.ts";

let store: Store;
beforeEach(async () => {
  store = await memoryStore();
});
afterEach(() => store.close());

const reader = "bob@example.net";

describe("complaints", () => {
  test("one per reader and mail: a second word within the undo time takes the first one's place", async () => {
    expect((await store.complaints.file(complaint())).kind).toBe("filed");
    const second = complaint({
      id: "c2",
      code: "phishing",
      actual: null,
      undoHash: "u2",
      at: now + 60,
      undoUntil: now + 660,
    });
    expect((await store.complaints.file({ ...second, reports: [] })).kind).toBe("changed");
    const found = await store.complaints.find(reader, "ref-1", now + 60);
    expect(found).toMatchObject({ id: "c1", code: "phishing", undoUntil: now + 600 });
    expect(await store.reports.state()).toMatchObject({ queued: 0 });
    expect(await store.complaints.undo("c1", "u1", now + 61)).toBe("unknown");
    expect(await store.complaints.undo("c1", "u2", now + 61)).toBe("undone");
  });

  test("after the undo time the word stands", async () => {
    await store.complaints.file(complaint());
    expect((await store.complaints.file(complaint({ id: "c2", at: now + 600 }))).kind).toBe("already");
  });

  test("letter case makes no other reader; another reader may complain too", async () => {
    await store.complaints.file(complaint());
    const again = complaint({ id: "c2", reader: "BOB@example.net", at: now + 700 });
    expect((await store.complaints.file(again)).kind).toBe("already");
    const other = complaint({ id: "c3", reader: "carol@example.net", reports: [] });
    expect((await store.complaints.file(other)).kind).toBe("filed");
  });

  test("an unpaired complaint never displaces a paired one, nor another unpaired one", async () => {
    await store.complaints.file(complaint());
    const unpaired = complaint({ id: "c2", reader: null, route: "local", reports: [] });
    expect((await store.complaints.file(unpaired)).kind).toBe("filed");
    expect((await store.complaints.file({ ...unpaired, id: "c3" })).kind).toBe("already");
    expect((await store.complaints.find(reader, "ref-1", now))?.id).toBe("c1");
  });

  test("undo takes the report along; afterwards he may complain anew", async () => {
    await store.complaints.file(complaint());
    expect(await store.complaints.undo("c1", "wrong", now + 1)).toBe("unknown");
    expect(await store.complaints.undo("c1", "u1", now + 1)).toBe("undone");
    expect(await store.complaints.undo("c1", "u1", now + 2)).toBe("undone");
    expect(await store.reports.due(now + 1_000_000, 10)).toEqual([]);
    expect((await store.complaints.find(reader, "ref-1", now + 2))?.state).toBe("undone");
    expect((await store.complaints.file(complaint({ id: "c2", at: now + 3 }))).kind).toBe("filed");
    expect((await store.complaints.find(reader, "ref-1", now + 3))?.state).toBe("pending");
  });

  test("too late to undo", async () => {
    await store.complaints.file(complaint());
    expect(await store.complaints.undo("c1", "u1", now + 600)).toBe("late");
    expect((await store.reports.due(now + 700, 10)).map((report) => report.id)).toEqual(["r1"]);
  });

  test("what the sender was told is neither undone nor changed, though the clock went back", async () => {
    await store.complaints.file(complaint());
    await store.reports.attempting("r1", now + 2_000);
    expect((await store.complaints.find(reader, "ref-1", now + 1))?.state).toBe("queued");
    expect(await store.complaints.undo("c1", "u1", now + 1)).toBe("late");
    expect(await store.complaints.file(complaint({ id: "c2", code: "phishing", at: now + 1 }))).toEqual({
      kind: "already",
    });
    await store.reports.sent("r1", now + 720);
    expect((await store.complaints.find(reader, "ref-1", now + 1))?.state).toBe("counted");
  });

  test("states on the way: pending, queued, counted", async () => {
    await store.complaints.file(complaint());
    const state = async (at: number): Promise<string | undefined> =>
      (await store.complaints.find(reader, "ref-1", at))?.state;
    expect(await state(now)).toBe("pending");
    expect(await state(now + 650)).toBe("pending");
    await store.reports.attempting("r1", now + 1_000);
    expect(await state(now + 710)).toBe("queued");
    await store.reports.sent("r1", now + 720);
    expect(await state(now + 720)).toBe("counted");
  });

  test("a report given up leaves the complaint local", async () => {
    await store.complaints.file(complaint());
    await store.reports.failed("r1", now + 800, "refused");
    expect((await store.complaints.find(reader, "ref-1", now + 800))?.state).toBe("local");
  });

  test("counts leave undone ones out and are grouped by day", async () => {
    await store.complaints.file(complaint());
    await store.complaints.file(complaint({ id: "c2", reader: "carol@example.net", reports: [] }));
    await store.complaints.file(complaint({ id: "c3", reader: "dan@example.net", reports: [] }));
    await store.complaints.undo("c3", "u1", now + 1);
    expect(await store.complaints.counts(now - 86_400)).toEqual([
      {
        day: Math.floor(now / 86_400),
        domain: "bank.example",
        purpose: "transactional.invoice",
        code: "misrepresented",
        route: "report",
        count: 2,
      },
    ]);
  });
});

describe("reports", () => {
  test("a try is written down before it is made", async () => {
    await store.complaints.file(complaint());
    await store.reports.attempting("r1", now + 1_000);
    expect(await store.reports.due(now + 999, 10)).toEqual([]);
    expect(await store.reports.due(now + 1_000, 10)).toMatchObject([{ id: "r1", attempts: 1 }]);
  });

  test("what is sent is never due again, whatever comes after", async () => {
    await store.complaints.file(complaint());
    await store.reports.sent("r1", now + 700);
    await store.reports.retry("r1", now + 701, "late answer");
    await store.reports.failed("r1", now + 702, "late answer");
    expect(await store.reports.due(now + 10_000, 10)).toEqual([]);
    expect(await store.reports.state()).toEqual({ queued: 0, sent: 1, failed: 0, nextAt: null });
  });

  test("queued twice under one id it is one", async () => {
    const counts = {
      id: "w1",
      kind: "counts",
      domain: "x.example",
      payload: "{}",
      dueAt: now,
      giveUpAt: now + 1,
    } as const;
    await store.reports.queue([counts], now);
    await store.reports.queue([counts], now + 5);
    expect(await store.reports.state()).toMatchObject({ queued: 1, nextAt: now });
  });
});
