// What must be seen of a store that cannot be written, whatever the reason: mails put off, one line in the log, not ready, a
// metric that says so; and all of it over without a restart.
import { until } from "../e2e/wait.ts";
import { type Soak, putOffs } from "./phase.ts";

/** How the fault begins, how long it is kept up, how it ends. */
interface Fault {
  readonly begin: () => void;
  readonly hold: () => Promise<void>;
  readonly end: () => void;
}

/** Plays it; what was seen. */
export async function whileFailing(soak: Soak, phase: string, fault: Fault): Promise<string> {
  const { reader } = soak.world;
  const { pid } = reader;
  const told = reader.logLines("store: cannot write");
  const recovered = reader.logLines("store: writes again");
  fault.begin();
  try {
    await until("the bridge to say that it is not ready", async () => !(await reader.ready()), { timeoutMs: 60_000 });
    await until("mail to be put off", () => putOffs(soak, phase) > 0);
    const metric = await reader.metric("waybill_store_failing");
    if (metric !== 1) throw new Error(`waybill_store_failing is ${metric}`);
    const accepted = soak.ledger.accepted;
    await fault.hold();
    if (soak.ledger.accepted > accepted)
      throw new Error(`${soak.ledger.accepted - accepted} mails accepted unrecorded`);
  } finally {
    fault.end();
  }
  await until("the bridge to be ready again", () => reader.ready());
  const lines = reader.logLines("store: cannot write") - told;
  const stacks = reader.logLines('"a request failed"') + reader.logLines('"a mail could not be looked at"');
  if (stacks > 0) throw new Error(`${stacks} times the log calls it a bug`);
  if (lines !== 1) throw new Error(`the log says ${lines} times that the store cannot be written`);
  await until("the log to say that it is over", () => reader.logLines("store: writes again") - recovered === 1);
  if (reader.pid !== pid) throw new Error("the bridge was started anew");
  return "said once, not ready, no restart";
}
