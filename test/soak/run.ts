// npm run soak: mail by the ten thousand through a real Postfix, while all that the bridge stands on fails in turn.
//   node test/soak/run.ts [--short] [--mails N] [--keep]     50,000 mails; 2,000 in the short form, which npm test plays
// Everything runs in process and mount namespaces of their own, which end with their first process whatever kills it.
// --keep leaves the folder with logs and databases behind, as a failure does.
import { fork } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { canRunPostfix } from "../bench/postfix.ts";

const { values } = parseArgs({
  options: { short: { type: "boolean" }, mails: { type: "string" }, keep: { type: "boolean" } },
});
const short = values.short === true;
const mails = Number(values.mails ?? (short ? 2_000 : 50_000));
const longestMs = (short ? 5 : 45) * 60_000;

/** Folders of runs that are no longer alive and were not asked to stay. */
function removeOldFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const run = /^waybill-soak-(\d+)-\w+$/.exec(name)?.[1];
    if (run === undefined || existsSync(`/proc/${run}`)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function play(folder: string): Promise<number> {
  const args = ["--pid", "--mount", "--mount-proc", "--fork", "--kill-child", process.execPath, ...process.execArgv];
  const child = fork(join(import.meta.dirname, "inside.ts"), [folder, String(mails), short ? "short" : "long"], {
    execPath: "/usr/bin/unshare",
    execArgv: args,
  });
  const late = setTimeout(() => {
    console.error(`not done after ${longestMs / 60_000} minutes`);
    child.kill("SIGKILL");
  }, longestMs);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill("SIGKILL"));
  return new Promise((resolve) => {
    child.once("exit", (status) => {
      clearTimeout(late);
      resolve(status ?? 1);
    });
  });
}

async function main(): Promise<number> {
  if (!canRunPostfix) {
    console.log("left out: load and faults, because they need root and Debian's Postfix");
    return process.env["CI"] ? 1 : 0;
  }
  removeOldFolders();
  const folder = mkdtempSync(join(tmpdir(), `waybill-soak-${process.pid}-`));
  chmodSync(folder, 0o755);
  const code = await play(folder);
  if (code === 0 && values.keep !== true) rmSync(folder, { recursive: true, force: true });
  else console.log(`logs and databases: ${folder}`);
  return code;
}

process.exitCode = await main();
