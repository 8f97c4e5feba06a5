// The API on real sockets: late, long and trickling clients, TLS, who counts as being on this machine.
import { once } from "node:events";
import { request as requestTls } from "node:https";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type HttpListener, startHttp } from "../../../bridge/api/http.ts";
import { issueCertificate } from "../../../bridge/keys/issue.ts";
import { formatPrivateKey, generateKey } from "../../../bridge/keys/key-file.ts";
import type { Store } from "../../../bridge/store/store.ts";
import { formatPem } from "../../../shared/x509/pem.ts";
import { testTime } from "../../fakes/mail.ts";
import { memoryStore } from "../store/fixtures.ts";
import { adminToken, makeSide, type SideOptions } from "./side.ts";

let store: Store;
let stop: AbortController;
let listener: HttpListener;

async function listen(more: Partial<SideOptions> = {}): Promise<void> {
  const { app } = makeSide({ domain: "example.net", store, ...more });
  const timeouts = { headersMs: 300, requestMs: 600, idleMs: 1_000 };
  listener = await startHttp({ app, host: "127.0.0.1", port: 0, signal: stop.signal, timeouts });
}

beforeEach(async () => {
  store = await memoryStore();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await listener.closed;
  await store.close();
});

/** What comes until the server hangs up. */
async function everything(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("error", () => {});
  if (!socket.closed) await once(socket, "close");
  return text;
}

async function open(): Promise<Socket> {
  const socket = connect(listener.port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

describe("clients that keep a connection", () => {
  test("a header that never ends", async () => {
    await listen();
    const socket = await open();
    socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n");
    const drip = setInterval(() => socket.write("a: b\r\n"), 50);
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  });

  test("a body that never ends", async () => {
    await listen();
    const socket = await open();
    socket.write("POST /api/v1/pairings HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    const drip = setInterval(() => socket.write("x"), 50);
    await everything(socket);
    clearInterval(drip);
    expect(socket.closed).toBe(true);
  });

  test("a connection without a word", async () => {
    await listen();
    const socket = await open();
    expect(await everything(socket)).toMatch(/^(HTTP\/1\.1 408 .*)?/);
    expect(socket.closed).toBe(true);
  });

  test("a header larger than 16 kB", async () => {
    await listen();
    const socket = await open();
    socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(20_000)}\r\n\r\n`);
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("a body larger than the endpoint takes, its length not told", async () => {
    await listen();
    const socket = await open();
    socket.write("POST /api/v1/pairings HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let i = 0; i < 5; i += 1) socket.write(`400\r\n${"x".repeat(1_024)}\r\n`);
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("stopping", () => {
  test("ends idle connections and frees the port", async () => {
    await listen();
    const answer = await fetch(`${listener.url}/healthz`);
    expect(await answer.text()).toBe("ok\n");
    stop.abort();
    await listener.closed;
    await expect(fetch(`${listener.url}/healthz`)).rejects.toThrow();
  });

  test("a port that is taken is said so", async () => {
    await listen();
    const { app } = makeSide({ domain: "example.net", store });
    const again = startHttp({ app, host: "127.0.0.1", port: listener.port, signal: stop.signal });
    await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("who is on this machine", () => {
  const status = async (headers: Record<string, string> = {}): Promise<number | undefined> => {
    const socket = await open();
    const lines = Object.entries({ Host: `127.0.0.1:${listener.port}`, Connection: "close", ...headers });
    socket.write(`GET /metrics HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
    return Number((await everything(socket)).slice(9, 12));
  };

  test("needs no token where that is allowed, unless a proxy or a stranger's page is in between", async () => {
    await listen({ admin: { tokenHash: null, loopback: true } });
    expect(await status()).toBe(200);
    expect(await status({ Host: "localhost" })).toBe(200);
    expect(await status({ "X-Forwarded-For": "198.51.100.7" })).toBe(401);
    expect(await status({ "X-Forwarded-For": "127.0.0.1" })).toBe(401);
    expect(await status({ Via: "1.1 proxy" })).toBe(401);
    expect(await status({ Host: "rebound.evil.example" })).toBe(401);
  });

  test("needs one by default", async () => {
    await listen();
    expect(await status()).toBe(401);
    expect(await status({ Authorization: `Bearer ${adminToken}` })).toBe(200);
  });

  test("behind a proxy each client has its own limits, and a client cannot choose another's", async () => {
    await listen();
    const guess = async (forwarded: string): Promise<number> => {
      const headers = { "x-forwarded-for": forwarded, authorization: "Bearer guess-guess-guess-guess" };
      return (await fetch(`${listener.url}/metrics`, { headers })).status;
    };
    for (let i = 0; i < 31; i += 1) await guess(`203.0.113.${i}, 198.51.100.7`);
    expect(await guess("198.51.100.7")).toBe(429);
    expect(await guess("198.51.100.8")).toBe(401);
    for (let i = 0; i < 31; i += 1) await guess(`2001:db8:0:1::${i}`);
    expect(await guess("2001:db8:0:1:ffff::1")).toBe(429);
    expect(await guess("2001:db8:0:2::1")).toBe(401);
  });
});

describe("https", () => {
  test("itself, with a certificate of its own", async () => {
    const key = generateKey("p256");
    const chain = await issueCertificate({
      commonName: "ipp.example.net",
      key,
      notBefore: testTime,
      notAfter: testTime + 10 * 365 * 86_400,
      kind: { of: "server", hosts: ["ipp.example.net"], addresses: ["127.0.0.1"] },
      issuer: null,
    });
    const cert = chain.map((der) => formatPem(der)).join("");
    const tls = { key: formatPrivateKey(key), cert };
    const { app } = makeSide({ domain: "example.net", store });
    listener = await startHttp({ app, host: "127.0.0.1", port: 0, tls, signal: stop.signal });
    expect(listener.url).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      const asked = requestTls(`${listener.url}/healthz`, { ca: cert }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on("error", reject);
      asked.end();
    });
    expect(status).toBe(200);
    listener.renew(tls);
  });
});
