// What the configuration names: each file that can't be used is said with its setting, before anything is changed.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSetup } from "../../../bridge/cli/setup.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-setup-"));
  writeFileSync(join(folder, "junk"), "{\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  {
    name: "no certificate to listen with",
    more: '[http]\ncertificate = "@/junk"\nkey = "@/junk"',
    want: "http.certificate, http.key: @/junk",
  },
  { name: "CAs for https in which none is", more: '[fetch]\nca = "@/junk"', want: "fetch.ca: @/junk: no certificate" },
  { name: "CAs for mail in which none is", more: '[trust]\nca = "@/junk"', want: "trust.ca: @/junk: no certificate" },
  { name: "a folder instead of a file", more: '[trust]\nca = "@"', want: "trust.ca: @: EISDIR" },
  { name: "a file that is not there", more: '[policy]\nfloor = "@/none"', want: "policy.floor: ENOENT" },
])("$name", ({ more, want }) => {
  const path = join(folder, "waybill.toml");
  const text = `hostname = "mx1.bank.example"\ndomains = ["bank.example"]\n${more}\n`;
  writeFileSync(path, text.replaceAll("@", folder));
  const setup = readSetup(path);
  expect(setup).toMatchObject({ ok: false, kind: "perm" });
  expect(!setup.ok && setup.detail).toContain(want.replaceAll("@", folder));
});

test.each([["doctor"], ["keys show"], ["cert show"], ["reports"]])(
  "%s does not take a state that this user may not see for one that is not there",
  (command) => {
    const [path, state] = [join(folder, "waybill.toml"), join(folder, "state")];
    writeFileSync(path, `hostname = "mx1.bank.example"\ndomains = ["bank.example"]\nstate = "${state}"\n`);
    mkdirSync(state);
    chmodSync(state, 0o000);
    const waybill = join(import.meta.dirname, "..", "..", "..", "bridge", "waybill");
    const args = [waybill, ...command.split(" "), "--config", path];
    // Root may see everything, so he does without his powers; he is still who owns the files.
    const powerless = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];
    const [program = "", ...rest] = [...powerless, ...args];
    const run = spawnSync(program, rest, { encoding: "utf8" });
    expect(run).toMatchObject({ status: 2, stderr: `waybill: ${state} is closed to this user: be root or waybill\n` });
  },
  30_000,
);
