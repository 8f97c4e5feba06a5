// npm run bench: our milter beside Debian's OpenDKIM, in one run, round by round in turn, so that a busy machine is busy
// for both. Prints a table and keeps it in docs/performance.md.
//   node test/bench/run.ts [--quick] [--print]             fewer rounds; print only
//   node test/bench/run.ts --store [--quick] [--print]     what a full store costs (store.ts); quick: up to 100,000
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { arch, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { makeWorld, writeMails } from "./mails.ts";
import { compileMload, load, type Milter, startBridge, startOpenDkim } from "./programs.ts";
import { measureStore } from "./store.ts";
import { type Figure, formatTable, keep, median } from "./table.ts";
import { throughPostfix } from "./through-postfix.ts";

const quick = process.argv.includes("--quick");
const rounds = quick ? 3 : 9;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One way of loading a milter. */
interface Case {
  readonly what: string;
  readonly mails: string;
  readonly connections: number;
  readonly total: number;
  readonly perConnection: number;
}

/** Rates of both, round by round in turn; latencies' medians. */
async function compare(
  mload: string,
  milters: { ours: Milter; openDkim: Milter },
  how: Case,
): Promise<{ ours: number; openDkim: number; p50: { ours: number; openDkim: number } }> {
  const measured = { ours: [], openDkim: [], oursMs: [], openDkimMs: [] } as Record<string, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of ["ours", "openDkim"] as const) {
      milters[name].forgetMails();
      const { rate, p50 } = await load(mload, milters[name], how);
      measured[name]?.push(rate);
      measured[`${name}Ms`]?.push(p50);
    }
  }
  const middle = (name: string): number => median(measured[name] ?? []);
  const [ours, openDkim] = [middle("ours"), middle("openDkim")];
  say(
    `${how.what}: Waybill ${ours.toFixed(0)}, OpenDKIM ${openDkim.toFixed(0)} mails/s, ratio ${(ours / openDkim).toFixed(2)}`,
  );
  return { ours, openDkim, p50: { ours: middle("oursMs"), openDkim: middle("openDkimMs") } };
}

/** A figure that is a ratio to OpenDKIM. */
function ratio(what: string, of: { ours: number; openDkim: number }, required: number, goal: number): Figure {
  const measured = of.ours / of.openDkim;
  return { what, waybill: of.ours, openDkim: of.openDkim, measured, required, goal, unit: "×", less: false };
}

async function measure(folder: string): Promise<Figure[]> {
  const world = await makeWorld();
  const small = join(folder, "small");
  const large = join(folder, "large");
  await writeMails(world, small, quick ? 2_000 : 8_000, 5_000);
  await writeMails(world, large, 300, 100_000);
  const mload = await compileMload(folder);
  const milters = { ours: await startBridge(folder, world), openDkim: await startOpenDkim(folder, world) };
  try {
    const cases = {
      one: {
        what: "5 kB, 20 connections, one mail each",
        mails: small,
        connections: 20,
        total: 6_000,
        perConnection: 1,
      },
      many: {
        what: "5 kB, 20 connections, 20 mails each",
        mails: small,
        connections: 20,
        total: 6_000,
        perConnection: 20,
      },
      large: {
        what: "100 kB, 20 connections, one mail each",
        mails: large,
        connections: 20,
        total: 2_000,
        perConnection: 1,
      },
      alone: { what: "5 kB, one at a time", mails: small, connections: 1, total: 800, perConnection: 1 },
    };
    say("warming up …");
    for (const milter of Object.values(milters)) await load(mload, milter, { ...cases.one, total: 8_000 });
    const one = await compare(mload, milters, cases.one);
    const many = await compare(mload, milters, cases.many);
    const big = await compare(mload, milters, cases.large);
    const alone = await compare(mload, milters, cases.alone);
    const figures = [
      ratio(`${cases.one.what}, mails/s`, one, 2, 3),
      ratio(`${cases.many.what}, mails/s`, many, 2.5, 4),
      ratio(`${cases.large.what}, mails/s`, big, 1.5, 2.5),
    ];
    say("through Postfix …");
    const postfix = await throughPostfix(milters, small, { rounds, mails: quick ? 800 : 2_000, single: 100 });
    if (postfix !== null) {
      const { rates, added } = postfix;
      say(
        `through Postfix: none ${rates.none.toFixed(0)}, Waybill ${rates.ours.toFixed(0)}, OpenDKIM ${rates.openDkim.toFixed(0)} mails/s`,
      );
      const fraction = rates.ours / rates.none;
      const bare = `through Postfix, mails/s; without a milter ${Math.round(rates.none)}`;
      figures.push(
        {
          what: bare,
          waybill: rates.ours,
          openDkim: rates.openDkim,
          measured: fraction,
          required: 0.6,
          goal: 0.68,
          unit: "of none",
          less: false,
        },
        ratio("through Postfix, mails/s", { ours: rates.ours, openDkim: rates.openDkim }, 1.35, 1.35),
        {
          what: "through Postfix one at a time, added ms",
          waybill: added.ours,
          openDkim: added.openDkim,
          measured: added.ours,
          required: 1.5,
          goal: 0.8,
          unit: "ms",
          less: true,
        },
      );
    }
    const memory = { ours: milters.ours.memory().highest, openDkim: milters.openDkim.memory().highest };
    figures.push(
      {
        what: `milter alone, ${cases.alone.what}, ms a mail`,
        waybill: alone.p50.ours,
        openDkim: alone.p50.openDkim,
        measured: alone.p50.ours,
        required: 1.5,
        goal: 0.8,
        unit: "ms",
        less: true,
      },
      {
        what: "resident memory at its highest, MB",
        waybill: memory.ours,
        openDkim: memory.openDkim,
        measured: memory.ours,
        required: 120,
        goal: 100,
        unit: "MB",
        less: true,
      },
    );
    return figures;
  } finally {
    for (const milter of Object.values(milters)) await milter.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), "waybill-bench-"));
// Postfix, another user, has to reach the sockets.
chmodSync(folder, 0o755);
try {
  const ofStore = process.argv.includes("--store");
  const sizes = quick ? [1_000, 100_000] : [1_000, 100_000, 10_000_000];
  const table = ofStore
    ? await measureStore(folder, sizes, { rounds, mails: quick ? 1_000 : 4_000 }, say)
    : formatTable(await measure(folder));
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model ?? arch()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; medians of ${rounds} rounds`;
  say(`\n${table}\n\n${machine}`);
  if (!process.argv.includes("--print")) {
    const document = join(import.meta.dirname, "..", "..", "docs", "performance.md");
    keep(document, ofStore ? "store" : "milters", `${table}\n\n${machine}.`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
