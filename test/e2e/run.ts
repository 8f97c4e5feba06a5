// The tests on real servers and in real mail programs, one after the other.
//   node test/e2e/run.ts [--screenshots] [--only PART-OF-A-NAME]
// Makes network namespaces, then runs inside.ts in one of them; whatever happens to that, they are taken away again.
// On failure logs and pictures are kept below var/e2e. Needs root and Debian's packages (test/setup).
import { fork, spawnSync, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { missingPackages } from "../setup/packages.ts";
import { addresses, removeOldFolders } from "./lab/lab.ts";
import { createInternet, removeLeftovers } from "./lab/namespaces.ts";

const longestMs = 12 * 60_000;

/** Why the tests cannot run here; null when they can. */
function obstacle(): string | null {
  if (process.platform !== "linux") return "they need Linux' network namespaces";
  if (process.getuid?.() !== 0) return "they need root for network namespaces";
  const missing = missingPackages();
  return missing.length === 0 ? null : `Debian packages are missing: ${missing.join(" ")}`;
}

/** The extensions as the sources are now: built from others than the bridges run, seals would not fit. */
function build(): boolean {
  const file = join(import.meta.dirname, "..", "..", "extension", "build.ts");
  return spawnSync(process.execPath, [file], { stdio: "inherit" }).status === 0;
}

function runInside(namespace: string, internet: unknown): ChildProcess {
  // The channel makes the child notice when this process dies, even by SIGKILL.
  return fork(join(import.meta.dirname, "inside.ts"), [JSON.stringify(internet), ...process.argv.slice(2)], {
    execPath: "/usr/sbin/ip",
    execArgv: ["netns", "exec", namespace, process.execPath, ...process.execArgv],
  });
}

async function main(): Promise<number> {
  const why = obstacle();
  if (why !== null) {
    console.log(`left out: the tests on real servers and in real mail programs, because ${why}`);
    return process.env["CI"] ? 1 : 0;
  }
  if (!build()) return 1;
  removeLeftovers();
  removeOldFolders();
  const internet = createInternet(addresses);
  try {
    const child = runInside(internet.hosts.desk.namespace, internet);
    const late = setTimeout(() => {
      console.error(`not done after ${longestMs / 60_000} minutes`);
      child.kill("SIGKILL");
    }, longestMs);
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill("SIGTERM"));
    const code = await new Promise<number>((resolve) => child.once("exit", (status) => resolve(status ?? 1)));
    clearTimeout(late);
    return code;
  } finally {
    internet.remove();
  }
}

process.exitCode = await main();
