// One request against servers that break TLS and HTTP on purpose: each ends as a temporary failure or with what was really
// said, by the deadline at the latest, and takes no more from the wire than it may.
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { requestBudget } from "../../../bridge/fetch/budget.ts";
import { httpsAsk } from "../../../bridge/fetch/https.ts";
import { ok, temp } from "../../../shared/result.ts";
import { limits } from "../../../shared/limits.ts";
import { makePki } from "./server.ts";

let pki: Awaited<ReturnType<typeof makePki>>;
let server: Server | null = null;
const sockets = new Set<Socket>();

beforeAll(async () => {
  pki = await makePki(["ipp.bank.example"]);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
});

async function listening(made: Server): Promise<number> {
  server = made;
  made.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return (made.address() as AddressInfo).port;
}

/** A TLS server that says what it likes once a request has come. */
async function speaking(says: (socket: TLSSocket) => void): Promise<number> {
  return listening(
    createTlsServer({ cert: pki.cert, key: pki.key, ALPNProtocols: ["h2", "http/1.1"] }, (socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => says(socket));
    }),
  );
}

async function get(port: number) {
  const ask = httpsAsk({
    resolver: { txt: async () => temp("dns/servfail", ""), addresses: async () => ok(["127.0.0.1"]) },
    reach: { allowLoopback: true, refuse: [], own: () => [] },
    budget: requestBudget(() => 0),
    extraCa: [pki.ca],
    userAgent: "waybill-test",
    timeoutMs: 1_000,
  });
  return ask({ url: `https://ipp.bank.example:${port}/a.pub`, method: "GET" });
}

/** Writes pieces for as long as the peer takes them; tells how many octets that were. */
function pour(socket: TLSSocket, piece: string): { octets: number } {
  const poured = { octets: 0 };
  const more = (): void => {
    while (!socket.destroyed && poured.octets < 200_000_000) {
      poured.octets += piece.length;
      if (!socket.write(piece)) return void socket.once("drain", more);
    }
  };
  more();
  return poured;
}

const head = "HTTP/1.1 200 OK\r\n";
const network = { ok: false, kind: "temp", code: "fetch/network" };
const timeout = { ok: false, kind: "temp", code: "fetch/timeout" };

