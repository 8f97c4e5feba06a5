// Finds the command in the arguments, reads its options, runs it, and turns what came of it into words and an exit code:
// 0 done or holds, 1 checked and does not hold, 2 a mistake in use, configuration or input, 75 failed for now (sysexits).
import { parseArgs } from "node:util";
import { perm, temp, type Failure, type Result } from "../../shared/result.ts";
import manifest from "../../package.json" with { type: "json" };
import { misused, type Call, type Command, type CommandEntry, type ExitCode, type Terminal } from "./command.ts";
import { Unavailable } from "../pipeline/unavailable.ts";
import { printableLines } from "../log/printable.ts";

/** Longest first words match: "cert new" before "cert". */
function findCommand(commands: readonly CommandEntry[], words: readonly string[]): CommandEntry | null {
  const fits = commands.filter(({ name }) => name.split(" ").every((word, index) => words[index] === word));
  return fits.toSorted((one, other) => other.name.length - one.name.length)[0] ?? null;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}\n`).join("");
}

async function overview(commands: readonly CommandEntry[], group: string | null): Promise<string> {
  const shown = group === null ? commands : commands.filter(({ name }) => name.startsWith(`${group} `));
  const head = `Usage: waybill ${group ?? "COMMAND"} …\n\n`;
  const loaded = await Promise.all(shown.map((entry) => entry.load()));
  const rows = loaded.map(({ name, summary }) => [name, summary] as const);
  return `${head}${columns(rows)}\n"waybill COMMAND --help" tells more of each, "waybill --version" which one this is.\nExit codes: 0 done or holds, 1 does not hold, 2 mistake in use or configuration, 75 failed for now.\n`;
}

function helpOf(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, help }]) => {
    return [`--${name}${value === null ? "" : ` ${value}`}`, help] as const;
  });
  const details = command.details === undefined ? "" : `\n${command.details}\n`;
  const usage = `Usage: waybill ${command.name} ${command.parameters}${options.length > 0 ? " [options]" : ""}`;
  return `${usage}\n${command.summary}.\n${details}\n${columns([...options, ["--help", "this"]])}`;
}

/** A key id, as `keys show` prints it, one in 64 of which begins with "-"; no option is that long. */
const dashedKeyId = /^-[\w-]{42}$/;

/** Arguments with such key ids behind "--", where they are no options. */
function withKeyIdsLast(args: readonly string[]): string[] {
  const ids = args.filter((arg) => dashedKeyId.test(arg));
  return ids.length === 0 || args.includes("--")
    ? [...args]
    : [...args.filter((arg) => !dashedKeyId.test(arg)), "--", ...ids];
}

function callOf(command: Command, args: readonly string[], terminal: Terminal, signal: AbortSignal): Call {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value, multiple }]) => {
      return [name, { type: value === null ? "boolean" : "string", multiple: multiple === true }] as const;
    }),
  );
  const { values, positionals } = parseArgs({ args: withKeyIdsLast(args), options, allowPositionals: true });
  const all = (name: string): readonly string[] => {
    const given: unknown = values[name];
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    return list.filter((item) => typeof item === "string");
  };
  return {
    positionals,
    value: (name) => all(name).at(-1),
    values: all,
    has: (name) => values[name] !== undefined,
    terminal,
    signal,
  };
}

/** The terminal, behind printable.ts. Octets pass: a mail that `sign` prints is one. */
function guarded(terminal: Terminal): Terminal {
  return {
    ...terminal,
    out: (text) => terminal.out(typeof text === "string" ? printableLines(text) : text),
    say: (text) => terminal.say(printableLines(text)),
  };
}

function complain(failure: Failure, command: Command | null, terminal: Terminal): number {
  for (const line of failure.detail.split("\n")) terminal.say(`waybill: ${line}\n`);
  if (failure.code === "cli/usage" && command !== null) {
    terminal.say(`waybill: see "waybill ${command.name} --help"\n`);
  }
  return failure.kind === "temp" ? 75 : 2;
}

/** What the operating system or the database refused, as its word on it; null: a bug. */
function refusedBySystem(error: unknown): Failure | null {
  if (error instanceof Unavailable) return temp("cli/store", error.message);
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return null;
  const isForbidden = error.code === "EACCES" || error.code === "EPERM";
  return isForbidden
    ? perm("cli/forbidden", `${error.message}: be root or waybill`)
    : temp("cli/system", error.message);
}

/** Runs the command: a full disk and a closed folder are nobody's bug, wherever they are met. */
async function attempt(command: Command, call: Call): Promise<Result<ExitCode>> {
  try {
    return await command.run(call);
  } catch (error) {
    const refused = refusedBySystem(error);
    if (refused === null) throw error;
    return refused;
  }
}

/** Runs `waybill` with these arguments; the exit code. Bugs throw. */
export async function runCommandLine(
  commands: readonly CommandEntry[],
  args: readonly string[],
  bare: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const terminal = guarded(bare);
  const words = args.filter((arg) => !arg.startsWith("-"));
  const entry = findCommand(commands, args);
  const wantsHelp = args.includes("--help") || args.includes("-h") || args[0] === "help";
  if (args[0] === "--version") {
    terminal.out(`waybill ${manifest.version}\n`);
    return 0;
  }
  if (entry === null) {
    const group = commands.some(({ name }) => name.startsWith(`${words[0] ?? ""} `)) ? (words[0] ?? null) : null;
    terminal[wantsHelp ? "out" : "say"](await overview(commands, group));
    if (wantsHelp) return 0;
    const unknown = group === null ? words[0] : words.slice(0, 2).join(" ");
    if (unknown !== undefined) terminal.say(`waybill: there is no command "${unknown}"\n`);
    return 2;
  }
  const command = await entry.load();
  if (wantsHelp) {
    terminal.out(helpOf(command));
    return 0;
  }
  let call: Call;
  try {
    call = callOf(command, args.slice(command.name.split(" ").length), terminal, signal);
  } catch (error) {
    // parseArgs throws for unknown options and missing values, with words meant for people.
    const detail = error instanceof Error ? (error.message.split(". ")[0] ?? "") : "";
    return complain({ ok: false, kind: "perm", code: "cli/usage", detail }, command, terminal);
  }
  const [stray] = command.parameters === "" ? call.positionals : [];
  const done = stray === undefined ? await attempt(command, call) : misused(`nothing is expected here, got "${stray}"`);
  return done.ok ? done.value : complain(done, command, terminal);
}
