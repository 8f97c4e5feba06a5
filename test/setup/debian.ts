// First step of `npm test`, with --bench of `npm run bench`, with --soak of `npm run soak`: installs the Debian packages they
// need; under a second when they are there already. Nothing that apt installs is started, nothing that runs is touched. Needs
// root; without root, or on another system, the tests on real servers are left out with a word about why, except in CI
// (CI=…), where that is a failure.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { benchPackages, missingPackages, packages, soakPackages } from "./packages.ts";
import { unpackSendmail } from "./sendmail.ts";
import { withoutServices } from "./policy-rc.ts";

const policyFile = "/usr/sbin/policy-rc.d";
const lockWait = ["-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0"] as const;
const parts = new Map([
  ["--bench", benchPackages],
  ["--soak", soakPackages],
]);
const wanted = parts.get(process.argv[2] ?? "") ?? packages;
/** Answers for packages that would ask; taken only by those not configured before. */
const answers = [
  "postfix postfix/main_mailer_type select Local only",
  "postfix postfix/mailname string localhost",
  "roundcube-core roundcube/dbconfig-install boolean false",
];

function apt(args: readonly string[]): boolean {
  const done = spawnSync("apt-get", [...lockWait, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1", LC_ALL: "C.UTF-8" },
  });
  return done.status === 0;
}

/** apt-get update does not wait for its own lock: another apt at work makes it fail at once, so it is asked again. */
function update(): boolean {
  for (let attempt = 0; attempt < 5; attempt++) {
    if (apt(["-qq", "update"])) return true;
    spawnSync("sleep", ["5"]);
  }
  return false;
}

function preseed(missing: readonly string[]): void {
  if (!existsSync("/usr/bin/debconf-set-selections")) return;
  const lines = answers.filter((line) => missing.includes(line.split(" ")[0] ?? ""));
  if (lines.length > 0) spawnSync("debconf-set-selections", { input: `${lines.join("\n")}\n` });
}

function install(missing: readonly string[]): boolean {
  console.log(`installing ${missing.length} Debian packages: ${missing.join(" ")}`);
  if (!update()) console.log("apt-get update failed; trying with the package lists that are there");
  preseed(missing);
  return withoutServices(policyFile, () => apt(["-qq", "-y", "--no-install-recommends", "install", ...missing]));
}

function leaveOut(reason: string, missing: readonly string[]): void {
  console.log(`these Debian packages are missing: ${missing.join(" ")}`);
  console.log(`the tests on real servers and in real mail programs are left out because ${reason}`);
  if (process.env["CI"]) process.exitCode = 1;
}

function unpack(): void {
  if (wanted !== packages || unpackSendmail()) return;
  console.log("Sendmail could not be had from Debian: the tests with it are left out");
  if (process.env["CI"]) process.exitCode = 1;
}

function main(): void {
  const missing = missingPackages(wanted);
  if (missing.length === 0) {
    console.log("every Debian package is there");
    unpack();
    return;
  }
  if (!existsSync("/usr/bin/apt-get")) {
    leaveOut("there is no apt-get here: they need Debian 12", missing);
    return;
  }
  if (process.getuid?.() !== 0) {
    leaveOut("installing needs root: run `sudo npm test`, or install them yourself", missing);
    return;
  }
  const done = install(missing);
  const still = missingPackages(wanted);
  if (done && still.length === 0) {
    unpack();
    return;
  }
  console.error(`apt-get could not install: ${still.join(" ")}; its words are above`);
  process.exitCode = 1;
}

main();
