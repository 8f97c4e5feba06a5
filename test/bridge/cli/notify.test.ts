// What systemd is told, by a real datagram socket in systemd's place: Perl's, which every Debian has.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serviceManager } from "../../../bridge/cli/notify.ts";

const waybill = join(import.meta.dirname, "..", "..", "..", "bridge", "waybill");
const here = existsSync("/usr/bin/systemd-notify") && existsSync("/usr/bin/perl");

/** Prints each datagram as one line, "|" between its own lines. An "@" in front: an abstract socket. */
const receiver = `use Socket; $| = 1;
my $path = $ARGV[0] =~ s/^@/\\0/r;
my $socket;
socket($socket, PF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($socket, pack_sockaddr_un($path)) or die $!;
print "listening\\n";
while (defined recv($socket, my $message, 65536, 0)) { print join("|", split /\\n/, $message), "\\n"; }`;

let folder = "";
let started: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-notify-"));
  started = [];
});
afterEach(async () => {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(folder, { recursive: true });
});

/** Next messages of a socket that is bound there; systemd-notify's own barrier is left out. */
async function manager(socket: string): Promise<() => Promise<string>> {
  const child = spawn("/usr/bin/perl", ["-e", receiver, socket], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error("the receiver has ended");
    return line.value === "BARRIER=1" ? next() : line.value;
  };
  expect(await next()).toBe("listening");
  return next;
}

function configuration(more = ""): string {
  return `hostname = "mx1.example.net"
domains = ["example.net"]
state = "${join(folder, "state")}"
[dns]
resolver = "127.0.0.1:1"
[http]
listen = "127.0.0.1:0"
[policy_service]
listen = "${join(folder, "policy.sock")}"
[[milter]]
kind = "border"
listen = "${join(folder, "milter.sock")}"
${more}`;
}

describe.skipIf(!here)("the service manager", () => {
  test.each([
    ["a socket file", () => join(folder, "notify.sock")],
    ["an abstract socket", () => `@waybill-notify-${process.pid}`],
  ])("hears of start, reloads and stop: %s", async (_, place) => {
    const socket = place();
    const next = await manager(socket);
    const config = join(folder, "waybill.toml");
    writeFileSync(config, configuration());
    const bridge = spawn(waybill, ["serve", "--config", config], {
      stdio: "ignore",
      env: { ...process.env, NOTIFY_SOCKET: socket },
    });
    started.push(bridge);
    const ended = new Promise((resolve) => bridge.once("exit", resolve));
    expect(await next()).toBe("READY=1|STATUS=1 milter listeners");
    // Not before it listens.
    expect(existsSync(join(folder, "milter.sock"))).toBe(true);

    const before = process.hrtime.bigint() / 1_000n;
    bridge.kill("SIGHUP");
    const reloading = await next();
    expect(reloading).toMatch(/^RELOADING=1\|MONOTONIC_USEC=\d+\|STATUS=/);
    // The same clock in all processes: systemd wants a time after its own signal.
    const at = BigInt(/MONOTONIC_USEC=(\d+)/.exec(reloading)?.[1] ?? 0);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(process.hrtime.bigint() / 1_000n);
    expect(await next()).toBe("READY=1|STATUS=1 milter listeners");

    writeFileSync(config, configuration("[policy]\ndefualt = 1\n"));
    bridge.kill("SIGHUP");
    expect(await next()).toMatch(/^RELOADING=1/);
    expect(await next()).toBe("READY=1|STATUS=1 milter listeners; the last reload failed, see the log");

    bridge.kill("SIGTERM");
    expect(await next()).toMatch(/^STOPPING=1/);
    expect(await ended).toBe(0);
  });

  test("that is gone is told nothing, and that is said", async () => {
    const said: string[] = [];
    const log = { warn: (_: object, message: string) => void said.push(message) };
    // systemd-notify reads the variable itself.
    const before = process.env["NOTIFY_SOCKET"];
    process.env["NOTIFY_SOCKET"] = join(folder, "gone.sock");
    await serviceManager(process.env, log).ready("x");
    if (before === undefined) delete process.env["NOTIFY_SOCKET"];
    else process.env["NOTIFY_SOCKET"] = before;
    expect(said).toEqual(["systemd could not be told: READY=1"]);
  });

  test("that is not there is told nothing", async () => {
    const log = { warn: (_: object, message: string) => expect.fail(message) };
    await serviceManager({}, log).ready("x");
    await serviceManager({ NOTIFY_SOCKET: "" }, log).stopping();
  });
});
