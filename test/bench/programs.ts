// The programs of the benchmarks: the bridge, OpenDKIM, and the load clients, each a child that is stopped by its own pid.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { dkimName, type World } from "./mails.ts";
import { type Outside, startOutside } from "./outside.ts";
import { freePort } from "./postfix.ts";

const run = promisify(execFile);

/** A milter under test. */
export interface Milter {
  readonly name: string;
  readonly socket: string;
  /** Resident memory now and at its highest, MB. */
  memory(): { readonly now: number; readonly highest: number };
  /** CPU time so far: all threads, and all children that run. */
  cpuSeconds(): number;
  /** Makes mails that were sent before new ones: forgets their tokens. */
  forgetMails(): void;
  stop(): Promise<void>;
}

/** The bridge, and how long it took from its start to "ready", ms. */
export interface Bridge extends Milter {
  readonly startMs: number;
}

function memoryOf(pid: number): { now: number; highest: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { now: megabytes("VmRSS"), highest: megabytes("VmHWM") };
}

/** Linux counts in hundredths of a second (proc(5), utime and stime). */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  return (Number(user) + Number(system)) / 100 + children.reduce((sum, child) => sum + cpuSecondsOf(Number(child)), 0);
}

function milterOf(name: string, socket: string, child: ChildProcess): Milter {
  return {
    name,
    socket,
    memory: () => memoryOf(child.pid ?? 0),
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    forgetMails: () => {},
    async stop() {
      if (child.exitCode !== null) return;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
    },
  };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 4_000; tries += 1) {
    if (holds()) return;
    await sleep(10);
  }
  throw new Error(`${what} did not start`);
}

/** What a mail server of some size asks for: a floor that nobody goes below, and a default. */
const policy = {
  v: "IPP1",
  id: "bench",
  default: "quarantine",
  undeclared: "accept",
  rules: [
    { id: "news", match: { p: ["newsletter", "marketing.*"] }, action: "tag" },
    {
      id: "bills",
      match: { p: ["transactional.*"], cls: ["individual"] },
      require: { trust: ["pkix", "domain", "site"], tls: "1.2" },
      action: "accept",
      else: "tag",
    },
  ],
};

async function configuration(folder: string, outside: Outside): Promise<string> {
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const policyFile = file("policy.json", JSON.stringify(policy));
  return file(
    "waybill.toml",
    `hostname = "mx.example.test"
domains = ["example.test"]
state = "${join(folder, "state")}"
[seal]
publishes = ["dane", "sts"]
[[milter]]
kind = "border"
listen = "${join(folder, "waybill.sock")}"
mode = "0666"
[policy_service]
listen = "${join(folder, "policy.sock")}"
[http]
listen = "127.0.0.1:${await freePort()}"
[dns]
resolver = "${outside.resolver}"
[fetch]
allow_loopback = true
ca = "${file("ca.pem", outside.ca)}"
[policy]
floor = "${policyFile}"
default = "${policyFile}"
`,
  );
}

/** The bridge as an operator starts it, with every feature on: the command, its bundle, its flags, its log. */
export async function startBridge(folder: string, world: World, command?: readonly string[]): Promise<Bridge> {
  const outside = await startOutside(world);
  const config = await configuration(folder, outside);
  const startedAt = Math.floor(Date.now() / 1_000);
  const logFile = join(folder, "waybill.log");
  const log = openSync(logFile, "a");
  const starts = readFileSync(logFile, "utf8").split('"ready"').length;
  const waybill = join(import.meta.dirname, "..", "..", "bridge", "waybill");
  const [program, ...before] = command ?? [waybill];
  const spawned = performance.now();
  const child = spawn(program as string, [...before, "serve", "--config", config], {
    stdio: ["ignore", log, "inherit"],
    cwd: folder,
  });
  closeSync(log);
  await until("the bridge", () => readFileSync(logFile, "utf8").split('"ready"').length > starts);
  const startMs = performance.now() - spawned;
  const milter = milterOf("Waybill", join(folder, "waybill.sock"), child);
  return {
    ...milter,
    startMs,
    forgetMails() {
      const database = new DatabaseSync(join(folder, "state", "waybill.db"), { timeout: 10_000 });
      // Mails of the benchmarks are declared for a week from now on, all others' declarations end earlier.
      database.prepare("delete from tokens where expires_at >= ?").run(startedAt + 6.5 * 86_400);
      database.close();
    },
    stop: async () => void (await Promise.all([milter.stop(), outside.stop()])),
  };
}

