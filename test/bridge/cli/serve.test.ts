// `waybill serve` as a process: a mail through its milter over a real socket, reload, a wrong reload, a stop that finishes
// what is under way, a kill and a new start.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Mta } from "../milter/mta.ts";

const waybill = join(import.meta.dirname, "..", "..", "..", "bridge", "waybill");
let folder: string;
let config: string;
let httpPort: number;
let running: { readonly process: ChildProcess; readonly log: { text: string } } | null = null;

async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function until(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`${what}: not within 30 s\n${running?.log.text ?? ""}`);
    await wait(50);
  }
}

function launch(): NonNullable<typeof running> {
  const process = spawn(waybill, ["serve", "--config", config], { stdio: ["ignore", "pipe", "pipe"] });
  const log = { text: "" };
  process.stdout.on("data", (piece: Buffer) => void (log.text += piece.toString()));
  process.stderr.on("data", (piece: Buffer) => void (log.text += piece.toString()));
  running = { process, log };
  return running;
}

async function start(): Promise<NonNullable<typeof running>> {
  const launched = launch();
  await until("ready", () => launched.log.text.includes('"ready"') || launched.process.exitCode !== null);
  return launched;
}

function ended(process: ChildProcess): Promise<number | null> {
  if (process.exitCode !== null) return Promise.resolve(process.exitCode);
  return new Promise((resolve) => process.on("exit", (code) => resolve(code)));
}

/** Every file below a folder and what is in it. */
function contentOf(state: string): ReadonlyMap<string, string> {
  const names = readdirSync(state, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(state, name)).isFile()).toSorted();
  return new Map(files.map((name) => [name, readFileSync(join(state, name), "latin1")]));
}

const text = (more = ""): string => `hostname = "mx1.example.net"
domains = ["example.net"]
state = "${join(folder, "state")}"
[dns]
resolver = "127.0.0.1:1"
timeout_ms = 200
[http]
listen = "127.0.0.1:${httpPort}"
[policy_service]
listen = "${join(folder, "policy.sock")}"
[[milter]]
kind = "border"
listen = "${join(folder, "milter.sock")}"
${more}`;

beforeAll(async () => {
  httpPort = await freePort();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-serve-"));
  config = join(folder, "waybill.toml");
  writeFileSync(config, text());
});
afterEach(async () => {
  if (running !== null && running.process.exitCode === null) {
    running.process.kill("SIGKILL");
    await ended(running.process);
  }
  running = null;
  rmSync(folder, { recursive: true });
});

const get = async (path: string): Promise<Response> => fetch(`http://127.0.0.1:${httpPort}${path}`);

/** What the milter answers to one undeclared mail, with one more field. */
async function answersTo(field: string): ReturnType<Mta["end"]> {
  const mta = await Mta.open(join(folder, "milter.sock"));
  await mta.connect();
  await mta.helo("a.elsewhere.example");
  await mta.mail("<a@elsewhere.example>");
  await mta.recipient("<reader@example.net>");
  await mta.content(["From: a@elsewhere.example", "Subject: hello", field], "text\r\n");
  const answers = await mta.end();
  mta.close();
  return answers;
}

