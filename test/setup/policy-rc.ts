// Keeps an installation from starting services: Debian's invoke-rc.d and deb-systemd-invoke ask /usr/sbin/policy-rc.d
// first, and 101 means "action forbidden by policy". What stood there before is put back, also after a kill.
import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from "node:fs";

const forbid = "#!/bin/sh\n# put here by test/setup/debian.ts while it installs; removed afterwards\nexit 101\n";

/** Puts back what a former run, ended in between, had set aside. */
export function restorePolicy(file: string): void {
  const aside = `${file}.waybill-aside`;
  const marker = `${file}.waybill-ours`;
  if (existsSync(aside)) renameSync(aside, file);
  else if (existsSync(marker)) rmSync(file, { force: true });
  rmSync(marker, { force: true });
}

/** Runs `work` while nothing may be started. `file`: /usr/sbin/policy-rc.d, or its like in a test's folder. */
export function withoutServices<T>(file: string, work: () => T): T {
  restorePolicy(file);
  if (existsSync(file)) renameSync(file, `${file}.waybill-aside`);
  writeFileSync(`${file}.waybill-ours`, "");
  writeFileSync(file, forbid);
  chmodSync(file, 0o755);
  try {
    return work();
  } finally {
    restorePolicy(file);
  }
}
