import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../../../bridge/store/store.ts";
import { must } from "../../fakes/mail.ts";
import { complaint, signalRow, silent } from "./fixtures.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-checkpoint-"));
  path = join(folder, "waybill.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("what was committed moves into the file while the store goes on, and none of it is lost", async () => {
  const store = must(await openStore(path, silent));
  const before = statSync(path).size;
  let count = 0;
  const write = async (): Promise<void> => {
    const rows = Array.from({ length: 50 }, (_, i) => signalRow({ ref: `ref-${count + i}` }));
    count += rows.length;
    await Promise.all(rows.map(async (row) => store.signals.record(row)));
    await store.complaints.file(complaint({ id: `c${count}`, ref: `r${count}`, reports: [] }));
  };
  while (statSync(path).size === before) {
    await write();
    await wait(5);
  }
  // Half moved, half in the log: whole for whoever reads beside.
  const reader = new DatabaseSync(path, { readOnly: true });
  expect(reader.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
  reader.close();
  await write();
  await store.close();
  const closed = new DatabaseSync(path);
  expect(closed.prepare("select count(*) as n from signals").get()).toEqual({ n: count });
  expect(closed.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
  closed.close();
});

test("the log is begun anew again and again under load: it does not grow for ever", async () => {
  const store = must(await openStore(path, silent));
  const large = "x".repeat(200_000);
  let [largest, written] = [0, 0];
  // However slow the disk is, the log ends up far smaller than what went through it.
  for (let i = 0; i < 3_000 && written < 2 * largest + 100_000_000; i += 1) {
    await store.signals.record(signalRow({ ref: `ref-${i}`, signatureField: large }));
    written += large.length;
    if (i % 10 === 0) await wait(5);
    largest = Math.max(largest, statSync(`${path}-wal`).size);
  }
  await store.close();
  expect(written).toBeGreaterThan(2 * largest);
});
