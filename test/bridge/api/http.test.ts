// The API on real sockets: late, long and trickling clients, TLS, who counts as being on this machine.
import { EventEmitter, once } from "node:events";
import { request as requestTls } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectionsPerNetwork, hangUpOnCrowds } from "../../../bridge/api/crowds.ts";
import { type HttpListener, startHttp } from "../../../bridge/api/http.ts";
import { issueCertificate } from "../../../bridge/keys/issue.ts";
import { formatPrivateKey, generateKey } from "../../../bridge/keys/key-file.ts";
import type { Store } from "../../../bridge/store/store.ts";
import { formatPem } from "../../../shared/x509/pem.ts";
import { testTime } from "../../fakes/mail.ts";
import { memoryStore } from "../store/fixtures.ts";
import { adminToken, makeSide, type Side, type SideOptions } from "./side.ts";

let store: Store;
let stop: AbortController;
let listener: HttpListener;

async function listen(more: Partial<SideOptions> = {}): Promise<Side> {
  const side = makeSide({ domain: "example.net", store, ...more });
  const { app } = side;
  const timeouts = { headersMs: 300, requestMs: 600, idleMs: 1_000 };
  listener = await startHttp({
    app: () => Promise.resolve(app),
    host: "127.0.0.1",
    port: 0,
    signal: stop.signal,
    timeouts,
  });
  return side;
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
  // A reset is an end like another.
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
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
    const head = "POST /api/v1/pairings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    socket.write(`${head}Content-Length: 1000\r\n\r\n`);
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

  test("one that asks much, when it has asked before, and reads nothing", async () => {
    const givenUp = Promise.withResolvers<void>();
    const app = new Hono<{ Bindings: HttpBindings }>().get("/", (c) => {
      const { outgoing } = c.env;
      outgoing.once("close", () => outgoing.writableFinished || givenUp.resolve());
      return c.text("x".repeat(1_000_000));
    });
    const timeouts = { headersMs: 300, requestMs: 600, idleMs: 1_000 };
    listener = await startHttp({
      app: () => Promise.resolve(app as unknown as Hono),
      host: "127.0.0.1",
      port: 0,
      signal: stop.signal,
      timeouts,
    });
    const socket = await open();
    const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const answered = new Promise<void>((resolve) => {
      let read = 0;
      socket.on("data", (chunk: Buffer) => {
        read += chunk.length;
        if (read > 1_000_000) resolve();
      });
    });
    socket.write(request);
    await answered;
    socket.pause().write(request.repeat(50));
    await givenUp.promise;
    socket.destroy();
  });

  test("one that sends a thousand requests in one go has a hundred answered", async () => {
    await listen();
    const socket = await open();
    socket.write("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000));
    let text = "";
    await new Promise<void>((resolve) => {
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        if (text.includes("HTTP/1.1 503")) resolve();
      });
    });
    socket.destroy();
    expect(text.split("HTTP/1.1 200").length - 1).toBe(100);
  });

  test("half a TLS handshake, half a request, silence on hundreds of connections: others are served", async () => {
    await listen();
    const starts = [
      "",
      "\x16\x03\x01\x02\0\x01",
      "GET /healthz HTTP/1.1\r\nHost: ",
      "POST /api/v1/complaints HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{",
    ];
    const held = await Promise.all(Array.from({ length: 400 }, () => open()));
    held.forEach((socket, n) => socket.write(starts[n % starts.length] ?? ""));
    expect((await fetch(`${listener.url}/healthz`)).status).toBe(200);
    await Promise.all(held.map((socket) => everything(socket)));
    expect((await fetch(`${listener.url}/healthz`)).status).toBe(200);
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
    const head = "POST /api/v1/pairings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    for (let i = 0; i < 5; i += 1) socket.write(`400\r\n${"x".repeat(1_024)}\r\n`);
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("bodies", () => {
  test.each([
    { name: "none", fields: "", body: "" },
    { name: "empty", fields: "Content-Length: 0\r\n", body: "" },
    { name: "of no chunk", fields: "Transfer-Encoding: chunked\r\n", body: "0\r\n\r\n" },
    { name: "of chunks", fields: "Transfer-Encoding: chunked\r\n", body: "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n" },
  ])("$name: answered like any other", async ({ fields, body }) => {
    await listen();
    const asked = async (request: string, more = ""): Promise<string> => {
      const socket = await open();
      const head = `${request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n`;
      socket.write(`${head}${more}${fields}\r\n${body}`);
      return (await everything(socket)).split(" ", 2)[1] ?? "";
    };
    await store.bearers.add({ token: "a-bearer-of-some-length", address: "bob@example.net", now: testTime });
    expect(await asked("DELETE /api/v1/session", "Authorization: Bearer a-bearer-of-some-length\r\n")).toBe("204");
    expect(await asked("DELETE /api/v1/complaints/x")).toBe("400");
    expect(await asked("POST /api/v1/pairings")).toBe("400");
    expect(await asked("POST /ipp/example.net/counts")).toBe("202");
  });

  test("in chunks are read whole, umlauts cut in two included", async () => {
    const { mails } = await listen();
    const socket = await open();
    const head = "POST /api/v1/pairings HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    for (const octet of Buffer.from('{"address":"björn@example.net"}')) {
      socket.write(Buffer.concat([Buffer.from("1\r\n"), Buffer.of(octet), Buffer.from("\r\n")]));
    }
    socket.write("0\r\n\r\n");
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 202 /);
    expect(mails.map(({ to }) => to)).toEqual(["björn@example.net"]);
  });

  test.each(["Content-Length: 300", "Transfer-Encoding: chunked"])(
    "broken off (%s): no failure of the bridge",
    async (field) => {
      const { metrics } = await listen();
      for (const path of ["/api/v1/pairings", "/ipp/example.net/counts"]) {
        const socket = await open();
        const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
        socket.write(`${head}${field}\r\n\r\n1\r\n{\r\n`);
        // Whoever is asked next is so after the first was heard.
        await fetch(`${listener.url}/healthz`);
        socket.destroy();
      }
      await fetch(`${listener.url}/healthz`);
      expect(await metrics.text()).not.toMatch(/^waybill_failures_total\{where="api"\}/m);
    },
  );
});

