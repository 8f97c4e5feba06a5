// One request, against real https servers on loopback that behave well, badly, or worse.
import { gzipSync } from "node:zlib";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Resolver } from "../../../bridge/dns/resolver.ts";
import { requestBudget } from "../../../bridge/fetch/budget.ts";
import { httpsAsk, type HttpsAsk, type HttpsOptions } from "../../../bridge/fetch/https.ts";
import type { Reach } from "../../../bridge/fetch/destination.ts";
import { ok, temp, type Result } from "../../../shared/result.ts";
import { limits } from "../../../shared/limits.ts";
import { makePki, startHttps, type Served } from "./server.ts";

const lab: Reach = { allowLoopback: true, refuse: [], own: () => [] };
const outside: Reach = { ...lab, allowLoopback: false };
let pki: Awaited<ReturnType<typeof makePki>>;
let served: Served | null = null;

beforeAll(async () => {
  pki = await makePki(["ipp.bank.example"]);
});
afterEach(async () => {
  await served?.stop();
  served = null;
});

/** Answers the n-th look-up with the n-th list, the last one for ever. */
function resolving(...lists: readonly (readonly string[])[]): Resolver & { looked: number } {
  const resolver = {
    looked: 0,
    txt: async () => temp("dns/servfail", ""),
    addresses: async (): Promise<Result<readonly string[]>> => {
      const list = lists[Math.min(resolver.looked, lists.length - 1)] ?? [];
      resolver.looked += 1;
      return ok(list);
    },
  };
  return resolver;
}

function asking(options: Partial<HttpsOptions> = {}): HttpsAsk {
  return httpsAsk({
    resolver: resolving(["127.0.0.1"]),
    reach: lab,
    extraCa: [pki.ca],
    userAgent: "waybill-test",
    budget: requestBudget(() => 0),
    timeoutMs: 1_500,
    ...options,
  });
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void, host = "ipp.bank.example") {
  served = await startHttps(pki, answer);
  return { url: `https://${host}:${served.port}/a.pub`, requests: served.requests };
}

describe("answers", () => {
  test("a GET says who asks and wants no encoding", async () => {
    const { url, requests } = await serve((_, response) => response.end("chain"));
    expect(await asking()({ url, method: "GET" })).toMatchObject({ ok: true, value: { status: 200 } });
    expect(requests[0]?.headers).toMatchObject({ "accept-encoding": "identity", "user-agent": "waybill-test" });
    expect(requests[0]?.headers).not.toHaveProperty("cookie");
  });

  test("a POST carries headers and body", async () => {
    const { url, requests } = await serve((_, response) => response.writeHead(202).end());
    const body = new TextEncoder().encode('{"p":"x"}');
    const answer = await asking()({ url, method: "POST", headers: { "content-type": "application/json" }, body });
    expect(answer).toMatchObject({ ok: true, value: { status: 202 } });
    expect(requests[0]?.body.toString()).toBe('{"p":"x"}');
    expect(requests[0]?.headers).toMatchObject({ "content-type": "application/json" });
  });

  test("64 KiB to the octet is fine, 404 is an answer, cookies are not kept", async () => {
    const { url, requests } = await serve((_, response) =>
      response.writeHead(404, { "set-cookie": "a=b" }).end(Buffer.alloc(limits.fetchBytes)),
    );
    const ask = asking();
    const answer = await ask({ url, method: "GET" });
    expect(answer.ok && answer.value.body.length).toBe(limits.fetchBytes);
    await ask({ url, method: "GET" });
    expect(requests[1]?.headers).not.toHaveProperty("cookie");
  });
});

describe("plain http, for what is signed itself", () => {
  let server: Server;
  let url = "";
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://crl.ca.example:${(server.address() as AddressInfo).port}/one.crl`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const request = { method: "GET", plainToo: true, maxBytes: 100_000 } as const;

  test("is had where that is asked for, up to the octets allowed", async () => {
    answer = (_, response) => response.end(Buffer.alloc(100_000));
    const got = await asking()({ ...request, url });
    expect(got.ok && got.value.body.length).toBe(100_000);
    answer = (_, response) => response.end(Buffer.alloc(100_001));
    expect(await asking()({ ...request, url })).toMatchObject({ ok: false, code: "fetch/too-large" });
  });

  test("is not had otherwise", async () =>
    expect(await asking()({ url, method: "GET" })).toMatchObject({ ok: false, code: "fetch/url" }));

  test("no redirect is followed", async () => {
    answer = (_, response) => response.writeHead(301, { location: "https://crl.ca.example/one.crl" }).end();
    expect(await asking()({ ...request, url })).toMatchObject({ ok: false, code: "fetch/redirect" });
  });

  test("no private address is asked, whatever the name resolves to", async () => {
    const ask = asking({ reach: outside, resolver: resolving(["127.0.0.1", "10.0.0.1"]) });
    expect(await ask({ ...request, url: "http://crl.ca.example/one.crl" })).toMatchObject({ code: "fetch/address" });
  });

  test("an octet now and then ends with the deadline", async () => {
    answer = (_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("x"), 50);
      response.on("close", () => clearInterval(drip));
    };
    const budget = requestBudget(() => 0);
    const ask = httpsAsk({
      resolver: resolving(["127.0.0.1"]),
      reach: lab,
      budget,
      extraCa: [],
      userAgent: "waybill-test",
    });
    expect(await ask({ ...request, url, timeoutMs: 300 })).toMatchObject({ ok: false, code: "fetch/timeout" });
  });
});

