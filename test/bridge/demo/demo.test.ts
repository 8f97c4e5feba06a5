// The demo as a process: it starts, each mail is judged as its title says, by the same assess() that the reading room runs
// over the same HTTP answers; a complaint travels to the sender's side; Ctrl-C leaves nothing; a taken port is said.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import { fromBase64 } from "../../../shared/encoding/base64.ts";
import { parseBridgeKeys } from "../../../shared/hop/keys.ts";
import { assess, type ReaderSources } from "../../../shared/verdict/assess.ts";
import { type KeptKey, nothingKept } from "../../../shared/verdict/recheck.ts";
import { startBrowser } from "../../extension/ui/gallery-page.ts";

const show = [
  { id: "invoice", level: "holds", result: "pass", trust: "domain" },
  { id: "newsletter", level: "holds", result: "pass", trust: "site" },
  { id: "tampered", level: "broken", result: "broken", trust: "none" },
  { id: "list-footer", level: "unproven", result: "broken", trust: "none" },
  { id: "undeclared", level: "broken", result: "none", trust: "none" },
  { id: "copy", level: "unproven", result: "copy", trust: "domain" },
  { id: "forwarded", level: "unproven", result: "forwarded", trust: "domain" },
  { id: "expired", level: "careful", result: "expired", trust: "none" },
  { id: "forged-hop", level: "unrecorded", result: "none", trust: "none" },
  { id: "smuggled-hop", level: "careful", result: undefined, trust: undefined },
  { id: "plain", level: "unrecorded", result: "none", trust: "none" },
  { id: "replay", level: "careful", result: "replay", trust: "site" },
  { id: "changed-key", level: "careful", result: "pass", trust: "site" },
] as const;

const root = join(import.meta.dirname, "..", "..", "..");
const waybill = join(root, "bridge", "waybill");
let folder: string;
let demo: { readonly process: ChildProcess; readonly written: { text: string } };
let base: string;
let ports: { readonly http: number; readonly smtp: number };

function listenAnywhere(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

async function freePort(): Promise<number> {
  const { server, port } = await listenAnywhere();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function start(args: readonly string[]): typeof demo {
  const process = spawn(waybill, ["demo", "--state", join(folder, "state"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { text: "" };
  for (const stream of [process.stdout, process.stderr]) {
    stream?.on("data", (piece: Buffer) => void (written.text += piece.toString()));
  }
  return { process, written };
}

function ended(process: ChildProcess): Promise<number | null> {
  return process.exitCode === null
    ? new Promise((resolve) => process.on("exit", (code) => resolve(code)))
    : Promise.resolve(process.exitCode);
}

async function ready({ process, written }: typeof demo): Promise<void> {
  const until = Date.now() + 100_000;
  while (!written.text.includes("The reading room: http")) {
    if (process.exitCode !== null || Date.now() > until) throw new Error(`the demo did not start:\n${written.text}`);
    await wait(100);
  }
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(new URL(path, base), init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function readerSources(): Promise<ReaderSources> {
  const { address } = await json<{ address: string }>("/demo/session");
  const bridge = await json<{ domain: string; authserv: string[]; keys: unknown }>(
    "/.well-known/ipp?domain=home.example",
  );
  const keys = await parseBridgeKeys({ keys: bridge.keys }, webCrypto);
  if (!keys.ok) throw new Error(keys.detail);
  return {
    crypto: webCrypto,
    now: Math.floor(Date.now() / 1000),
    domains: [bridge.domain],
    keys: async () => keys.value,
    async certificates(keyId) {
      const answer = await fetch(new URL(`/api/v1/certificates/${keyId}`, base));
      if (!answer.ok) return nothingKept;
      const { chains, ...revoked } = (await answer.json()) as Omit<KeptKey, "chains"> & { chains: string[][] };
      return { chains: chains.map((chain) => chain.map((der) => fromBase64(der) ?? new Uint8Array())), ...revoked };
    },
    trustedAuthservIds: bridge.authserv,
    readerAddresses: [address],
  };
}

async function judged(id: string) {
  const raw = new Uint8Array(await (await fetch(new URL(`/demo/mails/${id}`, base))).arrayBuffer());
  const assessed = await assess(raw, await readerSources());
  if (!assessed.ok) throw new Error(assessed.detail);
  return assessed.value;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-demo-"));
  ports = { http: await freePort(), smtp: await freePort() };
  base = `http://127.0.0.1:${ports.http}/`;
  demo = start(["--port", String(ports.http), "--smtp-port", String(ports.smtp)]);
  await ready(demo);
}, 120_000);
afterAll(async () => {
  if (demo.process.exitCode === null) demo.process.kill("SIGKILL");
  await ended(demo.process);
  rmSync(folder, { recursive: true });
});

describe("the show", () => {
  test.each(show)("$id: $level", async ({ id, level, result, trust }) => {
    const { verdict, evidence } = await judged(id);
    expect({
      level: verdict.level,
      result: evidence.declaration?.result,
      trust: evidence.declaration?.trust.level,
    }).toEqual({
      level,
      result,
      trust,
    });
  });

  test("the page shows the same, in a real browser", async () => {
    const pictures = process.env["WAYBILL_SCREENSHOTS"] ?? join(root, "var", "e2e", "pictures");
    const browser = await startBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
      await page.goto(base);
      await page
        .locator("[data-mail][data-level]")
        .nth(show.length - 1)
        .waitFor();
      const shown = await page.$$eval("[data-mail]", (lines) =>
        lines.map((line) => ({ id: line.getAttribute("data-mail"), level: line.getAttribute("data-level") })),
      );
      expect(shown).toEqual(show.map(({ id, level }) => ({ id, level })));
      await page.locator('[data-mail="tampered"]').click();
      await page.getByText("bank.example signs all its mail").first().waitFor();
      await page.screenshot({ path: join(pictures, "reading-room.png") });
    } finally {
      await browser.close();
    }
  }, 60_000);

  test("the hop is what the server saw: TLS 1.3 and a verified client certificate, or none", async () => {
    const [good, plain] = [await judged("invoice"), await judged("plain")];
    expect(good.verdict.hop).toMatchObject({
      tls: { version: "TLSv1.3" },
      clientCertificate: { state: "verified" },
      rdns: "mail.bank.example",
      protocol: "ESMTPS",
    });
    expect(plain.verdict.hop).toMatchObject({ tls: null, protocol: "ESMTP" });
  });

  test("the inbox lists them in order, each with what it is to show", async () => {
    const mails = await json<{ id: string; title: string; subject: string }[]>("/demo/mails");
    expect(mails.length).toBe(13);
    expect(mails[0]).toMatchObject({ id: "invoice", subject: "Your invoice for November" });
    expect(mails.every(({ title }) => title.length > 10)).toBe(true);
  });
});

describe("a complaint", () => {
  const post = async (ref: string | null, token: string) =>
    json<{ id: string; undo: string; reach: string }>("/api/v1/complaints", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ ref, code: "misrepresented", actual: "marketing", tellSender: true }),
    });

  test("travels to the sender's side and is counted once; one taken back is not", async () => {
    const { token } = await json<{ token: string }>("/demo/session");
    const newsletter = (await judged("newsletter")).verdict.complaint;
    expect(newsletter).toMatchObject({ reach: "sender", boundRecipients: 3, namesReader: false });
    const made = await post(newsletter.ref, token);
    expect(made.reach).toBe("sender");
    const taken = await post((await judged("invoice")).verdict.complaint.ref, token);
    const undone = await fetch(new URL(`/api/v1/complaints/${taken.id}`, base), {
      method: "DELETE",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ undo: taken.undo }),
    });
    expect(undone.status).toBe(204);
    const counts = async () => json<{ undoSeconds: number; received: object[] }>("/demo/sender-counts");
    expect((await counts()).received).toEqual([]);
    const until = Date.now() + 60_000;
    while ((await counts()).received.length === 0 && Date.now() < until) await wait(500);
    await wait(1_500);
    expect((await counts()).received).toMatchObject([
      { signer: "news@letters.example", purpose: "newsletter", code: "misrepresented", attested: true, count: 1 },
    ]);
  }, 90_000);
});

