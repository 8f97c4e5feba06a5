// kill -9 of either bridge between a complaint and its count: nothing is lost, nothing is counted twice. Both sides are real
// processes of our API on real sockets and databases.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { generateKey } from "../../../bridge/keys/key-file.ts";
import { openStore } from "../../../bridge/store/store.ts";
import { must } from "../../fakes/mail.ts";
import { receivedMail } from "../api/received-mail.ts";
import { adminToken } from "../api/side.ts";
import { silent } from "../store/fixtures.ts";
import type { ProcessSettings } from "./bridge-process.ts";

const program = join(import.meta.dirname, "bridge-process.ts");
const domains = { reader: "example.net", sender: "bank.example" } as const;
type Role = keyof typeof domains;

let folder = "";
let running = new Map<Role, ChildProcess>();
/** Free ports, taken at the first start and kept, as a real bridge's are. */
let ports: Record<Role, number> = { reader: 0, sender: 0 };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-kill-"));
  running = new Map();
  ports = { reader: 0, sender: 0 };
  for (const role of ["reader", "sender"] as const) {
    const pem = generateKey("p256").export({ format: "pem", type: "pkcs8" });
    writeFileSync(join(folder, `${role}.pem`), pem, { mode: 0o600 });
  }
});
afterEach(async () => {
  for (const role of running.keys()) await kill(role);
  rmSync(folder, { recursive: true });
});

async function start(role: Role, judges = true): Promise<void> {
  const settings: ProcessSettings = {
    domain: domains[role],
    db: join(folder, `${role}.db`),
    key: join(folder, `${role}.pem`),
    port: ports[role],
    peers: { [domains.reader]: ports.reader, [domains.sender]: ports.sender },
    judges,
  };
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.set(role, child);
  ports[role] = await new Promise<number>((resolve, reject) => {
    child.stdout.once("data", (line: Buffer) => resolve(Number(line.toString())));
    child.once("exit", (code) => reject(new Error(`${role} ended with ${code}`)));
  });
}

async function kill(role: Role): Promise<void> {
  const child = running.get(role);
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

/** Learns the ports: each side is started once, so that the other can be told where it is. */
async function startBoth(judges = true): Promise<void> {
  await start("sender", judges);
  await start("reader");
  await kill("sender");
  await start("sender", judges);
}

const bearerOf = (i: number): string => `bearer-of-reader-${i}-which-is-long-enough`;
const addressOf = (i: number): string => `reader${i}@example.net`;

/** Mails that readers got, and their pairings, as if they had been there for a while. */
async function received(count: number): Promise<void> {
  const store = must(await openStore(join(folder, "reader.db"), silent));
  const now = Math.floor(Date.now() / 1_000);
  for (let i = 0; i < count; i += 1) {
    await store.signals.record(await receivedMail(`ref-${i}`, [addressOf(i)], { now: now - 60 }));
    await store.bearers.add({ token: bearerOf(i), address: addressOf(i), now });
  }
  await store.close();
}

/** Complains until the bridge is there to hear it; 409: the answer to an earlier try got lost with the process. */
async function complain(i: number): Promise<void> {
  for (;;) {
    try {
      const answer = await fetch(`http://127.0.0.1:${ports.reader}/api/v1/complaints`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${bearerOf(i)}` },
        body: JSON.stringify({ ref: `ref-${i}`, code: "phishing", tellSender: true }),
      });
      if (answer.status === 201 || answer.status === 409) return;
      if (answer.status !== 503) throw new Error(`complaint ${i}: ${answer.status} ${await answer.text()}`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await wait(50);
  }
}

interface Counts {
  readonly received: readonly { readonly attested: boolean; readonly count: number }[];
  readonly queue: { readonly queued: number; readonly sent: number; readonly waiting: number };
}

async function counts(role: Role): Promise<Counts> {
  const answer = await fetch(`http://127.0.0.1:${ports[role]}/api/v1/admin/counts`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  return (await answer.json()) as Counts;
}

/** Polls one side until it is as wanted. */
async function until(role: Role, fits: (counts: Counts) => boolean): Promise<void> {
  while (!fits(await counts(role))) await wait(50);
}

/** What the sender has counted once nothing is under way any more: nothing can be counted after that. */
async function settled(reports: number): Promise<number> {
  await until("reader", ({ queue }) => queue.queued === 0 && queue.sent === reports);
  await until("sender", ({ queue }) => queue.waiting === 0);
  const { received } = await counts("sender");
  return received.filter(({ attested }) => attested).reduce((sum, { count }) => sum + count, 0);
}

describe("kill -9", { timeout: 180_000 }, () => {
  test("of the reader's bridge right after the complaint was taken", async () => {
    await received(1);
    await startBoth();
    await complain(0);
    await kill("reader");
    await start("reader");
    expect(await settled(1)).toBe(1);
  });

  test("of the sender's bridge between its 202 and the count, and of the reader's after it", async () => {
    await received(1);
    await startBoth(false);
    await complain(0);
    await until("sender", ({ queue }) => queue.waiting === 1);
    await kill("sender");
    await kill("reader");
    await start("sender");
    await start("reader");
    expect(await settled(1)).toBe(1);
  });

  test("of both, again and again, while readers complain", async () => {
    const readers = 12;
    await received(readers);
    await startBoth();
    const complaining = (async () => {
      for (let i = 0; i < readers; i += 1) await complain(i);
    })();
    for (const role of ["reader", "sender", "reader", "sender"] as const) {
      await wait(Math.random() * 400);
      await kill(role);
      await start(role);
    }
    await complaining;
    expect(await settled(readers)).toBe(readers);
  });
});
