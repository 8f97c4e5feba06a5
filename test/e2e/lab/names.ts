// DNS of the lab's internet: knot signs one zone, the root itself, with every name in it; each host's unbound validates
// against its key. What is not in it does not exist, provably and at once.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram, type Running } from "../running.ts";
import { until } from "../wait.ts";
import type { Host } from "./namespaces.ts";

/** One line of the zone: "bank.example. MX 10 mail.bank.example." */
export type Line = string;

/** The started name server. */
export interface NameServer {
  readonly program: Running;
  /** Trust anchors for a resolver, as a file. */
  readonly anchors: string;
  readonly address: string;
}

function zone(lines: readonly Line[]): string {
  const head = ["$ORIGIN .", "$TTL 60", "@ SOA ns.example. hostmaster.example. 1 60 60 86400 5", "@ NS ns.example."];
  return `${[...head, ...lines].join("\n")}\n`;
}

function knotSettings(folder: string, address: string): string {
  return `server:
    listen: ${address}@53
    rundir: ${folder}
    user: root:root
    pidfile: ${folder}/knot.pid
log:
  - target: stderr
    any: warning
database:
    storage: ${folder}/database
policy:
  - id: lab
    algorithm: ecdsap256sha256
    single-type-signing: on
    nsec3: off
zone:
  - domain: .
    storage: ${folder}
    file: root.zone
    zonefile-sync: -1
    zonefile-load: difference
    journal-content: all
    dnssec-signing: on
    dnssec-policy: lab
`;
}

/** Starts knot with one signed zone and asks for its key. */
export async function startNameServer(
  host: Host,
  folder: string,
  lines: readonly Line[],
  signal: AbortSignal,
): Promise<NameServer> {
  mkdirSync(join(folder, "database"), { recursive: true });
  writeFileSync(join(folder, "root.zone"), zone([`ns.example. A ${host.address}`, ...lines]));
  const file = join(folder, "knot.conf");
  writeFileSync(file, knotSettings(folder, host.address));
  const program = startProgram(
    {
      name: "knot",
      command: "/usr/sbin/knotd",
      args: ["-c", file],
      log: join(folder, "knot.log"),
      namespace: host.namespace,
    },
    signal,
  );
  const dig = [
    "netns",
    "exec",
    host.namespace,
    "dig",
    "+short",
    "+time=1",
    "+tries=1",
    `@${host.address}`,
    ".",
    "DNSKEY",
  ];
  const key = await until("the zone's key", () => {
    if (!program.alive()) throw new Error(`knot has ended; see ${program.log}`);
    return /^257 .*$/m.exec(execFileSync("ip", dig, { encoding: "utf8" }))?.[0];
  });
  const anchors = join(folder, "anchors.key");
  writeFileSync(anchors, `. 60 IN DNSKEY ${key}\n`);
  return { program, anchors, address: host.address };
}

function unboundSettings(folder: string, server: NameServer): string {
  return `server:
  interface: 127.0.0.1
  do-ip6: no
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  logfile: ""
  val-log-level: 2
  module-config: "validator iterator"
  trust-anchor-file: "${server.anchors}"
  cache-max-negative-ttl: 2
  qname-minimisation: no
stub-zone:
  name: "."
  stub-addr: ${server.address}
remote-control:
  control-enable: no
`;
}

/** Starts a host's own validating resolver on its loopback. */
export async function startResolver(
  host: Host,
  folder: string,
  server: NameServer,
  signal: AbortSignal,
): Promise<Running> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "unbound.conf");
  writeFileSync(file, unboundSettings(folder, server));
  const program = startProgram(
    {
      name: `unbound ${host.namespace}`,
      command: "/usr/sbin/unbound",
      args: ["-d", "-c", file],
      log: join(folder, "unbound.log"),
      namespace: host.namespace,
    },
    signal,
  );
  const dig = ["netns", "exec", host.namespace, "dig", "+time=1", "+tries=1", "@127.0.0.1", "ns.example", "A"];
  await until("a validated answer", () => {
    if (!program.alive()) throw new Error(`unbound has ended; see ${program.log}`);
    return / ad[ ;]/.test(execFileSync("ip", dig, { encoding: "utf8" }));
  });
  return program;
}