/** Debian's OpenDKIM, verifying, with its keys at hand as after a DNS answer. */
export async function startOpenDkim(folder: string, world: World): Promise<Milter> {
  const socket = join(folder, "opendkim.sock");
  writeFileSync(join(folder, "opendkim.keys"), `${dkimName} ${world.dkimRecord.replaceAll(" ", "")}\n`);
  const lines = [
    "Mode v",
    `Socket local:${socket}`,
    "Background no",
    "Syslog no",
    `TestDNSData ${join(folder, "opendkim.keys")}`,
    "AuthservID mx.example.test",
    "AlwaysAddARHeader yes",
    "UMask 000",
  ];
  writeFileSync(join(folder, "opendkim.conf"), `${lines.join("\n")}\n`);
  const child = spawn("/usr/sbin/opendkim", ["-f", "-x", join(folder, "opendkim.conf")], { stdio: "inherit" });
  await until("OpenDKIM", () => existsSync(socket));
  return milterOf("OpenDKIM", socket, child);
}

const rspamdProgram = "/usr/bin/rspamd";

/** Debian's rspamd, verifying DKIM and nothing else; null where it is not installed. */
export async function startRspamd(folder: string, world: World): Promise<Milter | null> {
  if (!existsSync(rspamdProgram)) return null;
  const outside = await startOutside(world);
  const place = join(folder, "rspamd");
  const socket = join(place, "milter.sock");
  const [, dnsPort] = outside.resolver.split(":");
  mkdirSync(place);
  writeFileSync(join(place, "empty.lua"), "config = {}\n");
  const lines = [
    `options { pidfile = "${place}/pid"; filters = "dkim"; dns { nameserver = ["127.0.0.1:${dnsPort}"]; } hs_cache_dir = "${place}"; control_socket = "${place}/control mode=0600"; url_tld = "/usr/share/rspamd/effective_tld_names.dat"; }`,
    `logging { type = "file"; filename = "${place}/log"; level = "warning"; }`,
    "actions { reject = 15; }",
    `lua = "${place}/empty.lua";`,
    "dkim { dkim_cache_size = 2000; trusted_only = false; }",
    `worker { type = "rspamd_proxy"; bind_socket = "${socket} mode=0666"; milter = yes; upstream "local" { default = yes; self_scan = yes; } count = 2; }`,
  ];
  writeFileSync(join(place, "rspamd.conf"), `${lines.join("\n")}\n`);
  const child = spawn(rspamdProgram, ["-f", "-u", "root", "-g", "root", "-c", join(place, "rspamd.conf")], {
    stdio: "ignore",
  });
  await until("rspamd", () => existsSync(socket));
  const milter = milterOf("rspamd", socket, child);
  return { ...milter, stop: async () => void (await Promise.all([milter.stop(), outside.stop()])) };
}

/** Compiles mload.c; its path. */
export async function compileMload(folder: string): Promise<string> {
  const program = join(folder, "mload");
  await run("gcc", ["-O2", "-pthread", "-o", program, join(import.meta.dirname, "mload.c")]);
  return program;
}

/** What one round of mload measured: mails a second, latencies in ms. */
export interface Load {
  readonly rate: number;
  readonly mails: number;
  readonly failed: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** One round. Any mail not accepted ends the benchmark: a refusal is fast, and a wrong figure. */
export async function load(
  mload: string,
  milter: Milter,
  how: { mails: string; connections: number; total: number; perConnection: number },
): Promise<Load> {
  const args = [milter.socket, how.mails, how.connections, how.total, how.perConnection].map(String);
  const { stdout } = await run(mload, args);
  const measured = JSON.parse(stdout) as Load;
  if (measured.failed > 0) throw new Error(`${milter.name}: ${measured.failed} of ${measured.mails} mails failed`);
  return measured;
}
