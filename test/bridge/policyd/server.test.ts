// The policy service over a real socket, and its word on the way to the milter.
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkClientHeader, formatClientHeader } from "../../../bridge/pipeline/client-header.ts";
import { ClientFacts } from "../../../bridge/pipeline/client-facts.ts";
import { prependClient, rememberClient } from "../../../bridge/policyd/handover.ts";
import type { PolicyRule } from "../../../bridge/policyd/rules.ts";
import { type PolicydServer, type PolicydTimes, servePolicy } from "../../../bridge/policyd/server.ts";
import { limits } from "../../../shared/limits.ts";
import { testCrypto, testTime } from "../../fakes/mail.ts";

let stop = new AbortController();
let server: PolicydServer | null = null;
let logged: object[] = [];

beforeEach(() => {
  stop = new AbortController();
  logged = [];
});

afterEach(async () => {
  stop.abort();
  await server?.stopped;
});

async function serve(rules: readonly PolicyRule[], times: Partial<PolicydTimes> = {}): Promise<number> {
  const note = (facts: object): void => void logged.push(facts);
  server = await servePolicy(
    {
      endpoint: { host: "127.0.0.1", port: 0 },
      rules,
      log: { info: () => undefined, warn: note, error: note },
      counters: { count: () => undefined },
      times,
    },
    stop.signal,
  );
  return Number(server.address);
}

/** Writes pieces, one after the other, and reads until the end or until `answers` have come. */
async function talk(port: number, pieces: readonly string[], answers: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let got = "";
  const done = new Promise<void>((resolve) => {
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
      if (got.split("\n\n").length > answers) resolve();
    });
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
  });
  for (const piece of pieces) {
    socket.write(piece, "latin1");
    await new Promise((wake) => setTimeout(wake, 5));
  }
  await done;
  socket.destroy();
  return got;
}

const digest = `${"AB:".repeat(31)}CD`;

function ask(more: Record<string, string> = {}): string {
  const attributes = {
    request: "smtpd_access_policy",
    protocol_state: "RCPT",
    client_address: "2001:db8::1",
    client_port: "40000",
    server_address: "2001:db8::25",
    server_port: "25",
    encryption_protocol: "TLSv1.3",
    ccert_fingerprint: digest,
    ...more,
  };
  return `${Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n")}\n\n`;
}

const connection = {
  clientAddress: "IPv6:2001:DB8::1",
  clientPort: 40_000,
  serverAddress: "2001:db8::25",
  serverPort: 25,
};
const certificate = {
  state: "present",
  fingerprint: Buffer.from(digest.replaceAll(":", ""), "hex").toString("base64url"),
  keyFingerprint: null,
} as const;

