// A disk that is full, by SQLite's own limit: what waits is bounded, told once, and written when there is room again.
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { Unavailable } from "../../../bridge/pipeline/unavailable.ts";
import { CommitQueue } from "../../../bridge/store/commit-queue.ts";

interface Line {
  readonly level: string;
  readonly message: string;
}

function recording(): { lines: Line[]; log: ConstructorParameters<typeof CommitQueue>[1] } {
  const lines: Line[] = [];
  const voice = (level: string) => (_: object, message: string) => void lines.push({ level, message });
  return { lines, log: { info: voice("info"), warn: voice("warn"), error: voice("error") } };
}

test("a full disk: every row is refused, few are kept, it is said once, and it ends by itself", async () => {
  const database = new DatabaseSync(":memory:");
  database.exec("create table rows (text text)");
  const { lines, log } = recording();
  const queue = new CommitQueue(database, log);
  const insert = database.prepare("insert into rows values (?)");
  const write = (): Promise<void> => {
    queue.push(insert, () => ["x".repeat(2_000)]);
    return queue.committed();
  };
  database.exec("pragma max_page_count = 20");
  let refused = 0;
  let full = false;
  for (let round = 0; round < 8 && !full; round += 1) {
    const rows = Array.from({ length: 1_000 }, async () => write());
    for (const { status, reason } of (await Promise.allSettled(rows)) as PromiseRejectedResult[]) {
      expect(status).toBe("rejected");
      expect(reason).toBeInstanceOf(Unavailable);
      refused += 1;
      full ||= String(reason).includes("too many rows wait");
    }
  }
  expect(full).toBe(true);
  expect(queue.failing).toBe(true);
  expect(refused).toBe(6_000);
  expect(lines).toEqual([{ level: "error", message: "store: cannot write" }]);

  database.exec("pragma max_page_count = 1000000");
  await queue.committed();
  expect(queue.failing).toBe(false);
  expect(database.prepare("select count(*) as rows from rows").get()).toEqual({ rows: 5_000 });
  expect(lines.at(-1)).toEqual({ level: "info", message: "store: writes again" });
  expect(lines).toHaveLength(2);
  queue.close();
  database.close();
});
