import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aliasFor } from "../../../shared/ipp/alias.ts";
import { rateLimit } from "../../../bridge/api/rate-limit.ts";
import type { Store } from "../../../bridge/store/store.ts";
import { testCrypto, testTime } from "../../fakes/mail.ts";
import { memoryStore } from "../store/fixtures.ts";
import { expectDocumented } from "./documented.ts";
import { receivedMail } from "./received-mail.ts";
import { adminToken, makeSide, type Side, testClock } from "./side.ts";

let store: Store;
let side: Side;
const clock = testClock();
beforeEach(async () => {
  store = await memoryStore();
  clock.time = testTime;
  side = makeSide({ domain: "example.net", store, clock });
});
afterEach(() => store.close());

/** What the tests look at in some answer or other. */
interface Json {
  readonly pairing: string;
  readonly token: string;
  readonly id: string;
  readonly undo: string;
  readonly state: string;
  readonly policy: unknown;
  readonly sums: readonly { readonly count: number }[];
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly post?: unknown }>>;
}

interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

async function ask(
  path: string,
  asked: Asked = {},
  from = side,
): Promise<{ status: number; json: Json; answer: Response }> {
  const method = asked.method ?? (asked.body === undefined ? "GET" : "POST");
  const answer = await from.app.request(path, {
    method,
    headers: {
      ...(asked.body === undefined ? {} : { "content-type": "application/json" }),
      ...(asked.token === undefined ? {} : { authorization: `Bearer ${asked.token}` }),
      ...asked.headers,
    },
    ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
  });
  await expectDocumented(from, method, path, answer);
  const text = await answer.clone().text();
  return {
    status: answer.status,
    json: (/^[{[]/.test(text) ? JSON.parse(text) : text) as Json,
    answer,
  };
}

/** Pairs an address the way an add-on does, by the mailed code. */
async function pair(address: string): Promise<string> {
  const started = await ask("/api/v1/pairings", { body: { address } });
  const header = side.mails.at(-1)?.headers["Waybill-Pairing"] ?? "";
  const [, pairing, code] = /^([\w-]+); code=([\w-]+)$/.exec(header) ?? [];
  expect(pairing).toBe(started.json.pairing);
  const done = await ask(`/api/v1/pairings/${pairing}`, { body: { code } });
  expect(done.status).toBe(201);
  return done.json.token;
}

describe("every answer", () => {
  test("says how it may be used, and allows no other origin", async () => {
    const { answer } = await ask("/healthz", { headers: { origin: "https://evil.example" } });
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-security-policy")).toMatch(/default-src 'none'/);
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("errors are {code, detail}", async () => {
    const cases: [string, Asked, number, string][] = [
      ["/nothing", {}, 404, "api/not-found"],
      ["/api/v1/policy", {}, 401, "api/unauthorized"],
      ["/api/v1/policy", { token: "wrong-token-wrong-token-wrong" }, 401, "api/unauthorized"],
      ["/api/v1/pairings", { body: { adress: "x" } }, 400, "api/body"],
      ["/api/v1/signals/none", {}, 404, "signals/unknown"],
      ["/api/v1/pairings", { body: { address: "x".repeat(5_000) } }, 413, "api/too-large"],
      ["/api/v1/admin/counts", {}, 401, "api/unauthorized"],
    ];
    for (const [path, asked, status, code] of cases) {
      expect(await ask(path, asked), path).toMatchObject({ status, json: { code } });
    }
  });

  test.each([
    null,
    "text/plain",
    "application/x-www-form-urlencoded",
    "text/plain; application/json",
    "application/jsonp",
  ])("what a page of strangers may post without asking first is not taken: %s", async (type) => {
    const answer = await side.app.request("/api/v1/pairings", {
      method: "POST",
      headers: type === null ? {} : { "content-type": type },
      body: Buffer.from('{"address":"bob@example.net"}'),
    });
    expect(answer.status).toBe(415);
    expect(side.mails).toEqual([]);
  });

  test("a body that is no JSON is refused", async () => {
    const headers = { "content-type": "application/json; charset=utf-8" };
    const answer = await side.app.request("/api/v1/pairings", { method: "POST", headers, body: "{" });
    expect(await answer.json()).toMatchObject({ code: "api/json" });
  });
});

describe("well-known", () => {
  test("names domain, keys and API for its own domains only", async () => {
    const own = await ask("/.well-known/ipp?domain=EXAMPLE.net");
    expect(own.json).toMatchObject({
      v: "IPP1",
      domain: "example.net",
      authserv: ["mx.example.net"],
      api: "https://ipp.example.net/api/v1/",
      keys: [{ kid: side.key.published.keyId, kty: "EC", crv: "P-256", revoked: false }],
    });
    expect((await ask("/.well-known/ipp")).status).toBe(200);
    expect((await ask("/.well-known/ipp?domain=other.example")).status).toBe(404);
    expect((await ask("/.well-known/ipp?domain=%00")).status).toBe(404);
  });
});

describe("pairing", () => {
  test("by the mailed code, once", async () => {
    const token = await pair("bob@example.net");
    expect((await ask("/api/v1/policy", { token })).status).toBe(200);
    expect((await ask("/api/v1/session", { method: "DELETE", token })).status).toBe(204);
    expect((await ask("/api/v1/policy", { token })).status).toBe(401);
  });

  test("answers the same for every address, and writes to one's own only", async () => {
    for (const address of ["bob@example.net", "nobody@example.net", "victim@other.example", "no address"]) {
      const started = await ask("/api/v1/pairings", { body: { address } });
      expect(started.status).toBe(202);
      expect(Object.keys(started.json)).toEqual(["pairing", "expiresAt"]);
    }
    expect(side.mails.map(({ to }) => to)).toEqual(["bob@example.net", "nobody@example.net"]);
  });

  test("writes to nobody whom the MTA would be led on to", async () => {
    const routes = ["a%evil.example", "evil.example!a", '"a@evil.example"', "bob%example.net", '"example.net!bob"'];
    for (const route of routes) {
      const started = await ask("/api/v1/pairings", { body: { address: `${route}@example.net` } });
      expect(started.status).toBe(202);
      expect(Object.keys(started.json)).toEqual(["pairing", "expiresAt"]);
    }
    expect(side.mails).toEqual([]);
  });

  test("a mailbox is written to a few times an hour only", async () => {
    for (let i = 0; i < 12; i += 1) await ask("/api/v1/pairings", { body: { address: "bob@example.net" } });
    expect(side.mails.length).toBe(5);
  });

  test("its subaddresses are the same mailbox", async () => {
    for (let i = 0; i < 12; i += 1) await ask("/api/v1/pairings", { body: { address: `Bob+${i}@example.net` } });
    expect(side.mails).toHaveLength(5);
  });

  test("codes cannot be guessed at length", async () => {
    const { json } = await ask("/api/v1/pairings", { body: { address: "bob@example.net" } });
    for (let i = 0; i < 5; i += 1) {
      expect((await ask(`/api/v1/pairings/${json.pairing}`, { body: { code: `wrong-${i}` } })).status).toBe(403);
    }
    const code = /code=([\w-]+)/.exec(side.mails[0]?.headers["Waybill-Pairing"] ?? "")?.[1];
    expect((await ask(`/api/v1/pairings/${json.pairing}`, { body: { code } })).status).toBe(403);
  });
});

describe("signals and certificates", () => {
  test("by ref, without recipients", async () => {
    const row = await receivedMail("ref-1", ["bob@example.net"]);
    await store.signals.record(row);
    const { json } = await ask("/api/v1/signals/ref-1");
    expect(json).toMatchObject({
      ref: "ref-1",
      at: testTime,
      signal: { by: "mx1.example.net" },
      finding: { result: "pass" },
    });
    expect(JSON.stringify(json)).not.toMatch(/bob@|bounce@/);
  });

  test("chains by key id", async () => {
    const keyId = "A".repeat(43);
    expect((await ask(`/api/v1/certificates/${keyId}`)).status).toBe(404);
    store.certificates.keep(keyId, [new Uint8Array([1, 2]), new Uint8Array([3])], testTime);
    await store.flushed();
    expect((await ask(`/api/v1/certificates/${keyId}`)).json).toEqual({
      chains: [["AQI=", "Aw=="]],
      revokedFrom: null,
      withdrawnPaths: [],
    });
  });
});

describe("complaints", () => {
  const complain = (token: string | null, more: object = {}): Asked => ({
    body: { ref: "ref-1", code: "misrepresented", actual: "marketing", tellSender: true, ...more },
    ...(token === null ? {} : { token }),
  });

  test("of a paired reader reach the sender; their state is told", async () => {
    await store.signals.record(await receivedMail("ref-1", ["bob@example.net", "carol@example.net"]));
    const token = await pair("bob@example.net");
    const made = await ask("/api/v1/complaints", complain(token));
    expect(made).toMatchObject({ status: 201, json: { undoUntil: testTime + 600, reach: "sender" } });
    const state = (await ask("/api/v1/complaints?ref=ref-1", { token })).json;
    expect(state).toEqual({
      code: "misrepresented",
      actual: "marketing",
      at: testTime,
      undoUntil: testTime + 600,
      state: "pending",
    });
    expect(await store.reports.state()).toMatchObject({ queued: 1 });
  });

  test("undo needs the secret, and is in time", async () => {
    await store.signals.record(await receivedMail("ref-1", ["bob@example.net"]));
    const token = await pair("bob@example.net");
    const { json } = await ask("/api/v1/complaints", complain(token));
    const undo = (secret: string): Promise<{ status: number }> =>
      ask(`/api/v1/complaints/${json.id}`, { method: "DELETE", body: { undo: secret } });
    expect((await undo("wrong")).status).toBe(404);
    expect((await undo(json.undo)).status).toBe(204);
    expect((await ask("/api/v1/complaints?ref=ref-1", { token })).json.state).toBe("undone");
    const again = await ask("/api/v1/complaints", complain(token));
    clock.time += 600;
    expect(
      (await ask(`/api/v1/complaints/${again.json.id}`, { method: "DELETE", body: { undo: again.json.undo } })).status,
    ).toBe(409);
  });

  const routes: {
    name: string;
    paired: string | null;
    to: string[];
    result?: "pass" | "forwarded" | "copy" | "replay" | "broken";
    recipients?: string[];
    tellSender: boolean;
    want: { reach: "sender" | "provider"; queued: number };
  }[] = [
    {
      name: "unpaired stays local",
      paired: null,
      to: ["bob@example.net"],
      tellSender: true,
      want: { reach: "provider", queued: 0 },
    },
    {
      name: "a reader who did not get the mail",
      paired: "eve@example.net",
      to: ["bob@example.net"],
      tellSender: true,
      want: { reach: "provider", queued: 0 },
    },
    {
      name: "single recipient without his yes",
      paired: "bob@example.net",
      to: ["bob@example.net"],
      tellSender: false,
      want: { reach: "provider", queued: 0 },
    },
    {
      name: "single recipient with his yes",
      paired: "bob@example.net",
      to: ["bob@example.net"],
      tellSender: true,
      want: { reach: "sender", queued: 1 },
    },
    {
      name: "subaddress of the paired mailbox",
      paired: "bob@example.net",
      to: ["bob+shop@example.net"],
      tellSender: true,
      want: { reach: "sender", queued: 1 },
    },
    ...(["forwarded", "copy", "replay", "broken"] as const).map((result) => ({
      name: `a mail that was ${result}`,
      paired: "bob@example.net",
      to: ["bob@example.net"],
      result,
      tellSender: true,
      want: { reach: "provider" as const, queued: 0 },
    })),
  ];
  for (const { name, paired, to, result, tellSender, want } of routes) {
    test(`${name}: the ${want.reach} learns`, async () => {
      await store.signals.record(await receivedMail("ref-1", to, result === undefined ? {} : { result }));
      const token = paired === null ? null : await pair(paired);
      const made = await ask("/api/v1/complaints", complain(token, { tellSender }));
      expect(made).toMatchObject({ status: 201, json: { reach: want.reach } });
      expect((await store.reports.state()).queued).toBe(want.queued);
    });
  }

  test("by however many subaddresses a reader is paired, it is one word a mail", async () => {
    const to = ["bob+shop@example.net", "bob+news@example.net", "alice@example.net"];
    await store.signals.record(await receivedMail("ref-1", to));
    const statuses: number[] = [];
    for (const paired of ["bob+shop@example.net", "bob@example.net", "bob+news@example.net"]) {
      const token = await pair(paired);
      statuses.push((await ask("/api/v1/complaints", complain(token, { tellSender: true }))).status);
      expect(await ask("/api/v1/complaints?ref=ref-1", { token })).toMatchObject({ json: { state: "pending" } });
      clock.time += 700;
    }
    expect(statuses).toEqual([201, 409, 409]);
    expect((await store.reports.state()).queued).toBe(1);
  });

  test("who reads a subaddress only sees and displaces nothing of a mail that did not go to it", async () => {
    await store.signals.record(await receivedMail("ref-1", ["bob@example.net"]));
    const [bob, shop] = [await pair("bob@example.net"), await pair("bob+shop@example.net")];
    await ask("/api/v1/complaints", complain(bob, { tellSender: true }));
    expect(await ask("/api/v1/complaints?ref=ref-1", { token: shop })).toMatchObject({ status: 404 });
    const made = await ask("/api/v1/complaints", complain(shop, { tellSender: true }));
    expect(made).toMatchObject({ status: 201, json: { reach: "provider" } });
    expect((await store.reports.state()).queued).toBe(1);
  });

  test("malformed ones are refused", async () => {
    await store.signals.record(await receivedMail("ref-1", ["bob@example.net"]));
    expect(await ask("/api/v1/complaints", complain(null, { code: "boring" }))).toMatchObject({ status: 400 });
    expect(await ask("/api/v1/complaints", complain(null, { code: "phishing" }))).toMatchObject({
      status: 400,
      json: { code: "complaint/actual" },
    });
    expect(await ask("/api/v1/complaints", complain(null, { ref: "other" }))).toMatchObject({ status: 404 });
    expect(await ask("/api/v1/complaints", complain("not-a-pairing-not-a-pairing"))).toMatchObject({ status: 401 });
  });

  test("a hundred from one client are too many", async () => {
    await store.signals.record(await receivedMail("ref-1", ["bob@example.net"]));
    const statuses: number[] = [];
    for (let i = 0; i < 100; i += 1) statuses.push((await ask("/api/v1/complaints", complain(null))).status);
    expect(statuses.filter((status) => status === 201).length).toBe(1);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe("policy", () => {
  const own = { v: "IPP1", id: "mine", default: "quarantine", undeclared: "accept", rules: [] };

  test("set, read, removed; a wrong one is refused with where", async () => {
    const token = await pair("bob@example.net");
    expect((await ask("/api/v1/policy", { token })).json).toMatchObject({
      policy: null,
      published: false,
      floor: null,
    });
    const put = await ask("/api/v1/policy", { method: "PUT", body: { policy: own }, token });
    expect(put.json).toMatchObject({ policy: { id: "mine", default: "quarantine" }, default: { id: "server" } });
    const wrong = await ask("/api/v1/policy", {
      method: "PUT",
      body: { policy: { ...own, default: "explode" } },
      token,
    });
    expect(wrong).toMatchObject({ status: 400, json: { code: "policy/shape" } });
    await ask("/api/v1/policy", { method: "PUT", body: { policy: null }, token });
    expect((await ask("/api/v1/policy", { token })).json.policy).toBeNull();
  });

  test("one that is too long once it is written out is refused, not kept and left unread", async () => {
    const token = await pair("bob@example.net");
    const from = Array.from({ length: 9 }, (_, index) => `alice.${index}@newsletter.example`);
    const rules = Array.from({ length: 200 }, (_, index) => ({ id: `r${index}`, match: { from }, action: "reject" }));
    const policy = { ...own, rules };
    expect(JSON.stringify(policy).length).toBeLessThan(65_000);
    const put = await ask("/api/v1/policy", { method: "PUT", body: { policy }, token });
    expect(put).toMatchObject({ status: 400, json: { code: "ijson/too-long" } });
    expect((await ask("/api/v1/policy", { token })).json.policy).toBeNull();
  });

  test(".pol: a personal one only where its owner says so, else the same octets for everybody", async () => {
    const token = await pair("bob@example.net");
    const pol = async (alias: string): Promise<string> =>
      (await side.app.request(`/ipp/example.net/${alias}.pol`)).text();
    await ask("/api/v1/policy", { method: "PUT", body: { policy: own }, token });
    const [bob, nobody] = [await pol("bob"), await pol("nobody")];
    expect(bob).toBe(nobody);
    await ask("/api/v1/policy", { method: "PUT", body: { policy: own, published: true }, token });
    expect(JSON.parse(await pol("bob"))).toMatchObject({ id: "mine" });
    expect(await pol("nobody")).toBe(nobody);
  });

  test(".pol of a name that no path may hold", async () => {
    const token = await pair("o'neil@example.net");
    await ask("/api/v1/policy", { method: "PUT", body: { policy: own, published: true }, token });
    const alias = await aliasFor("o'neil", testCrypto);
    expect(alias).toMatch(/^~[A-Za-z0-9_-]{43}$/);
    const answer = await side.app.request(`/ipp/example.net/${alias}.pol`);
    expect(await answer.json()).toMatchObject({ id: "mine" });
  });
});

describe("publications", () => {
  const published: Readonly<Record<string, string>> = {
    "listed null": "PEM 1",
    "listed A": "PEM 1",
    "hidden A": "PEM 2",
  };
  const keyId = "A".repeat(43);

  beforeEach(() => {
    side = makeSide({
      domain: "example.net",
      store,
      chains: ({ alias, keyId }) => published[`${alias} ${keyId === null ? null : keyId.slice(0, 1)}`] ?? null,
    });
  });

  async function whole(path: string): Promise<string> {
    const answer = await side.app.request(path);
    return `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`;
  }

  test("no address oracle: unknown and unpublished aliases give identical answers", async () => {
    const hidden = await whole("/ipp/example.net/hidden.pub");
    expect(hidden).toMatch(/^404 /);
    for (const path of ["nobody.pub", "nobody.pub?ks=x", `hidden.pub?ks=${"B".repeat(43)}`, "a%2Fb.pub", "~x.pub"]) {
      expect(await whole(`/ipp/example.net/${path}`), path).toBe(hidden);
    }
  });

  test("a listed chain without, a hidden one only with its key id", async () => {
    expect(await whole("/ipp/example.net/listed.pub")).toMatch(/^200 .*application\/pem-certificate-chain.* PEM 1$/);
    expect(await whole("/ipp/example.net/LISTED.pub")).toMatch(/^200/);
    expect(await whole(`/ipp/example.net/hidden.pub?ks=${keyId}`)).toMatch(/^200 .* PEM 2$/);
  });

  test("other domains are not ours", async () => {
    expect(await whole("/ipp/other.example/listed.pub")).toMatch(/^404/);
    expect(await whole("/ipp/other.example/keys")).toMatch(/^404/);
  });

  test("keys", async () => {
    const answer = await side.app.request("/ipp/example.net/keys");
    expect(await answer.json()).toMatchObject({ domain: "example.net", keys: [{ kid: side.key.published.keyId }] });
  });

  test("GET on a report only explains", async () => {
    const answer = await side.app.request(`/ipp/example.net/bob.report/${"A".repeat(40)}/phishing`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toMatch(/POST/);
    expect(store.arrivals.waiting()).toBe(0);
  });

  test("POST of a report is the same 202 whatever it says", async () => {
    const token = `AQ${"A".repeat(38)}`;
    const answers = new Set<string>();
    for (const path of [
      `bob.report/${token}/phishing`,
      `nobody.report/${token}/malware`,
      "bob.report/x/phishing",
      `bob.report/${token}/boring`,
    ]) {
      const answer = await side.app.request(`/ipp/example.net/${path}`, { method: "POST", body: "{}" });
      answers.add(`${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`);
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toMatch(/^202 /);
    expect(store.arrivals.waiting()).toBe(2);
  });

  test.each(["counts", "sums"])("POST of %s is the same 202 whatever it says, and GET explains", async (path) => {
    const answers = new Set<string>();
    for (const body of ["", "{}", '{"day":1,"sums":[]}', "x".repeat(10_000)]) {
      const answer = await side.app.request(`/ipp/example.net/${path}`, { method: "POST", body });
      answers.add(`${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`);
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toMatch(/^202 /);
    expect(store.arrivals.waiting()).toBe(4);
    expect(
      (await side.app.request(`/ipp/example.net/${path}`, { method: "POST", body: "x".repeat(50_000) })).status,
    ).toBe(413);
    expect((await side.app.request(`/ipp/other.example/${path}`, { method: "POST", body: "{}" })).status).toBe(404);
    expect((await side.app.request(`/ipp/example.net/${path}`)).status).toBe(200);
    expect(store.arrivals.waiting()).toBe(4);
  });

  test("methods that nothing takes", async () => {
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      expect((await side.app.request("/ipp/example.net/keys", { method })).status).toBe(405);
    }
    expect((await side.app.request("/ipp/example.net/keys", { method: "POST", body: "" })).status).toBe(405);
  });
});

describe("postmaster", () => {
  test("counts by the token", async () => {
    await store.signals.record(await receivedMail("ref-1", ["bob@example.net"]));
    await ask("/api/v1/complaints", { body: { ref: "ref-1", code: "phishing" } });
    const { status, json } = await ask("/api/v1/admin/counts?days=7", { token: adminToken });
    expect(status).toBe(200);
    expect(json).toEqual({
      days: 7,
      sent: [
        {
          day: "2025-11-22",
          domain: "bank.example",
          purpose: "transactional.invoice",
          code: "phishing",
          route: "local",
          count: 1,
        },
      ],
      received: [],
      sums: [],
      queue: { queued: 0, sent: 0, failed: 0, waiting: 0 },
    });
  });

  test("what strangers told by the ten thousand is told on in thousands of lines, its sum whole", async () => {
    const day = Math.floor(testTime / 86_400) - 1;
    for (let teller = 0; teller < 40; teller += 1) {
      const sums = Array.from({ length: 100 }, (_, index) => ({
        day,
        reporter: `d${teller}.evil.example`,
        domain: "example.net",
        result: "broken" as const,
        purpose: `p${index}`,
        count: 10,
      }));
      await store.arrivals.add("{}", testTime);
      const [arrival] = await store.arrivals.due(testTime, 1);
      await store.arrivals.settle(arrival?.id ?? -1, { kind: "sums", sums });
    }
    const told = async (days: number): Promise<Json["sums"]> =>
      (await ask(`/api/v1/admin/counts?days=${days}`, { token: adminToken })).json.sums;
    expect(await told(30)).toHaveLength(101);
    expect(await told(400)).toHaveLength(9);
    expect((await told(30)).reduce((sum, { count }) => sum + count, 0)).toBe(40_000);
  });

  test("wrong tokens are counted against their client", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 40; i += 1)
      statuses.push((await ask("/metrics", { token: `guess-guess-guess-guess-${i}` })).status);
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe("watching", () => {
  test("healthz, readyz, metrics", async () => {
    expect((await ask("/healthz")).json).toBe("ok\n");
    expect((await ask("/readyz")).json).toEqual({ ready: true, checks: [{ name: "store", ok: true, code: null }] });
    const { answer } = await ask("/metrics", { token: adminToken });
    expect(await answer.text()).toMatch(/waybill_requests_total\{endpoint="get \/healthz",status="200"\} 1/);
  });
});

describe("openapi", () => {
  test("tells of all that every endpoint answers to whoever has no leave, no form and no end", async () => {
    const { json } = await ask("/openapi.json");
    const asked: readonly Asked[] = [
      {},
      { body: [] },
      { body: { address: 1, ref: "x", code: "x" } },
      { body: "x".repeat(5_000_000) },
      { body: {}, headers: { "content-type": "text/plain" } },
      { token: "wrong-wrong-wrong-wrong-wrong" },
    ];
    const statuses = new Set<number>();
    for (const [path, methods] of Object.entries(json.paths)) {
      const place = path.replaceAll(/\{\w+\}/g, "nothing");
      for (const method of Object.keys(methods).map((name) => name.toUpperCase())) {
        for (const one of method === "GET" ? asked.filter(({ body }) => body === undefined) : asked) {
          statuses.add((await ask(place, { ...one, method })).status);
        }
      }
    }
    store.certificates.chains = () => Promise.reject(new Error("the store fails"));
    statuses.add((await ask(`/api/v1/certificates/${"A".repeat(43)}`)).status);
    for (let status = 0; status !== 429; statuses.add(status)) status = (await ask("/healthz")).status;
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 400, 401, 404, 413, 415, 429, 503]);
  });

  test("describes every endpoint with its schemas", async () => {
    const { json } = await ask("/openapi.json");
    expect(json.openapi).toBe("3.1.0");
    expect(Object.keys(json.paths)).toEqual([
      "/.well-known/ipp",
      "/api/v1/pairings",
      "/api/v1/pairings/{pairing}",
      "/api/v1/session",
      "/api/v1/signals/{ref}",
      "/api/v1/certificates/{keyId}",
      "/api/v1/complaints",
      "/api/v1/complaints/{id}",
      "/api/v1/policy",
      "/api/v1/admin/counts",
      "/healthz",
      "/readyz",
      "/metrics",
    ]);
    expect(json.paths["/api/v1/complaints"]?.post).toMatchObject({
      security: [{}, { bearer: [] }],
      requestBody: { content: { "application/json": { schema: { required: ["ref", "code"] } } } },
      responses: {
        201: { content: { "application/json": { schema: { required: ["id", "undo", "undoUntil", "reach"] } } } },
      },
    });
  });
});

describe("pages", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "waybill-pages-"));
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "index.html"), "<!doctype html>");
    writeFileSync(join(folder, "assets", "app.js"), "1");
    writeFileSync(join(folder, "secret.key"), "key");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("served with their types under a strict policy, nothing else of the disk", async () => {
    const paged = makeSide({ domain: "example.net", store, pages: [{ path: "/admin/", directory: `${folder}/` }] });
    const get = async (path: string): Promise<Response> => paged.app.request(path);
    const html = await get("/admin/");
    expect(html.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(html.headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self'/);
    expect((await get("/admin")).headers.get("location")).toBe("/admin/");
    expect((await get("/admin/assets/app.js")).headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    for (const path of [
      "/admin/secret.key",
      "/admin/../package.json",
      "/admin/%2e%2e/package.json",
      "/admin/assets/",
    ]) {
      expect((await get(path)).status, path).toBe(404);
    }
  });

  test("a page that is not built says so", async () => {
    const paged = makeSide({
      domain: "example.net",
      store,
      pages: [{ path: "/admin/", directory: join(folder, "none") }],
    });
    expect(await (await paged.app.request("/admin/")).text()).toMatch(/not built/);
  });
});

describe("demo", () => {
  test("mails as delivered", async () => {
    const raw = new TextEncoder().encode("Subject: x\r\n\r\n");
    const demo = makeSide({
      domain: "example.net",
      store,
      clock: testClock(),
      demo: {
        mails: () => [{ id: "1", from: "a@b.example", subject: "x", date: "", title: "good" }],
        mail: (id) => (id === "1" ? raw : null),
        senderCounts: () => ({ received: [] }),
        session: () => ({ token: "t", address: "reader@example.net" }),
      },
    });
    expect((await ask("/demo/mails", {}, demo)).json).toHaveLength(1);
    const { answer } = await ask("/demo/mails/1", {}, demo);
    expect(answer.headers.get("content-type")).toBe("message/rfc822");
    expect(await answer.text()).toBe("Subject: x\r\n\r\n");
    expect((await ask("/demo/mails/2", {}, demo)).status).toBe(404);
    expect((await ask("/demo/mails")).status).toBe(404);
  });
});

test("whoever calls from fifty thousand networks makes no mailbox's limit forgotten", () => {
  const limit = rateLimit(testClock());
  const mailed = (): number =>
    Array.from({ length: 10 }, () => limit.take("pairingAddress", "bob@example.net")).filter((wait) => wait === 0)
      .length;
  expect(mailed()).toBe(5);
  for (let n = 0; n < 50_000; n += 1) limit.take("read", `2001:db8:${n.toString(16)}:0::/64`);
  expect(mailed()).toBe(0);
});