describe("hostile answers", () => {
  const cases: readonly {
    name: string;
    answer: (request: IncomingMessage, response: ServerResponse) => void;
    want: object;
  }[] = [
    {
      name: "a redirect is not followed",
      answer: (_, response) => response.writeHead(302, { location: "https://ipp.bank.example/" }).end(),
      want: { ok: false, kind: "perm", code: "fetch/redirect" },
    },
    {
      name: "10 MB announced is refused",
      answer: (_, response) => response.writeHead(200, { "content-length": 10_000_000 }).write("x"),
      want: { ok: false, kind: "perm", code: "fetch/too-large" },
    },
    {
      name: "10 MB in chunks is cut off",
      answer: (_, response) => {
        for (let sent = 0; sent < 160; sent += 1) response.write(Buffer.alloc(65_536));
        response.end();
      },
      want: { ok: false, kind: "perm", code: "fetch/too-large" },
    },
    {
      name: "a gzip bomb is not opened",
      answer: (_, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(10_000_000))),
      want: { ok: false, kind: "perm", code: "fetch/encoding" },
    },
    {
      name: "an octet now and then ends with the deadline",
      answer: (_, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write("x"), 100);
        response.on("close", () => clearInterval(drip));
      },
      want: { ok: false, kind: "temp", code: "fetch/timeout" },
    },
    {
      name: "a header without end is cut off",
      answer: (_, response) => {
        response.socket?.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}`);
      },
      want: { ok: false, kind: "temp", code: "fetch/network" },
    },
    {
      name: "silence ends with the deadline",
      answer: () => undefined,
      want: { ok: false, kind: "temp", code: "fetch/timeout" },
    },
    {
      name: "a connection cut short is temporary",
      answer: (_, response) => {
        response.writeHead(200, { "content-length": 10 }).write("x");
        setTimeout(() => response.destroy(), 20);
      },
      want: { ok: false, kind: "temp", code: "fetch/network" },
    },
  ];
  test.each(cases)("$name", async ({ answer, want }) => {
    const { url } = await serve(answer);
    const started = performance.now();
    expect(await asking()({ url, method: "GET" })).toMatchObject(want);
    expect(performance.now() - started).toBeLessThan(2_500);
  });
});

describe("where it connects", () => {
  test("a name that resolves to loopback is refused, the server not spoken to", async () => {
    const { url, requests } = await serve((_, response) => response.end("x"));
    const answer = await asking({ reach: outside })({ url, method: "GET" });
    expect(answer).toMatchObject({ ok: false, kind: "perm", code: "fetch/address" });
    expect(requests).toEqual([]);
  });

  test("rebinding: the second look-up is never made, the connection goes to what was checked", async () => {
    const { url, requests } = await serve((_, response) => response.end("x"));
    const resolver = resolving(["192.88.0.1"], ["127.0.0.1"]);
    const answer = await asking({ resolver, reach: outside, timeoutMs: 300 })({ url, method: "GET" });
    expect(answer).toMatchObject({ ok: false, kind: "temp" });
    expect(resolver.looked).toBe(1);
    expect(requests).toEqual([]);
  });

  test("of a mixed answer only the public addresses are tried", async () => {
    const { url, requests } = await serve((_, response) => response.end("x"));
    const resolver = resolving(["127.0.0.1", "192.88.0.1"]);
    expect(await asking({ resolver, reach: outside, timeoutMs: 300 })({ url, method: "GET" })).toMatchObject({
      ok: false,
    });
    expect(requests).toEqual([]);
  });

  test.each([
    { name: "127.0.0.1", host: "127.0.0.1" },
    { name: "decimal", host: "2130706433" },
    { name: "mapped", host: "[::ffff:127.0.0.1]" },
    { name: "hex", host: "0x7f.1" },
  ])("an IP literal is refused: $name", async ({ host }) => {
    const { url, requests } = await serve((_, response) => response.end("x"), host);
    expect(await asking({ reach: outside })({ url, method: "GET" })).toMatchObject({ code: "fetch/address" });
    expect(requests).toEqual([]);
  });

  test("a literal in a lab is reached", async () => {
    const { url } = await serve((_, response) => response.end("x"), "127.0.0.1");
    expect(await asking()({ url, method: "GET" })).toMatchObject({ ok: true });
  });

  test("no address is permanent, a dead resolver temporary", async () => {
    const url = "https://ipp.bank.example/";
    expect(await asking({ resolver: resolving([]) })({ url, method: "GET" })).toMatchObject({ kind: "perm" });
    const dead: Resolver = { txt: async () => temp("x", ""), addresses: async () => temp("dns/timeout", "") };
    expect(await asking({ resolver: dead })({ url, method: "GET" })).toMatchObject({ code: "dns/timeout" });
  });

  test("a resolver that never answers ends with the deadline", async () => {
    const mute: Resolver = { txt: async () => temp("x", ""), addresses: () => new Promise(() => undefined) };
    const answer = await asking({ resolver: mute, timeoutMs: 200 })({ url: "https://h.example/", method: "GET" });
    expect(answer).toMatchObject({ ok: false, kind: "temp", code: "fetch/timeout" });
  });
});

describe("certificates", () => {
  test.each([
    { name: "another host's", host: "ipp.other.example", extra: true },
    { name: "an unknown CA's", host: "ipp.bank.example", extra: false },
  ])("$name is a temporary failure, nothing is sent", async ({ host, extra }) => {
    const { url, requests } = await serve((_, response) => response.end("x"), host);
    const answer = await asking({ extraCa: extra ? [pki.ca] : [] })({ url, method: "GET" });
    expect(answer).toMatchObject({ ok: false, kind: "temp", code: "fetch/tls" });
    expect(requests).toEqual([]);
  });
});