describe("serve", () => {
  test("a mail goes through the milter: judged and sealed", async () => {
    const { process } = await start();
    expect(await (await get("/readyz")).json()).toMatchObject({ ready: true });
    const answers = await answersTo("Hop-Signal: v=1; s=example.net; forged");
    // The forged one deleted, ours put on top, the mail let go.
    expect(answers.map(({ letter }) => letter)).toEqual(["m", "i", "c"]);
    expect(answers[1]?.text).toContain("s=example.net;");
    process.kill("SIGTERM");
    expect(await ended(process)).toBe(0);
  });

  test("a reload counts at once, a wrong one changes nothing and is said", async () => {
    const { process, log } = await start();
    const publicPolicy = async (): Promise<string> => (await get("/ipp/example.net/reader.pol")).text();
    expect(await publicPolicy()).toContain('"built-in"');
    const policy = join(folder, "default.json");
    writeFileSync(policy, '{"v":"IPP1","id":"mine","default":"accept","undeclared":"accept"}');
    writeFileSync(config, text(`[policy]\ndefault = "${policy}"\n`));
    process.kill("SIGHUP");
    await until("reload", () => log.text.includes("reload: done"));
    expect(await publicPolicy()).toContain('"mine"');

    writeFileSync(config, text("[policy]\ndefualt = 1\n"));
    process.kill("SIGHUP");
    await until("refusal", () => log.text.includes("the old one stays"));
    expect(log.text).toContain("policy.defualt: there is no such setting");
    expect(await publicPolicy()).toContain('"mine"');

    writeFileSync(config, text().replace(`127.0.0.1:${httpPort}`, "127.0.0.1:1"));
    process.kill("SIGHUP");
    await until("warning", () => log.text.includes("wait for a restart"));
    expect(log.text).toContain('"settings":["http"]');
  });

  test("what becomes of refused mail is another with the reload; on_failure waits", async () => {
    const policy = join(folder, "default.json");
    writeFileSync(policy, '{"v":"IPP1","id":"strict","default":"accept","undeclared":"reject"}');
    const strict = `[policy]\ndefault = "${policy}"\n`;
    writeFileSync(config, text(strict));
    const { process, log } = await start();
    const last = async (): Promise<string | undefined> => (await answersTo("To: reader@example.net")).at(-1)?.letter;
    expect(await last()).toBe("y");
    writeFileSync(config, `report_only = true\non_failure = "accept"\n${text(strict)}`);
    process.kill("SIGHUP");
    await until("reload", () => log.text.includes("reload: done"));
    expect(await last()).toBe("c");
    expect(log.text).toContain('"settings":["on_failure"]');
  });

  test.skipIf(!existsSync("/proc/self/status"))("a reload that is asked for while it starts ends nothing", async () => {
    const first = await start();
    first.process.kill("SIGTERM");
    await ended(first.process);
    // Starting waits for the database meanwhile.
    const other = new DatabaseSync(join(folder, "state", "waybill.db"));
    other.exec("pragma locking_mode = exclusive; begin exclusive");
    const { process, log } = launch();
    const hearsHangups = (): boolean => {
      const caught = /^SigCgt:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${process.pid}/status`, "utf8"))?.[1] ?? "0";
      return (BigInt(`0x${caught}`) & 1n) !== 0n;
    };
    await until("a listener", hearsHangups);
    process.kill("SIGHUP");
    other.close();
    await until("reload", () => log.text.includes("reload: done"));
    process.kill("SIGTERM");
    expect(await ended(process)).toBe(0);
  });

  test("killed, it starts again over its socket file and its database", async () => {
    const first = await start();
    first.process.kill("SIGKILL");
    await ended(first.process);
    expect(existsSync(join(folder, "milter.sock"))).toBe(true);
    await start();
    expect((await get("/readyz")).status).toBe(200);
  });

  test("a newer version's database is refused in plain words, and nothing in the state changes", async () => {
    const { process } = await start();
    process.kill("SIGTERM");
    expect(await ended(process)).toBe(0);
    const database = new DatabaseSync(join(folder, "state", "waybill.db"));
    database.exec("create table letters (id integer)");
    database.exec("insert into kysely_migration (name, timestamp) values ('9999-letters', '2031-01-01')");
    database.close();
    const before = contentOf(join(folder, "state"));
    const older = await start();
    expect(await ended(older.process)).toBe(2);
    expect(older.log.text).toContain("the database was written by a newer waybill (it has 9999-letters;");
    expect(older.log.text).toContain("run the newer version, or restore the copy from before the upgrade");
    expect(contentOf(join(folder, "state"))).toEqual(before);
  });

  test("a taken port is said, and what had started ends", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(httpPort, "127.0.0.1", () => resolve()));
    const { process, log } = await start();
    expect(await ended(process)).toBe(2);
    expect(log.text).toContain(`waybill: http.listen: 127.0.0.1:${httpPort} is taken by another program`);
    await new Promise((resolve) => server.close(resolve));
  });

  test("a folder that is not there is said", async () => {
    writeFileSync(config, text().replace(join(folder, "milter.sock"), join(folder, "none", "milter.sock")));
    const { process, log } = await start();
    expect(await ended(process)).toBe(2);
    expect(log.text).toContain("its folder is not there");
  });
});
