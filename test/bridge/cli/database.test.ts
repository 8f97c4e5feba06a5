// What doctor says of a database that this version can't open.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkRevocation } from "../../../bridge/cli/checks/revocation.ts";
import { openStore } from "../../../bridge/store/store.ts";
import { temp } from "../../../shared/result.ts";
import { must, testTime as now } from "../../fakes/mail.ts";
import { silent } from "../store/fixtures.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "waybill-database-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A database of this version, changed by a statement. */
async function changed(path: string, statement: string): Promise<void> {
  await must(await openStore(path, silent)).close();
  const database = new DatabaseSync(path);
  database.exec(statement);
  database.close();
}

test.each<{ name: string; make: (path: string) => Promise<void> | void; want: RegExp }>([
  {
    name: "a newer version's",
    make: async (path) => changed(path, "insert into kysely_migration values ('9999-later', '2030')"),
    want: /^bad: .*newer waybill.*: run the newer version, or restore the copy .* -> until then mail waits$/,
  },
  {
    name: "an older version's",
    make: async (path) => changed(path, "delete from kysely_migration"),
    want: /^bad: .*older waybill: start the bridge/,
  },
  {
    name: "no database at all",
    make: (path) => writeFileSync(path, "x".repeat(20_000)),
    want: /^bad: .*cannot be opened as a database.* -> systemctl stop waybill, move waybill\.db\* away/,
  },
  {
    name: "one that can't be reached now, as on a full disk: what it knows is not thrown away",
    make: (path) => mkdirSync(path),
    want: /^bad: .*cannot be opened as a database.* -> see that the disk has room and that this user may write there/,
  },
])("$name", async ({ make, want }) => {
  await make(join(folder, "waybill.db"));
  const ask = async () => temp("fetch/timeout", "no answer");
  const found = await checkRevocation({ ask, now, setup: { config: { state: folder } } });
  expect(found.map((each) => `${each.level}: ${each.what} -> ${"remedy" in each ? each.remedy : ""}`)).toEqual([
    expect.stringMatching(want),
  ]);
});
