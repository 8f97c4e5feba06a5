// Sendmail beside Postfix: as Debian packages they exclude each other, so Sendmail's are unpacked into var/, not installed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const state = join(import.meta.dirname, "..", "..", "var");
const unpacked = join(state, "sendmail");

/** The MTA itself, and the macros its configurations are made of. */
export const sendmailProgram = join(unpacked, "usr", "libexec", "sendmail", "sendmail");
export const sendmailMacros = join(unpacked, "usr", "share", "sendmail", "cf", "m4", "cf.m4");
const names = ["sendmail-bin", "sendmail-cf"] as const;

/** Unpacks Sendmail where it is not; false where that cannot be done. */
export function unpackSendmail(): boolean {
  if (existsSync(sendmailProgram)) return true;
  const loading = join(state, `sendmail-${process.pid}`);
  mkdirSync(loading, { recursive: true });
  try {
    const got = spawnSync("apt-get", ["-qq", "download", ...names], {
      cwd: loading,
      stdio: ["ignore", "inherit", "pipe"],
    });
    const files = readdirSync(loading).filter((file) => file.endsWith(".deb"));
    const fine =
      got.status === 0 &&
      files.length === names.length &&
      files.every((file) => spawnSync("dpkg", ["-x", file, "root"], { cwd: loading }).status === 0);
    if (fine) renameSync(join(loading, "root"), unpacked);
    return fine;
  } finally {
    rmSync(loading, { recursive: true, force: true });
  }
}