describe("clients that keep many", () => {
  /** The n-th of `addresses` hung up on? */
  function callers(addresses: readonly string[], proxies: readonly string[] = []) {
    const call = hangUpOnCrowds(proxies);
    return addresses.map((remoteAddress) => {
      const caller = Object.assign(new EventEmitter(), { remoteAddress, refused: false, destroy: () => caller });
      caller.destroy = () => Object.assign(caller, { refused: true });
      call(caller as unknown as Parameters<typeof call>[0]);
      return Object.assign(caller, { call });
    });
  }
  const times = (count: number, address: (n: number) => string): string[] =>
    Array.from({ length: count }, (_, n) => address(n));
  const refused = (made: readonly { refused: boolean }[]): number => made.filter((caller) => caller.refused).length;

  test.each([
    { name: "one address", address: () => "198.51.100.7", want: 36 },
    { name: "one address, as dual-stack sockets write it", address: () => "::ffff:198.51.100.7", want: 36 },
    { name: "one /64", address: (n: number) => `2001:db8:0:1::${n.toString(16)}`, want: 36 },
    { name: "many networks", address: (n: number) => `198.51.100.${n}`, want: 0 },
    { name: "a proxy on this machine", address: () => "127.0.0.1", want: 0 },
    { name: "a proxy of one's own", address: () => "203.0.113.5", want: 0 },
  ])("64 of a network, no more: $name", ({ address, want }) => {
    expect(connectionsPerNetwork).toBe(64);
    expect(refused(callers(times(100, address), ["203.0.113.5"]))).toBe(want);
  });

  test("others are served meanwhile, and who hangs up may come again", () => {
    const made = callers([...times(100, () => "198.51.100.7"), "198.51.100.8"]);
    expect(made.at(-1)?.refused).toBe(false);
    made[0]?.emit("close");
    const [again] = made;
    if (again !== undefined) again.call(again as unknown as Parameters<typeof again.call>[0]);
    expect(again?.refused).toBe(false);
  });
});

