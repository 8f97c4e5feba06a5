// An upgrade while mails come in: the socket is not there, then a new version takes over an old one's store.
import { DatabaseSync } from "node:sqlite";
import { until } from "../../e2e/wait.ts";
import { migrations } from "../../../bridge/store/migrations.ts";
import { type Phase, putOffs } from "../phase.ts";

export const upgrade: Phase = {
  name: "upgrade",
  percent: 8,
  async run(soak) {
    const { reader } = soak.world;
    await until("mail to be put off", () => putOffs(soak, "upgrade") > 0);
    const ms = await reader.start();
    const database = new DatabaseSync(reader.database, { readOnly: true });
    const taken = database.prepare("select count(*) as steps from kysely_migration").get()?.["steps"];
    database.close();
    if (taken !== Object.keys(migrations).length) throw new Error(`the store has taken ${String(taken)} steps`);
    return `migrated and ready in ${ms.toFixed(0)} ms`;
  },
};
