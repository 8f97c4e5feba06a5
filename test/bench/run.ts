// npm run bench: our milter beside Debian's OpenDKIM, in one run, round by round in turn, so that a busy machine is busy
// for both: the ratios are those of the rounds. Prints a table and keeps it in docs/performance.md.
//   node test/bench/run.ts [--quick] [--print]             fewer rounds; print only
//   node test/bench/run.ts --store [--quick] [--print]     what a full store costs (store.ts); quick: up to 100,000
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { arch, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeWorld, writeMails } from "./mails.ts";
import { panelFigure } from "./panel.ts";
import { compileMload, load, type Milter, startBridge, startOpenDkim, startRspamd } from "./programs.ts";
import { measureStore } from "./store.ts";
import { type Figure, formatTable, keep, median, medianRatio } from "./table.ts";
import { throughPostfix } from "./through-postfix.ts";

/** What it does not know it refuses: it takes a quarter of an hour. */
const { values: asked } = parseArgs({
  options: { quick: { type: "boolean" }, print: { type: "boolean" }, store: { type: "boolean" } },
});
const quick = asked.quick === true;
const rounds = quick ? 3 : 13;

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

/** Who is measured; rspamd where it is installed. */
interface Milters {
  readonly ours: Milter;
  readonly openDkim: Milter;
  readonly rspamd: Milter | null;
}

/** Medians of one milter. */
interface Loaded {
  readonly rate: number;
  readonly p50: number;
  /** CPU time of the milter a mail, µs. */
  readonly cpuMicros: number;
}

async function loadOnce(mload: string, milter: Milter, how: Case): Promise<Loaded> {
  milter.forgetMails();
  const before = milter.cpuSeconds();
  const { rate, p50 } = await load(mload, milter, how);
  return { rate, p50, cpuMicros: ((milter.cpuSeconds() - before) * 1e6) / how.total };
}

function middle(measured: readonly Loaded[]): Loaded {
  const of = (name: keyof Loaded): number => median(measured.map((round) => round[name]));
  return { rate: of("rate"), p50: of("p50"), cpuMicros: of("cpuMicros") };
}

interface Compared {
  readonly ours: Loaded;
  readonly openDkim: Loaded;
  readonly rspamd: Loaded | null;
  /** Our rate beside OpenDKIM's, round by round. */
  readonly times: number;
}

/** All of them, round by round in turn. */
async function compare(mload: string, milters: Milters, how: Case): Promise<Compared> {
  const all: Record<keyof Milters, Loaded[]> = { ours: [], openDkim: [], rspamd: [] };
  for (let round = 0; round < rounds; round += 1) {
    const names = ["ours", "openDkim", "rspamd"] as const;
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const milter = milters[name];
      if (milter !== null) all[name].push(await loadOnce(mload, milter, how));
    }
  }
  const [ours, openDkim] = [middle(all.ours), middle(all.openDkim)];
  const rspamd = milters.rspamd === null ? null : middle(all.rspamd);
  const words = ({ rate, cpuMicros }: Loaded): string => `${rate.toFixed(0)} mails/s (${cpuMicros.toFixed(0)} µs CPU)`;
  const third = rspamd === null ? "" : `, rspamd ${words(rspamd)}`;
  const rates = (of: readonly Loaded[]): number[] => of.map(({ rate }) => rate);
  const times = medianRatio(rates(all.ours), rates(all.openDkim));
  say(`${how.what}: Waybill ${words(ours)}, OpenDKIM ${words(openDkim)}${third}, ratio ${times.toFixed(2)}`);
  return { ours, openDkim, rspamd, times };
}

/** A figure that is a ratio to OpenDKIM's rate. */
function ratio(what: string, { ours, openDkim, rspamd, times }: Compared, required: number, goal: number): Figure {
  const rates = { waybill: ours.rate, openDkim: openDkim.rate, rspamd: rspamd?.rate ?? null };
  return { what, ...rates, measured: times, required, goal, unit: "×", less: false };
}

