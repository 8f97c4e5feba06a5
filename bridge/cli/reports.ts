// `waybill reports`: complaints of one's own readers and reports of others' about one's own mail, per day, and the queue.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ok, perm, type Result } from "../../shared/result.ts";
import { createLog } from "../log/log.ts";
import { openStoreBeside, type Store } from "../store/store.ts";
import { dayOf, now } from "./clock.ts";
import { configOption, misused, type Call, type Command, type ExitCode } from "./command.ts";
import { printable } from "../log/printable.ts";
import { setupWithState } from "./setup.ts";

const daySeconds = 86_400;

async function show(call: Call, store: Store, since: number): Promise<void> {
  const [sent, received, queue] = await Promise.all([
    store.complaints.counts(since),
    store.received.counts(since),
    store.reports.state(),
  ]);
  const { out } = call.terminal;
  if (call.has("json")) {
    out(`${JSON.stringify({ sent, received, queue }, null, 2)}\n`);
    return;
  }
  const date = (day: number): string => dayOf(day * daySeconds);
  const line = (text: string): void => out(`  ${printable(text)}\n`);
  out("Your readers said of others' mail\n");
  for (const { day, domain, purpose, code, route, count } of sent) {
    line(`${date(day)}  ${String(count).padStart(5)}  ${domain ?? "-"}  ${purpose ?? "-"}  ${code}  (${route})`);
  }
  if (sent.length === 0) out("  nothing\n");
  out("Others' readers said of your mail\n");
  for (const { day, signer, purpose, code, attested, count } of received) {
    const strangers = attested ? "" : "  (not attested)";
    line(`${date(day)}  ${String(count).padStart(5)}  ${signer}  ${purpose ?? "-"}  ${code}${strangers}`);
  }
  if (received.length === 0) out("  nothing\n");
  out(`Queue: ${queue.queued} waiting, ${queue.sent} sent, ${queue.failed} given up\n`);
}

async function runReports(call: Call): Promise<Result<ExitCode>> {
  const setup = setupWithState(call);
  if (!setup.ok) return setup;
  const days = Number(call.value("days") ?? 30);
  if (!Number.isInteger(days) || days < 1 || days > 400) return misused("--days: expected 1 to 400");
  const path = join(setup.value.config.state, "waybill.db");
  if (!existsSync(path)) return perm("cli/no-store", `${path} is not there: has the bridge run yet?`);
  const store = await openStoreBeside(path, createLog("error"));
  if (!store.ok) return store;
  await show(call, store.value, (Math.floor(now() / daySeconds) - days + 1) * daySeconds);
  await store.value.close();
  return ok(0);
}

/** `waybill reports`. */
export const reportsCommand: Command = {
  name: "reports",
  parameters: "",
  summary: "Show complaints sent and received, per day, and the queue",
  options: {
    ...configOption,
    days: { value: "N", help: "how many days back (default 30)" },
    json: { value: null, help: "as JSON" },
  },
  run: runReports,
};
