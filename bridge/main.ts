// `waybill`: the command line's entry, and the only file that touches the process: arguments, environment, signals, end.
import type { Terminal } from "./cli/command.ts";
import { commands } from "./cli/commands.ts";
import { runCommandLine } from "./cli/run.ts";

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  say: (text) => void process.stderr.write(text),
  environment: process.env,
  onReload: (listener) => void process.on("SIGHUP", listener),
};

/** A terminal sends Ctrl-C to everybody in front of it, npm hands it on once more: one wish. Later ones are impatience. */
const oneWishMs = 1_000;
const ending = new AbortController();
let askedAt = Number.POSITIVE_INFINITY;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (performance.now() - askedAt > oneWishMs) process.exit(130);
    askedAt = Math.min(askedAt, performance.now());
    ending.abort();
  });
}
// `waybill … | head` ends the pipe: that is no mistake of anybody. What is written to a full disk is not done, though.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  process.stderr.write(`waybill: standard output: ${error.message}\n`);
  process.exit(75);
});

// Whoever ends before the command has said how, has failed (EX_SOFTWARE of sysexits).
process.exitCode = 70;
// Not awaited at top level: commands are modules loaded meanwhile, and in the bundle they wait for this one.
void runCommandLine(commands, process.argv.slice(2), terminal, ending.signal).then((code) => {
  process.exitCode = code;
});
