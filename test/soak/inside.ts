// The half of run.ts that runs in a process namespace of its own: starts everything, plays the phases, judges.
//   inside.ts FOLDER MAILS [long]
import { setTimeout as wait } from "node:timers/promises";
import { until } from "../e2e/wait.ts";
import { Complaining, readersBearers } from "./complaining.ts";
import { watchMaildir } from "./delivered.ts";
import { byKind, complaintsAt, judgeMails, pastRows, type Whereabouts } from "./judgement.ts";
import { Ledger } from "./ledger.ts";
import type { Author } from "./mails.ts";
import { Memory } from "./memory.ts";
import { type Phase, putOffs, type Soak } from "./phase.ts";
import { phases } from "./phases.ts";
import { Sending } from "./sending.ts";
import { type Size, startWorld } from "./world.ts";

/** Resident memory, MB: what it may reach at its highest, and what it may grow by for 10,000 mails. */
const memoryBounds = { highest: 170, slope: 25 };
/** A life of the bridge with fewer mails says nothing of its slope. */
const lifeMails = 5_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`).join("\n");
}

async function play(soak: Soak, phase: Phase, mails: number): Promise<readonly string[]> {
  const { ledger, sending } = soak;
  const began = performance.now();
  const before = ledger.accepted;
  sending.begin(phase.name, mails);
  const seen = await phase.run(soak);
  sending.settle();
  const over = (): boolean => sending.untried === 0 && (phase.lingers === true || ledger.open(phase.name) === 0);
  await until(`all mails of "${phase.name}" to be accepted`, over, { timeoutMs: 300_000 });
  const seconds = (performance.now() - began) / 1_000;
  const steps = [...ledger.putOffs(phase.name)].map(([step, count]) => `${step} ${count}`).join(", ");
  const sent = ledger.entries.filter((entry) => entry.phase === phase.name).length;
  const row = [phase.name, sent, ledger.accepted - before, putOffs(soak, phase.name), steps, seconds.toFixed(1), seen];
  say(`  ${row.join(" · ")}`);
  return row.map(String);
}

/** Waits for the complaints to be counted. The short form does not wait for what is tried again a minute later. */
async function settleComplaints({ world, complaining, long }: Soak): Promise<Whereabouts> {
  await until("all complaints to be taken", () => complaining.counts.waiting === 0, { timeoutMs: 120_000 });
  const end = performance.now() + (long ? 600_000 : 3_000);
  for (;;) {
    const now = complaintsAt(world);
    if (now.counted >= complaining.counts.made || performance.now() > end) return now;
    await wait(1_000);
  }
}

async function soakIn(folder: string, mails: number, long: boolean, ending: AbortController): Promise<string[]> {
  const size: Size = { mails, past: long ? 200_000 : 20_000, diskMb: long ? 700 : 150 };
  const { signal } = ending;
  const world = await startWorld(folder, size, readersBearers(), signal);
  const ledger = new Ledger();
  let author: Author = world.authors[0];
  const sending = new Sending(
    {
      ledger,
      port: world.postfix.port,
      authors: (number) => (number % 2 === 0 ? author : world.authors[0]),
      perSecond: long ? 1_000 : 120,
    },
    signal,
  );
  const complaining = new Complaining(world.reader, signal);
  const memory = new Memory(world.reader, () => ledger.accepted, signal);
  const watching = watchMaildir(
    { folder: world.maildir, ledger, keys: () => world.sealKeys(), seen: (entry) => complaining.consider(entry) },
    signal,
  );
  const broken = Promise.race([sending.done(), complaining.done(), watching]).then(() => {
    throw new Error("ended early");
  });
  const soak: Soak = { world, ledger, sending, complaining, long, writeAs: (next) => void (author = next) };
  const playing = (async () => {
    const rows: (readonly string[])[] = [];
    for (const phase of phases) {
      // A report that fails is tried again after a minute: the short form has it over before the resolver dies.
      complaining.begin(long ? 5 : ["upgrade", "kill -9", "disk"].includes(phase.name) ? 2 : 0);
      rows.push(await play(soak, phase, Math.round((mails * phase.percent) / 100)));
    }
    await until("all mails to be accepted", () => phases.every(({ name }) => ledger.open(name) === 0), {
      timeoutMs: 120_000,
    });
    await until("all mails to be delivered", () => ledger.delivered >= ledger.accepted, { timeoutMs: 120_000 });
    const complaints = await settleComplaints(soak);
    // Whatever comes a second time would come now.
    await wait(2_000);
    return { rows, complaints };
  })();
  const { rows, complaints } = await Promise.race([playing, broken]);
  const { counted, underWay } = complaints;
  const { made, tries } = complaining.counts;
  const queued = ["incoming", "active", "deferred", "hold", "corrupt"].flatMap((name) => world.postfix.queued(name));
  ending.abort();
  await world.stop();

  const faults = [...judgeMails(ledger, world.reader.database)];
  if (queued.length > 0) faults.push(`${queued.length} mails are left in the queue`);
  if (pastRows(world.reader.database) !== size.past) faults.push("rows of the past were lost by the migration");
  if (counted > made) faults.push(`${made} complaints were taken, ${counted} counted`);
  if (counted + underWay < made) faults.push(`${made - counted - underWay} complaints were lost`);
  if (long && counted !== made) faults.push(`${underWay} complaints are still under way`);
  if (made === 0) faults.push("nobody complained");
  const lives = memory.lives(lifeMails);
  if (memory.highest > memoryBounds.highest) faults.push(`memory reached ${memory.highest.toFixed(0)} MB`);
  for (const { slope } of lives) {
    if (slope > memoryBounds.slope) faults.push(`memory grew by ${slope.toFixed(1)} MB for 10,000 mails`);
  }
  say(`\n${table(["phase", "mails", "accepted", "put off", "at", "s", "seen"], rows)}`);
  say(`\n${table(["kind", "sent", "accepted", "delivered", "sealed as"], byKind(ledger))}`);
  say(`\ncomplaints: ${made} taken in ${tries} tries, ${counted} counted at the sender, ${underWay} under way`);
  say(`memory: ${memory.highest.toFixed(0)} MB at its highest`);
  for (const { mails: through, highest, slope } of lives) {
    say(`  a life of ${through} mails: up to ${highest.toFixed(0)} MB, ${slope.toFixed(1)} MB for 10,000 mails`);
  }
  return faults;
}

const [folder = "", mails = "", form = ""] = process.argv.slice(2);
const ending = new AbortController();
/** This process is the first of its namespace: with it everything ends. */
for (const name of ["disconnect", "SIGTERM"] as const) process.on(name, () => process.exit(1));
try {
  const faults = await soakIn(folder, Number(mails), form === "long", ending);
  for (const fault of faults.slice(0, 50)) say(`WRONG: ${fault}`);
  say(faults.length === 0 ? "\nnothing lost, nothing doubled, nothing sealed wrongly" : `\n${faults.length} wrong`);
  process.exit(faults.length === 0 ? 0 : 1);
} catch (error) {
  console.error(error);
  process.exit(1);
}
