// npm run bench -- --store: what a mail costs with a thousand, a hundred thousand and ten million messages and tokens in the
// store, side by side; how long a bridge takes to start with the largest; how long the event loop stands still while it forgets.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { forgetOnce } from "../../bridge/store/retention.ts";
import { openStore } from "../../bridge/store/store.ts";
import { fillStore } from "./fill.ts";
import { makeWorld, writeMails } from "./mails.ts";
import { type Bridge, compileMload, load, startBridge } from "./programs.ts";
import { median } from "./table.ts";

const silent = { info() {}, warn() {}, error() {} };
const retention = { signalDays: 30, complaintDays: 400, tokenExtraDays: 1 };

/** One store's figures. */
interface StoreFigures {
  readonly rows: number;
  /** CPU time of the bridge a mail, µs, and mails a second; medians. */
  readonly cpuMicros: number;
  readonly rate: number;
  /** From starting the command to "ready", ms. */
  readonly startMs: number;
}

interface Forgotten {
  readonly rows: number;
  readonly seconds: number;
  readonly longestStallMs: number;
}

/** One round of forgetting over a store, and the longest time that the event loop stood still meanwhile. */
async function forget(path: string, now: number): Promise<Forgotten> {
  const store = await openStore(path, silent);
  if (!store.ok) throw new Error(store.detail);
  await sleep(200);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  const rows = await forgetOnce(store.value, retention, now);
  const seconds = (performance.now() - started) / 1_000;
  delay.disable();
  await store.value.close();
  return { rows, seconds, longestStallMs: delay.max / 1e6 };
}

function figure(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function markdown(stores: readonly StoreFigures[], forgotten: Forgotten): string {
  const lines = stores.map(
    ({ rows, cpuMicros, rate, startMs }) =>
      `| ${figure(rows)} | ${figure(cpuMicros)} | ${figure(rate)} | ${figure(startMs)} |`,
  );
  return [
    "| messages and tokens stored | CPU time a mail, µs | mails/s | start, ms |",
    "|---:|---:|---:|---:|",
    ...lines,
    "",
    `Forgetting ${figure(forgotten.rows)} rows of the largest store took ${forgotten.seconds.toFixed(1)} s; the event loop never stood still for longer than ${forgotten.longestStallMs.toFixed(0)} ms.`,
  ].join("\n");
}

/** Measures with stores of these sizes below `folder`; markdown. */
export async function measureStore(
  folder: string,
  sizes: readonly number[],
  effort: { readonly rounds: number; readonly mails: number },
  say: (line: string) => void,
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const world = await makeWorld();
  const mails = join(folder, "mails");
  await writeMails(world, mails, effort.mails, 5_000);
  const mload = await compileMload(folder);
  const bridges: { rows: number; milter: Bridge; cpu: number[]; rates: number[] }[] = [];
  let forgotten: Forgotten = { rows: 0, seconds: 0, longestStallMs: 0 };
  try {
    for (const rows of sizes) {
      const place = join(folder, String(rows));
      mkdirSync(place);
      say(`${figure(rows)} messages and tokens: filling …`);
      const path = await fillStore(place, rows, now);
      forgotten = await forget(path, now);
      say(
        `forgot ${figure(forgotten.rows)} rows, the event loop stood still for ${forgotten.longestStallMs.toFixed(1)} ms`,
      );
      // The first start makes the bridge's keys; what is measured is a restart.
      await (await startBridge(place, world)).stop();
      const milter = await startBridge(place, world);
      bridges.push({ rows, milter, cpu: [], rates: [] });
    }
    const how = { mails, connections: 20, total: effort.mails, perConnection: 1 };
    for (let round = -1; round < effort.rounds; round += 1) {
      for (const { milter, cpu, rates } of bridges) {
        milter.forgetMails();
        const before = milter.cpuSeconds();
        const { rate } = await load(mload, milter, how);
        // The first round warms up.
        if (round < 0) continue;
        cpu.push(((milter.cpuSeconds() - before) * 1e6) / effort.mails);
        rates.push(rate);
      }
    }
  } finally {
    for (const { milter } of bridges) await milter.stop();
  }
  const figures = bridges.map(({ rows, milter, cpu, rates }): StoreFigures => ({
    rows,
    startMs: milter.startMs,
    cpuMicros: median(cpu),
    rate: median(rates),
  }));
  return markdown(figures, forgotten);
}