describe("what is no answer", () => {
  test.each([
    {
      name: "HTTP/2 frames where HTTP/1.1 was asked",
      says: "\0\0\u0012\u0004\0\0\0\0\0\0\u0003\0\0\0d",
      want: network,
    },
    { name: "HTTP/0.9", says: "-----BEGIN CERTIFICATE-----\n", want: network },
    { name: "a version of its own", says: "HTTP/9.9 200 OK\r\n\r\n", want: network },
    { name: "two lengths", says: `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, want: network },
    {
      name: "length and chunks",
      says: `${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      want: network,
    },
    { name: "a length that is none", says: `${head}Content-Length: -1\r\n\r\n`, want: network },
    {
      name: "a chunk of a length that is none",
      says: `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      want: network,
    },
    { name: "a bare CR between fields", says: `${head}A: b\rContent-Length: 0\r\n\r\n`, want: network },
    { name: "a NUL in a field", says: `${head}A: \0\r\nContent-Length: 0\r\n\r\n`, want: network },
    {
      name: "switched protocols",
      says: "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      want: { ok: false, kind: "perm", code: "fetch/status" },
    },
    { name: "a field that stops half-way", says: `${head}A: b`, want: timeout },
    { name: "a chunk that stops half-way", says: `${head}Transfer-Encoding: chunked\r\n\r\nff\r\nab`, want: timeout },
    { name: "one interim answer and silence", says: "HTTP/1.1 103 Early Hints\r\n\r\n", want: timeout },
  ])("$name", async ({ says, want }) => {
    const port = await speaking((socket) => void socket.write(says, "latin1"));
    expect(await get(port)).toMatchObject(want);
  });

  test("a length that says too much, the connection closed in order", async () => {
    const port = await speaking((socket) => void socket.end(`${head}Content-Length: 100\r\n\r\nshort`));
    expect(await get(port)).toMatchObject(network);
  });

  test("a length that says too little: what is beyond is not read", async () => {
    const port = await speaking(
      (socket) => void socket.write(`${head}Content-Length: 2\r\n\r\nabHTTP/1.1 200 OK\r\n\r\n`),
    );
    const answer = await get(port);
    expect(answer.ok && Buffer.from(answer.value.body).toString()).toBe("ab");
  });

  test("a reset in the middle of the body", async () => {
    const port = await speaking((socket) => {
      socket.write(`${head}Content-Length: 100\r\n\r\nshort`, () => setTimeout(() => reset(), 20));
    });
    const reset = (): void => sockets.forEach((socket) => socket.resetAndDestroy());
    expect(await get(port)).toMatchObject(network);
  });
});

describe("what never ends takes little", () => {
  const interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  test.each([
    { name: "fields", begin: head, piece: "A: b\r\n" },
    { name: "one field", begin: `${head}A: `, piece: "b".repeat(1_000) },
    {
      name: "chunk extensions",
      begin: `${head}Transfer-Encoding: chunked\r\n\r\n1;`,
      piece: "a=b;".repeat(200),
    },
    {
      name: "chunks of one octet",
      begin: `${head}Transfer-Encoding: chunked\r\n\r\n`,
      piece: "1\r\na\r\n",
    },
    { name: "trailers", begin: `${head}Transfer-Encoding: chunked\r\n\r\n0\r\n`, piece: "A: b\r\n" },
    { name: "interim answers", begin: "", piece: interim },
    { name: "spaces before the answer", begin: "", piece: "\r\n".repeat(500) },
  ])("$name", async ({ begin, piece }) => {
    let poured = { octets: 0 };
    const port = await speaking((socket) => {
      socket.write(begin, "latin1");
      poured = pour(socket, piece.repeat(Math.ceil(10_000 / piece.length)));
    });
    const answer = await get(port);
    // Cut off, not waited out; what was poured beyond that lies in the kernel's buffers.
    expect(answer.ok ? "ok" : answer.code).toMatch(/^fetch.(network|too-large)$/);
    expect(poured.octets).toBeGreaterThan(0);
    expect(poured.octets).toBeLessThan(20_000_000);
  });

  test("a body may be as long as the limit in chunks of any size", async () => {
    const chunk = `1000\r\n${"x".repeat(0x1000)}\r\n`;
    const port = await speaking((socket) => {
      socket.end(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(limits.fetchBytes / 0x1000)}0\r\n\r\n`);
    });
    const answer = await get(port);
    expect(answer.ok && answer.value.body.length).toBe(limits.fetchBytes);
  });
});

describe("TLS", () => {
  test("never begins", async () => {
    expect(await get(await listening(createServer(() => undefined)))).toMatchObject(timeout);
  });

  test("never ends: half a record and silence", async () => {
    const port = await listening(
      createServer((socket) => {
        socket.once("data", () => socket.write(Buffer.from([22, 3, 3, 0x40, 0, 2, 0, 0, 76])));
      }),
    );
    expect(await get(port)).toMatchObject(timeout);
  });

  test("is another protocol", async () => {
    const port = await listening(createServer((socket) => socket.write("220 mx.example ESMTP\r\n")));
    const answer = await get(port);
    expect(answer).toMatchObject({ ok: false, kind: "temp" });
  });

  test("is reset", async () => {
    const port = await listening(createServer((socket) => void socket.once("data", () => socket.resetAndDestroy())));
    expect(await get(port)).toMatchObject(network);
  });

  test("is older than 1.2", async () => {
    const made = createTlsServer({
      cert: pki.cert,
      key: pki.key,
      minVersion: "TLSv1.1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    made.on("tlsClientError", () => undefined);
    expect(await get(await listening(made))).toMatchObject({ ok: false, kind: "temp" });
  });
});
