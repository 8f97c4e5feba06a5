// CRLs on disk: kept, due, bounded, forgotten.
import { afterEach, beforeEach, expect, test } from "vitest";
import { forgetOnce } from "../../../bridge/store/retention.ts";
import type { Store } from "../../../bridge/store/store.ts";
import type { KeptList } from "../../../bridge/trust/list-memory.ts";
import { memoryStore, now } from "./fixtures.ts";

const day = 86_400;
let store: Store;
beforeEach(async () => void (store = await memoryStore()));
afterEach(() => store.close());

function kept(change: Partial<KeptList> = {}): KeptList {
  return {
    place: "one",
    urls: ["http://crl.example/a.crl", "https://crl.example/a.crl"],
    issuers: [Uint8Array.of(1, 2), Uint8Array.of(3)],
    authorities: [{ der: Uint8Array.of(5), revokedFrom: null }],
    domain: "example.org",
    own: false,
    list: Uint8Array.of(0x30, 0),
    goodUntil: now + day,
    refreshAt: now,
    usedAt: now,
    ...change,
  };
}

test("what was kept is found as it was, the newest word of it", async () => {
  expect(await store.revocationLists.find("one")).toBeNull();
  await store.revocationLists.keep(kept({ list: null, goodUntil: null }));
  expect(await store.revocationLists.find("one")).toEqual(kept({ list: null, goodUntil: null }));
  const authorities = [
    { der: Uint8Array.of(5), revokedFrom: 0 },
    { der: Uint8Array.of(6, 7), revokedFrom: null },
  ];
  await store.revocationLists.keep(kept({ refreshAt: now + 1, authorities }));
  expect(await store.revocationLists.find("one")).toEqual(kept({ refreshAt: now + 1, authorities }));
});

test("due is what is to be asked for and was needed of late", async () => {
  await store.revocationLists.keep(kept({ place: "due" }));
  await store.revocationLists.keep(kept({ place: "later", refreshAt: now + 1 }));
  await store.revocationLists.keep(kept({ place: "by a clock that was ahead", refreshAt: now + day }));
  await store.revocationLists.keep(kept({ place: "unused", usedAt: now - 31 * day }));
  const due = await store.revocationLists.due(now, now - 30 * day, 10);
  expect(due.map(({ place }) => place)).toEqual(["due", "by a clock that was ahead"]);
});

test("overdue is what says that nobody is good, or was never had, where mail needs it", async () => {
  const none = { list: null, goodUntil: null };
  await store.revocationLists.keep(kept({ place: "good until now", goodUntil: now }));
  await store.revocationLists.keep(kept({ place: "over", goodUntil: now - 1 }));
  await store.revocationLists.keep(kept({ place: "never had", ...none, urls: ["http://none.example/a.crl"] }));
  await store.revocationLists.keep(
    kept({ place: "a domain's", own: true, domain: "evil.example", goodUntil: now - 2 }),
  );
  await store.revocationLists.keep(kept({ place: "unused", goodUntil: now - 1, usedAt: now - 31 * day }));
  const since = now - 30 * day;
  const { urls } = kept();
  expect(await store.revocationLists.overdue(now, since)).toEqual([
    { urls: ["http://none.example/a.crl"], domain: "example.org", own: false, since: null },
    { urls, domain: "evil.example", own: true, since: now - 2 },
    { urls, domain: "example.org", own: false, since: now - 1 },
  ]);
  expect(await store.revocationLists.countOverdue(now, since)).toBe(2);
  await store.revocationLists.keep(kept({ place: "over" }));
  expect(await store.revocationLists.countOverdue(now, since)).toBe(1);
});

test("domains' own CAs push out each other's lists, never a trusted CA's", async () => {
  await store.revocationLists.keep(kept({ place: "trusted", usedAt: now - day }));
  for (let index = 0; index < 205; index += 1)
    await store.revocationLists.keep(kept({ place: `own ${index}`, own: true, usedAt: now + index }));
  const found = await store.revocationLists.due(now, 0, 1_000);
  expect(found).toHaveLength(201);
  expect(found.map(({ place }) => place)).toContain("trusted");
  expect(await store.revocationLists.find("own 4")).toBeNull();
  expect(await store.revocationLists.find("own 5")).not.toBeNull();
});

test("what no mail has needed for two months goes", async () => {
  await store.revocationLists.keep(kept({ place: "old", usedAt: now - 61 * day }));
  await store.revocationLists.keep(kept());
  await forgetOnce(store, { signalDays: 30, complaintDays: 400, tokenExtraDays: 1 }, now);
  expect(await store.revocationLists.find("old")).toBeNull();
  expect(await store.revocationLists.find("one")).not.toBeNull();
});
