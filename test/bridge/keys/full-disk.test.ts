// A key file on a disk with too little room: the old one stays, whole. Needs root, for a disk that small.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLive } from "../../../bridge/cli/live.ts";
import { readSetup } from "../../../bridge/cli/setup.ts";
import { writeWhole } from "../../../bridge/keys/key-file.ts";
import { must, testCrypto } from "../../fakes/mail.ts";

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
