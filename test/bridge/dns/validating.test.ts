// A real validating resolver, Debian's Unbound, over a zone that Knot signs: what its word comes to, from datagram to reader.
// Left out, saying so, where the programs are not installed.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stubResolver } from "../../../bridge/dns/stub.ts";
import { freePort as freeTcpPort } from "../../e2e/ports.ts";
import { type Identity, makeIdentity, makeMail, signMail } from "../../fakes/mail.ts";
import { arrives, borderOf, pem } from "../pipeline/senders.ts";

const programs = ["/usr/sbin/knotd", "/usr/sbin/unbound", "/usr/bin/dig"];
const missing = process.getuid?.() === 0 ? programs.find((file) => !existsSync(file)) : "root";
const url = "https://ipp.example/example.org/";
/** What the resolver believes of the zone's key: that it is the right one, another one, nothing. */
const beliefs = ["right", "wrong", "wrong, and says why", "none"] as const;

let folder = "";
let alice: Identity;
const running: ChildProcess[] = [];
const ports = new Map<(typeof beliefs)[number], number>();

/** Free for datagrams and for connections: both programs take both. */
async function freePort(): Promise<number> {
  const port = await freeTcpPort();
  const socket = createSocket("udp4");
  const free = await new Promise<boolean>((resolve) => {
    socket.once("error", () => resolve(false)).bind(port, "127.0.0.1", () => resolve(true));
  });
  socket.close();
  return free ? port : await freePort();
}

function start(command: string, ...args: readonly string[]): void {
  running.push(spawn(command, args, { stdio: "ignore" }));
}

/** Asks until there is an answer that is one: a busy machine takes its time to start a program. */
async function dig(port: number, wanted: RegExp, ...question: readonly string[]): Promise<string> {
  const args = ["+time=1", "+tries=1", `-p${port}`, "@127.0.0.1", ...question];
  for (const end = Date.now() + 25_000; Date.now() < end;) {
    try {
      const found = wanted.exec(execFileSync("dig", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
      if (found !== null) return found[1] ?? found[0];
    } catch {
      // Not up yet.
    }
    await sleep(50);
  }
  throw new Error(`no answer to ${question.join(" ")}`);
}

/** Starts Knot with the signed zone; its port and its key. */
async function startKnot(zone: readonly string[]): Promise<{ readonly port: number; readonly key: string }> {
  const port = await freePort();
  const place = join(folder, "knot");
  mkdirSync(place);
  writeFileSync(join(place, "zone"), `${zone.join("\n")}\n`);
  const file = join(place, "knot.conf");
  writeFileSync(
    file,
    `server:
  listen: 127.0.0.1@${port}
  rundir: ${place}
  pidfile: ${place}/pid
  user: root:root
database:
  storage: ${place}
policy:
  - id: lab
    algorithm: ecdsap256sha256
    single-type-signing: on
zone:
  - domain: example.org
    storage: ${place}
    file: zone
    zonefile-sync: -1
    zonefile-load: difference
    journal-content: all
    dnssec-signing: on
    dnssec-policy: lab
`,
  );
  start("/usr/sbin/knotd", "-c", file);
  return { port, key: await dig(port, /^257 (3 13 .*)$/m, "+short", "example.org", "DNSKEY") };
}

async function startUnbound(belief: (typeof beliefs)[number], knot: { port: number; key: string }): Promise<void> {
  const port = await freePort();
  const place = join(folder, belief.replaceAll(/\W/g, ""));
  mkdirSync(place);
  const key = belief === "right" ? knot.key : knot.key.replace(/.(?=.{8}$)/, (was) => (was === "A" ? "B" : "A"));
  writeFileSync(join(place, "anchor"), belief === "none" ? "" : `example.org. 60 IN DNSKEY 257 ${key}\n`);
  const file = join(place, "unbound.conf");
  writeFileSync(
    file,
    `server:
  interface: 127.0.0.1
  port: ${port}
  do-ip6: no
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "${place}"
  pidfile: ""
  logfile: "${place}/log"
  do-not-query-localhost: no
  qname-minimisation: no
  module-config: "validator iterator"
  ede: ${belief.includes("why") ? "yes" : "no"}
${belief === "none" ? "" : `  trust-anchor-file: "${place}/anchor"\n`}stub-zone:
  name: "example.org"
  stub-addr: 127.0.0.1@${knot.port}
remote-control:
  control-enable: no
`,
  );
  start("/usr/sbin/unbound", "-d", "-c", file);
  ports.set(belief, port);
  await dig(port, /status: (?:NOERROR|SERVFAIL)/, "_ipp.example.org", "TXT");
}

beforeAll(async () => {
  if (missing !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), "waybill-dnssec-"));
  alice = await makeIdentity("alice@example.org");
  const record = `v=IPP1\\; t=url\\; url=${url}\\; ca=sha256:${alice.signer.keyId}`;
  const knot = await startKnot([
    "$ORIGIN example.org.",
    "$TTL 60",
    "@ SOA ns hostmaster 1 60 60 86400 5",
    "@ NS ns",
    "ns A 192.0.2.1",
    `_ipp TXT "${record}"`,
  ]);
  for (const belief of beliefs) await startUnbound(belief, knot);
}, 60_000);

afterAll(async () => {
  for (const child of running) {
    if (child.exitCode !== null) continue;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
  if (folder !== "") rmSync(folder, { recursive: true });
});

describe.skipIf(missing !== undefined)(`Unbound and Knot${missing === undefined ? "" : ` (needs ${missing})`}`, () => {
  const stub = (belief: (typeof beliefs)[number]) =>
    stubResolver({
      server: { address: "127.0.0.1", port: ports.get(belief) ?? 0 },
      timeoutMs: 4_000,
      now: () => performance.now(),
    });

  test.each([
    { belief: "right", want: { ok: true, value: { dnssec: "secure" } } },
    { belief: "none", want: { ok: true, value: { dnssec: "insecure" } } },
    { belief: "wrong", want: { ok: false, kind: "temp", code: "dns/servfail" } },
    { belief: "wrong, and says why", want: { ok: false, kind: "temp", code: "dns/bogus" } },
  ] as const)("a record, and one that is not there: the resolver's belief is $belief", async ({ belief, want }) => {
    const resolver = stub(belief);
    expect(await resolver.txt("_ipp.example.org")).toMatchObject(want);
    const nothing = await resolver.txt("_ipp.nobody.example.org");
    expect(nothing).toMatchObject(want);
    if (nothing.ok) expect(nothing.value.records).toEqual([]);
  });

  test.each([
    { belief: "right", want: ["pass domain: holds pass"] },
    { belief: "none", want: ["pass site: holds pass"] },
    { belief: "wrong", want: ["451", "temperror none: unproven temperror"] },
    { belief: "wrong, and says why", want: ["451", "temperror none: unproven temperror"] },
  ] as const)("a mail: the resolver's belief is $belief", async ({ belief, want }) => {
    const documents = { [`${url}alice.pub?ks=${alice.signer.keyId}`]: pem(...alice.chain) };
    const desk = borderOf({ names: {}, documents }, { resolver: stub(belief) });
    const signed = await signMail(makeMail(), alice);
    for (const words of want) {
      expect((await arrives(desk, signed)).words).toBe(words);
      desk.now += 4 * 3_600;
    }
  });
});