/** What each spends on a mail, however many processors it may use. */
function cpuTable(rows: readonly (readonly [string, Compared])[]): string {
  const lines = rows.map(([what, { ours, openDkim, rspamd }]) => {
    const cells = [ours, openDkim, rspamd].map((loaded) => (loaded === null ? "" : loaded.cpuMicros.toFixed(0)));
    return `| ${what} | ${cells.join(" | ")} |`;
  });
  return ["| CPU time a mail, µs | Waybill | OpenDKIM | rspamd |", "|---|---:|---:|---:|", ...lines].join("\n");
}

async function measure(folder: string): Promise<string> {
  const world = await makeWorld();
  const small = join(folder, "small");
  const large = join(folder, "large");
  await writeMails(world, small, quick ? 2_000 : 8_000, 5_000);
  await writeMails(world, large, 300, 100_000);
  const mload = await compileMload(folder);
  const running: Milter[] = [];
  const started = <M extends Milter | null>(milter: M): M => {
    if (milter !== null) running.push(milter);
    return milter;
  };
  try {
    const milters: Milters = {
      ours: started(await startBridge(folder, world)),
      openDkim: started(await startOpenDkim(folder, world)),
      rspamd: started(await startRspamd(folder, world)),
    };
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
    for (const milter of running) await load(mload, milter, { ...cases.one, total: 8_000 });
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
      const { rates, ratios, added } = postfix;
      say(
        `through Postfix: none ${rates.none.toFixed(0)}, Waybill ${rates.ours.toFixed(0)}, OpenDKIM ${rates.openDkim.toFixed(0)} mails/s`,
      );
      const bare = `through Postfix, mails/s; without a milter ${Math.round(rates.none)}`;
      figures.push(
        {
          what: bare,
          waybill: rates.ours,
          openDkim: rates.openDkim,
          rspamd: null,
          measured: ratios.none,
          required: 0.6,
          goal: 0.68,
          unit: "of none",
          less: false,
        },
        {
          what: "through Postfix, mails/s",
          waybill: rates.ours,
          openDkim: rates.openDkim,
          rspamd: null,
          measured: ratios.openDkim,
          required: 1.35,
          goal: 1.5,
          unit: "×",
          less: false,
        },
        {
          what: "through Postfix one at a time, added ms",
          waybill: added.ours,
          openDkim: added.openDkim,
          rspamd: null,
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
        waybill: alone.ours.p50,
        openDkim: alone.openDkim.p50,
        rspamd: alone.rspamd?.p50 ?? null,
        measured: alone.ours.p50,
        required: 1.5,
        goal: 0.8,
        unit: "ms",
        less: true,
      },
      {
        what: "resident memory at its highest, MB",
        waybill: memory.ours,
        openDkim: memory.openDkim,
        rspamd: null,
        measured: memory.ours,
        required: 120,
        goal: 100,
        unit: "MB",
        less: true,
      },
    );
    say("the panel …");
    figures.push(await panelFigure(quick ? 10 : 25));
    const cpu = cpuTable([
      [cases.one.what, one],
      [cases.many.what, many],
      [cases.large.what, big],
      [cases.alone.what, alone],
    ]);
    return `${formatTable(figures)}\n\n${cpu}`;
  } finally {
    for (const milter of running) await milter.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), "waybill-bench-"));
// Postfix, another user, has to reach the sockets.
chmodSync(folder, 0o755);
try {
  const ofStore = asked.store === true;
  const sizes = quick ? [1_000, 100_000] : [1_000, 100_000, 10_000_000];
  const table = ofStore
    ? await measureStore(folder, sizes, { rounds, mails: quick ? 1_000 : 4_000 }, say)
    : await measure(folder);
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model ?? arch()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; medians of ${rounds} rounds`;
  say(`\n${table}\n\n${machine}`);
  if (asked.print !== true) {
    const document = join(import.meta.dirname, "..", "..", "docs", "performance.md");
    keep(document, ofStore ? "store" : "milters", `${table}\n\n${machine}.`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