describe("ports and the end", () => {
  test.each(["port", "smtp-port"])("a taken --%s is said, with what to do", async (option) => {
    const { server, port } = await listenAnywhere();
    const other = option === "port" ? ["--smtp-port", String(await freePort())] : ["--port", String(await freePort())];
    const second = start([`--${option}`, String(port), ...other]);
    expect(await ended(second.process)).toBe(2);
    expect(second.written.text).toMatch(
      new RegExp(
        `^waybill: port ${port} of 127\\.0\\.0\\.1, for .* is taken by another program\\. Choose another: npm start -- --${option} \\d+\n$`,
      ),
    );
    server.close();
  });

  test("a folder that cannot be made is said, with another to choose", async () => {
    const [http, smtp] = [await freePort(), await freePort()];
    const file = join(folder, "file");
    writeFileSync(file, "");
    const places = ["--state", join(file, "state"), "--port", String(http), "--smtp-port", String(smtp)];
    const second = start(places);
    expect(await ended(second.process)).toBe(2);
    expect(second.written.text).toContain("npm start -- --state DIR");
    expect(second.written.text).not.toContain("\n    at ");
  });

  test("Ctrl-C ends it soon, nothing listens any more, and it starts again", async () => {
    const started = Date.now();
    // As a terminal and npm together do: twice at once is one wish.
    demo.process.kill("SIGINT");
    demo.process.kill("SIGINT");
    expect(await ended(demo.process)).toBe(0);
    expect(Date.now() - started).toBeLessThan(8_000);
    expect(demo.written.text).toMatch(/Ended\.\n$/);
    expect(demo.written.text).not.toContain("\n    at ");
    demo = start(["--port", String(ports.http), "--smtp-port", String(ports.smtp)]);
    await ready(demo);
    expect((await json<unknown[]>("/demo/mails")).length).toBe(13);
    demo.process.kill("SIGTERM");
    expect(await ended(demo.process)).toBe(0);
  }, 120_000);

  test("Ctrl-C while mail is under way ends it without a stack trace", async () => {
    const early = start(["--port", String(await freePort()), "--smtp-port", String(await freePort())]);
    while (!early.written.text.includes(" 2/13 ") && early.process.exitCode === null) await wait(5);
    early.process.kill("SIGINT");
    expect(await ended(early.process)).toBe(0);
    expect(early.written.text).toMatch(/Ended\.\n$/);
    expect(early.written.text).not.toContain("\n    at ");
  }, 60_000);
});
