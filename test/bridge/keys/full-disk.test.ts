// A disk with too little room: a key file stays as it was, whole, and commands say what stands in their way. Needs root, for
// a disk that small.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLive } from "../../../bridge/cli/live.ts";
import { readSetup } from "../../../bridge/cli/setup.ts";
import { openStore } from "../../../bridge/store/store.ts";
import { writeWhole } from "../../../bridge/keys/key-file.ts";
import { must, testCrypto } from "../../fakes/mail.ts";
import { silent } from "../store/fixtures.ts";

const isRoot = process.getuid?.() === 0;

let disk = "";
beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), "waybill-full-disk-"));
  if (isRoot) execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "waybill-test", disk]);
});
afterEach(() => {
  if (isRoot) execFileSync("umount", [disk]);
  rmdirSync(disk);
});

test.skipIf(!isRoot)("a key that does not fit replaces nothing and leaves nothing", () => {
  const path = join(disk, "key.json");
  writeWhole(path, "old");
  expect(() => writeWhole(path, "x".repeat(20_000))).toThrow(/ENOSPC/);
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(disk)).toEqual(["key.json"]);
});

test.skipIf(!isRoot)("a bridge that cannot make its keys says so, and may try again", async () => {
  const config = `${disk}.toml`;
  writeFileSync(config, `hostname = "mx1.example.net"\ndomains = ["example.net"]\nstate = "${disk}"\n`);
  const setup = must(readSetup(config));
  rmSync(config);
  expect(() => writeFileSync(join(disk, "ballast"), Buffer.alloc(20_000))).toThrow(/ENOSPC/);
  const now = Math.floor(Date.now() / 1_000);
  expect(await openLive(setup, { crypto: testCrypto, clock: { now: () => now } })).toMatchObject({
    ok: false,
    kind: "temp",
    code: "keys/write",
  });
  rmSync(join(disk, "ballast"));
  expect(await openLive(setup, { crypto: testCrypto, clock: { now: () => now } })).toMatchObject({ ok: true });
});

const waybill = join(import.meta.dirname, "..", "..", "..", "bridge", "waybill");

/** A command's exit code and words, on the disk. */
function command(...args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  const config = `${disk}.toml`;
  writeFileSync(config, `hostname = "mx1.example.net"\ndomains = ["example.net"]\nstate = "${disk}"\n`);
  const { status, stderr } = spawnSync(waybill, [...args, "--config", config], { encoding: "utf8" });
  rmSync(config);
  return { status, stderr };
}

const writing = [
  ["keys", "show"],
  ["keys", "rotate"],
  ["cert", "new", "a@example.net"],
  ["admin", "token"],
  ["doctor"],
];

test.skipIf(!isRoot).each(writing)("%s %s: one line where the disk is full", (...args) => {
  expect(() => writeFileSync(join(disk, "ballast"), Buffer.alloc(20_000))).toThrow(/ENOSPC/);
  const { status, stderr } = command(...args);
  expect(stderr).toMatch(/^waybill: ENOSPC: [^\n]*keys\/[^\n]*\n$/);
  expect(status).toBe(75);
});

test.skipIf(!isRoot).each(writing)("%s %s: one line where the disk is read-only", (...args) => {
  execFileSync("mount", ["-o", "remount,ro", disk]);
  const { status, stderr } = command(...args);
  expect(stderr).toMatch(/^waybill: EROFS: [^\n]*\n$/);
  expect(status).toBe(75);
});

test.skipIf(!isRoot)("a database that can't be made for want of room may be another time", async () => {
  expect(() => writeFileSync(join(disk, "ballast"), Buffer.alloc(20_000))).toThrow(/ENOSPC/);
  expect(await openStore(join(disk, "waybill.db"), silent)).toMatchObject({ ok: false, kind: "temp" });
  rmSync(join(disk, "ballast"));
});

/** A process with a log on the full disk, and the log's file. */
function logging(end: string): { readonly child: ChildProcess; readonly path: string } {
  expect(() => writeFileSync(join(disk, "ballast"), Buffer.alloc(20_000))).toThrow(/ENOSPC/);
  const path = join(disk, "log");
  const file = openSync(path, "a");
  const source = `import { createLog } from "${join(import.meta.dirname, "..", "..", "..", "bridge", "log", "log.ts")}";
    const log = createLog("info");
    let n = 0;
    const timer = setInterval(() => log.info({ n: n++ }, "mail"), 20);
    process.on("SIGTERM", () => (clearInterval(timer), log.flush(), ${end}));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", file, "inherit"] });
  closeSync(file);
  return { child, path };
}

test.skipIf(!isRoot)("a log that finds no room ends nothing, and goes on once there is some", async () => {
  const { child, path } = logging("0");
  await wait(1_000);
  expect(child.exitCode).toBeNull();
  rmSync(join(disk, "ballast"));
  await expect.poll(() => readFileSync(path, "utf8"), { timeout: 5_000 }).toContain('"msg":"mail"');
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  const numbers = [...readFileSync(path, "utf8").matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
});

test.skipIf(!isRoot).each(["0", "process.exit()"])("a log that finds no room keeps no process: %s", async (end) => {
  const { child } = logging(end);
  await wait(1_000);
  child.kill("SIGTERM");
  const ended = await Promise.race([once(child, "exit"), wait(5_000)]);
  child.kill("SIGKILL");
  expect(ended).toEqual([0, null]);
});