describe("the policy service", () => {
  test("answers many requests of one connection in order, however they are cut", async () => {
    const port = await serve([(request) => `450 ${request.get("recipient") ?? ""}`]);
    const whole = ask({ recipient: "a@b" }) + ask({ recipient: "c@d" }) + ask({ recipient: "e@f" });
    const answer = "action=450 a@b\n\naction=450 c@d\n\naction=450 e@f\n\n";
    expect(await talk(port, [whole], 3)).toBe(answer);
    expect(await talk(port, [whole.slice(0, 10), whole.slice(10, 300), whole.slice(300)], 3)).toBe(answer);
  });

  test("cuts who breaks the protocol", async () => {
    const port = await serve([]);
    expect(await talk(port, ["GET / HTTP/1.1\r\n\r\n\n\n"], 1)).toBe("");
    expect(logged).toEqual([{ code: "policyd/syntax" }]);
  });

  test("cuts who is slow with a request, not who is idle", async () => {
    const port = await serve([], { requestMs: 1 });
    const idle = talk(port, [ask()], 2);
    expect(await talk(port, ["request=smtpd"], 1)).toBe("");
    expect(logged).toEqual([{ code: "policyd/timeout" }]);
    stop.abort();
    expect(await idle).toBe("action=DUNNO\n\n");
  });

  test("has only so many connections at once: one more is closed and told of", async () => {
    const port = await serve([]);
    const all = new Set<ReturnType<typeof connect>>();
    while (all.size < limits.policydConnections) {
      const opened = Array.from({ length: 100 }, async () => {
        const socket = connect(port, "127.0.0.1");
        all.add(socket);
        await once(socket, "connect");
      });
      await Promise.all(opened);
    }
    expect(await talk(port, [ask()], 1)).toBe("");
    expect(logged).toEqual([{ limit: limits.policydConnections }]);
    const [first] = all;
    if (first === undefined) throw new Error("no connection");
    first.write(ask());
    expect(String(await once(first, "data"))).toBe("action=DUNNO\n\n");
    for (const socket of all) socket.destroy();
  });

  test("cuts who sends a request an octet now and then", async () => {
    const port = await serve([], { requestMs: 500 });
    const socket = connect(port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.on("error", () => undefined).on("close", resolve));
    const octets = ask({ recipient: "x".repeat(10_000) })[Symbol.iterator]();
    const drip = setInterval(() => socket.write(octets.next().value ?? ""), 50);
    await closed;
    clearInterval(drip);
    expect(logged).toEqual([{ code: "policyd/timeout" }]);
  });

  test("cuts who asks and never reads, and serves others meanwhile", async () => {
    const long = "x".repeat(10_000);
    const port = await serve([(request) => `450 ${request.get("recipient") ?? ""}${long}`]);
    const socket = connect(port, "127.0.0.1").pause();
    const closed = new Promise((resolve) => socket.on("error", () => undefined).on("close", resolve));
    const more = setInterval(() => socket.write(ask().repeat(50)), 1);
    expect(await talk(port, [ask({ recipient: "a@b" })], 1)).toMatch(/^action=450 a@b/);
    await closed;
    clearInterval(more);
    expect(logged).toEqual([{ code: "policyd/unread" }]);
  });

  test("a stop lets what was asked have its answer, and a request that has begun its end", async () => {
    const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const port = await serve([
      async () => {
        asked.resolve();
        return released.promise;
      },
    ]);
    const sockets = await Promise.all(
      ["idle", ask().slice(0, 40), ask()].map(async () => {
        const socket = connect(port, "127.0.0.1");
        await new Promise((resolve) => socket.once("connect", resolve));
        return socket;
      }),
    );
    const [idle, begun, whole] = sockets;
    const got = sockets.map(async (socket) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      await new Promise((resolve) => socket.once("close", resolve));
      return text;
    });
    begun?.write(ask().slice(0, 40));
    whole?.write(ask());
    await asked.promise;
    stop.abort();
    expect(await got[0]).toBe("");
    expect(idle?.closed).toBe(true);
    released.resolve("450 later");
    begun?.write(ask().slice(40));
    expect(await Promise.all(got)).toEqual(["", "action=450 later\n\n", "action=450 later\n\n"]);
    expect(logged).toEqual([]);
    await server?.stopped;
  });

  test("a bug of ours breaks one connection and is logged", async () => {
    const port = await serve([
      () => {
        throw new Error("bug");
      },
    ]);
    expect(await talk(port, [ask()], 1)).toBe("");
    expect(logged).toMatchObject([{ err: { message: "bug" } }]);
  });

  test("tells the milter of its own process about the client, without a word to Postfix", async () => {
    const facts = new ClientFacts({ now: () => testTime });
    const port = await serve([rememberClient(facts)]);
    expect(await talk(port, [ask()], 1)).toBe("action=DUNNO\n\n");
    expect(facts.find(connection)).toEqual(certificate);
    await talk(port, [ask({ encryption_protocol: "" })], 1);
    expect(facts.find(connection)).toBe(null);
  });

  test("tells a milter of another process by a field, once a mail", async () => {
    const secret = new Uint8Array(32).fill(9);
    const port = await serve([prependClient({ secret, crypto: testCrypto, clock: { now: () => testTime } })]);
    const answers = await talk(port, [ask() + ask({ protocol_state: "DATA" })], 2);
    expect(answers.split("\n\n")[0]).toBe("action=DUNNO");
    const value = /^action=PREPEND Hop-Client: (.+)$/.exec(answers.split("\n\n")[1] ?? "")?.[1] ?? "";
    const client = { address: "2001:db8::1", port: 40_000, at: testTime + 60 };
    expect(await checkClientHeader(value, client, secret, testCrypto)).toEqual(certificate);
  });
});

describe("the field between the processes", () => {
  const secret = new Uint8Array(32).fill(9);
  const client = { address: "192.0.2.1", port: 4_000, at: testTime };
  const cases = [
    { name: "another client's address", edit: (text: string) => text, client: { ...client, address: "192.0.2.2" } },
    { name: "another client's port", edit: (text: string) => text, client: { ...client, port: 4_001 } },
    { name: "of yesterday", edit: (text: string) => text, client: { ...client, at: testTime + 86_400 } },
    { name: "with a better state", edit: (text: string) => text.replace("cc=present", "cc=verified"), client },
    { name: "with another fingerprint", edit: (text: string) => text.replace("ccfp=", "ccfp=A"), client },
    { name: "without its MAC", edit: (text: string) => text.replace(/mac=.*/, ""), client },
    { name: "that is none", edit: () => "hello", client },
  ];
  test.each(cases)("is not believed: $name", async ({ edit, client: asked }) => {
    const value = await formatClientHeader(client, certificate, secret, testCrypto);
    expect(await checkClientHeader(value, client, secret, testCrypto)).toEqual(certificate);
    expect(await checkClientHeader(edit(value), asked, secret, testCrypto)).toBe(null);
  });
});

describe("remembered clients", () => {
  test("are bounded in number and age; later facts replace earlier ones", () => {
    let now = testTime;
    const facts = new ClientFacts({ now: () => now }, 2);
    const at = (clientPort: number): typeof connection => ({ ...connection, clientPort });
    facts.remember(at(1), certificate);
    facts.remember(at(2), certificate);
    facts.remember(at(1), { ...certificate, state: "verified" });
    facts.remember(at(3), certificate);
    expect([1, 2, 3].map((port) => facts.find(at(port))?.state)).toEqual(["verified", undefined, "present"]);
    now += 3_600;
    expect(facts.find(at(1))).toBe(null);
  });
});