describe("stopping", () => {
  test("lets a request that is under way have its answer, and takes no other", async () => {
    const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const app = new Hono().post("/", async (c) => {
      const body = await c.req.text();
      asked.resolve();
      await released.promise;
      return c.text(`kept ${body}`, 201);
    });
    listener = await startHttp({ app: async () => app, host: "127.0.0.1", port: 0, signal: stop.signal });
    const answering = fetch(listener.url, { method: "POST", body: "a complaint" });
    await asked.promise;
    stop.abort();
    await expect(fetch(listener.url)).rejects.toThrow();
    released.resolve();
    const answer = await answering;
    expect([answer.status, await answer.text()]).toEqual([201, "kept a complaint"]);
    await listener.closed;
  });

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
    const again = startHttp({
      app: () => Promise.resolve(app),
      host: "127.0.0.1",
      port: listener.port,
      signal: stop.signal,
    });
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
  let cert = "";
  async function listenSecurely(): Promise<{ readonly key: string; readonly cert: string }> {
    const key = generateKey("p256");
    const chain = await issueCertificate({
      commonName: "ipp.example.net",
      key,
      notBefore: testTime,
      notAfter: testTime + 10 * 365 * 86_400,
      kind: { of: "server", hosts: ["ipp.example.net"], addresses: ["127.0.0.1"] },
      issuer: null,
    });
    cert = chain.map((der) => formatPem(der)).join("");
    const tls = { key: formatPrivateKey(key), cert };
    const { app } = makeSide({ domain: "example.net", store });
    const timeouts = { headersMs: 300, requestMs: 600, idleMs: 1_000 };
    const signal = stop.signal;
    listener = await startHttp({ app: async () => app, host: "127.0.0.1", port: 0, tls, signal, timeouts });
    return tls;
  }

  async function status(): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const asked = requestTls(`${listener.url}/healthz`, { ca: cert, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  test("itself, with a certificate of its own", async () => {
    const tls = await listenSecurely();
    expect(listener.url).toMatch(/^https:/);
    expect(await status()).toBe(200);
    listener.renew(tls);
    expect(await status()).toBe(200);
  });

  // The first octets of a ClientHello that says it has 512.
  const hello = "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03";
  test.each([
    { name: "silence instead of a handshake", begin: "", drip: "" },
    { name: "half a handshake", begin: hello, drip: "" },
    { name: "a handshake an octet now and then", begin: hello, drip: "\0" },
  ])("$name on a hundred connections: cut, and others are served meanwhile", async ({ begin, drip }) => {
    await listenSecurely();
    const held = await Promise.all(Array.from({ length: 100 }, () => open()));
    for (const socket of held) socket.on("error", () => {}).write(begin, "latin1");
    const dripping = setInterval(() => held.forEach((socket) => socket.write(drip, "latin1")), 50);
    expect(await status()).toBe(200);
    await Promise.all(held.map((socket) => everything(socket)));
    clearInterval(dripping);
    expect(await status()).toBe(200);
  });

  test.each([
    { name: "silence behind it", begin: "", drip: "" },
    { name: "a header that never ends", begin: "GET /healthz HTTP/1.1\r\nHost: x\r\n", drip: "a: b\r\n" },
    {
      name: "a body that never ends",
      begin: "POST /api/v1/pairings HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n",
      drip: "x",
    },
  ])("a handshake and $name: cut", async ({ begin, drip }) => {
    await listenSecurely();
    const socket = connectTls({ port: listener.port, host: "127.0.0.1", ca: cert });
    await once(socket, "secureConnect");
    socket.write(begin);
    const dripping = setInterval(() => socket.write(drip), 50);
    await everything(socket);
    clearInterval(dripping);
    expect(socket.closed).toBe(true);
  });
});
