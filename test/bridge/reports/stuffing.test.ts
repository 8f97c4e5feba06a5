// Complaints that nobody made, by the thousand: what is let in, what is kept, what is counted, and whom it makes us ask.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { composeComplaint, type ReportPayload } from "../../../bridge/reports/compose.ts";
import { judgeDue } from "../../../bridge/reports/inbox.ts";
import { signReport } from "../../../shared/httpsig/report-signature.ts";
import { testCrypto, testTime } from "../../fakes/mail.ts";
import { receivedMail } from "../api/received-mail.ts";
import { hostOf, makeSide, reportKey, type Side, testClock, type World, worldAsk } from "../api/side.ts";
import { memoryStore } from "../store/fixtures.ts";

const day = 86_400;
/** Reports that one network posts. `WAYBILL_STUFFING=100000` for the long form. */
const flood = Number(process.env["WAYBILL_STUFFING"] ?? 5_000);
/** The long form's share of the time, ms: 0.1 ms a report on a quiet machine, twenty times that on a busy one. */
const floodMs = 30_000 + 2 * flood;
const clock = testClock();
let sender: Side;
let asked: string[];
let world: World;

beforeEach(async () => {
  clock.time = testTime + day;
  sender = makeSide({ domain: "bank.example", store: await memoryStore(), clock });
  asked = [];
  world = { sides: [sender] };
});
afterEach(async () => await sender.store.close());

/** A bridge of `domain` that the sender's can find, with its own key. */
async function stranger(domain: string): Promise<Side> {
  const side = makeSide({ domain, store: await memoryStore(), clock });
  world = { ...world, sides: [...world.sides, side] };
  return side;
}

function inbox() {
  const ask = worldAsk(world);
  const counting: World = { ...world, ask: (request) => (asked.push(request.url), ask(request)) };
  return sender.inbox(counting);
}

async function judgeAll(): Promise<void> {
  const deps = inbox();
  while ((await judgeDue(deps)) > 0);
}

const counted = async (): Promise<{ attested: number; not: number }> => {
  const rows = await sender.store.received.counts(0);
  const sum = (attested: boolean): number =>
    rows.filter((row) => row.attested === attested).reduce((all, { count }) => all + count, 0);
  return { attested: sum(true), not: sum(false) };
};

/** What a reader's bridge would post about a mail that went to these. */
async function payloadAbout(to: readonly string[], by = to[0] ?? ""): Promise<ReportPayload> {
  const store = await memoryStore();
  const side = makeSide({ domain: "example.net", store, clock });
  await store.signals.record(await receivedMail("r", to));
  const signal = await store.signals.find("r");
  if (signal === null) throw new Error("no signal");
  const said = { ref: "r", code: "phishing", actual: null, tellSender: true } as const;
  const composed = await composeComplaint(side.deps.compose, signal, by, said, clock.time);
  await store.complaints.file({ ...composed, ...said, id: "c", reader: by, at: clock.time, undoHash: "u" });
  const [due] = await store.reports.due(clock.time + 3 * day, 1);
  await store.close();
  return JSON.parse(due?.payload ?? "null") as ReportPayload;
}

const nonceOf = (network: string): string => Buffer.alloc(18, network).toString("base64url");

/** Posts a body about a token, signed by a bridge's key; the answer's status. */
async function post(
  path: string,
  body: string,
  by: Pick<Side, "key">["key"]["signer"],
  network: string,
): Promise<number> {
  const targetUri = `https://${hostOf("bank.example")}/ipp/bank.example/${path}`;
  const octets = new TextEncoder().encode(body);
  const contentType = "application/json";
  const request = {
    method: "POST",
    targetUri,
    contentType,
    body: octets,
    created: clock.time,
    nonce: nonceOf(network),
  } as const;
  const headers = { ...(await signReport(request, by, testCrypto)), "content-type": contentType };
  return send(path, body, network, headers);
}

/** Posts from an address of its own, as a socket would tell it. */
async function send(
  path: string,
  body: string,
  network: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const env = { incoming: { socket: { remoteAddress: network, remotePort: 1, remoteFamily: "IPv4" } } };
  const url = `https://${hostOf("bank.example")}/ipp/bank.example/${path}`;
  const answer = await sender.app.request(url, { method: "POST", body, headers }, env);
  return answer.status;
}

const address = (n: number): string => `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
const madeUp = (n: number): string => Buffer.alloc(30, `AQ${n}`).fill(1, 0, 1).toString("base64url");
const tally = (all: readonly number[]): Record<number, number> =>
  Object.fromEntries([...Map.groupBy(all, (status) => status)].map(([status, list]) => [status, list.length]));

describe("made-up tokens", () => {
  test("any number of one network: 600 are let in, none counts, nobody is asked", { timeout: floodMs }, async () => {
    const statuses: number[] = [];
    for (let n = 0; n < flood; n += 500) {
      const some = Array.from({ length: 500 }, (_, i) =>
        send(`a.report/${madeUp(n + i)}/phishing`, "{}", "203.0.113.7"),
      );
      statuses.push(...(await Promise.all(some)));
    }
    expect(tally(statuses)).toEqual({ 202: 600, 429: flood - 600 });
    expect(sender.store.arrivals.waiting()).toBe(600);
    await judgeAll();
    expect(await counted()).toEqual({ attested: 0, not: 0 });
    expect(asked).toEqual([]);
    expect(sender.store.arrivals.waiting()).toBe(0);
  });

  test("of as many networks as reports: ten thousand wait, the others come again, and judging them asks nobody", async () => {
    const { body } = await payloadAbout(["bob@example.net", "carol@example.net"]);
    const evil = reportKey("evil.example").signer;
    const statuses: number[] = [];
    for (let n = 0; n < 11_000; n += 500) {
      const some = Array.from({ length: 500 }, (_, i) => {
        const path = `billing.report/${madeUp(n + i)}/phishing`;
        return i === 0 ? post(path, body, evil, address(n + i)) : send(path, body, address(n + i));
      });
      statuses.push(...(await Promise.all(some)));
    }
    expect(tally(statuses)).toEqual({ 202: 10_000, 503: 1_000 });
    await judgeAll();
    expect(await counted()).toEqual({ attested: 0, not: 0 });
    expect(asked).toEqual([]);
    expect(sender.store.arrivals.waiting()).toBe(0);
  });
});

describe("a token that was really issued", () => {
  const to = ["bob@example.net", "carol@example.net"];

  test("a thousand made-up readers of a domain that it was not written to: as many as it binds, not attested", async () => {
    const { token, body } = await payloadAbout(to);
    const evil = await stranger("evil.example");
    for (let n = 0; n < 1_000; n += 1) {
      const blinded = Buffer.alloc(32, `r${n}`).toString("base64url");
      const told = JSON.stringify({ ...(JSON.parse(body) as object), blinded });
      expect(await post(`billing.report/${token}/phishing`, told, evil.key.signer, address(n))).toBe(202);
    }
    await judgeAll();
    expect(await counted()).toEqual({ attested: 0, not: 2 });
    // Its keys once, however many it tells.
    expect(asked).toHaveLength(1);
    // A reader of a domain that it was written to is heard all the same.
    const reader = await stranger("example.net");
    expect(await post(`billing.report/${token}/phishing`, body, reader.key.signer, "198.51.100.1")).toBe(202);
    await judgeAll();
    expect(await counted()).toEqual({ attested: 1, not: 2 });
    await evil.store.close();
    await reader.store.close();
  });

  test("five hundred made-up readers of one that it was written to: as many as it binds", async () => {
    const { token, body } = await payloadAbout(to);
    const reader = await stranger("example.net");
    for (let n = 0; n < 500; n += 1) {
      const blinded = Buffer.alloc(32, `r${n}`).toString("base64url");
      const told = JSON.stringify({ ...(JSON.parse(body) as object), blinded });
      await post(`billing.report/${token}/phishing`, told, reader.key.signer, address(n));
    }
    await judgeAll();
    expect(await counted()).toEqual({ attested: 2, not: 0 });
    await reader.store.close();
  });

  test("a hundred domains of one stranger, one report each: as many as it binds, not attested", async () => {
    const { token, body } = await payloadAbout(to);
    const sides = await Promise.all(Array.from({ length: 100 }, (_, n) => stranger(`d${n}.evil.example`)));
    for (const [n, side] of sides.entries())
      await post(`billing.report/${token}/phishing`, body, side.key.signer, address(n));
    await judgeAll();
    expect(await counted()).toEqual({ attested: 0, not: 2 });
    for (const side of sides) await side.store.close();
  });

  test.each([
    { name: "the same report again, word for word", change: (body: string) => body, want: 1 },
    {
      name: "with more recipients than the token binds",
      change: (body: string) => body.replace('"rh_list":[', `"rh_list":["${"A".repeat(22)}",`),
      want: 0,
    },
    {
      name: "with its own domain among those written to",
      change: (body: string) => body.replace('"rd_list":[', `"rd_list":["${"A".repeat(22)}",`),
      want: 0,
    },
    {
      name: "about another purpose",
      change: (body: string) => body.replace("transactional.invoice", "marketing"),
      want: 0,
    },
    { name: "about another address", change: (body: string) => body.replace("billing@", "ceo@"), want: 0 },
  ])("$name", async ({ change, want }) => {
    const { token, body } = await payloadAbout(to);
    const reader = await stranger("example.net");
    for (let n = 0; n < 20; n += 1) {
      await post(`billing.report/${token}/phishing`, change(body), reader.key.signer, address(n));
    }
    await judgeAll();
    expect(await counted()).toEqual({ attested: want, not: 0 });
    await reader.store.close();
  });

  test("out of an archive, after sixty days", async () => {
    const { token, body } = await payloadAbout(to);
    const reader = await stranger("example.net");
    clock.time = testTime + 60 * day + 1;
    await post(`billing.report/${token}/phishing`, body, reader.key.signer, address(1));
    await judgeAll();
    expect(await counted()).toEqual({ attested: 0, not: 0 });
    expect(asked).toEqual([]);
    await reader.store.close();
  });

  test("below another address than its own: told for the one that signed it", async () => {
    const { token, body } = await payloadAbout(to);
    const reader = await stranger("example.net");
    await post(`ceo.report/${token}/phishing`, body, reader.key.signer, address(1));
    await judgeAll();
    const rows = await sender.store.received.counts(0);
    expect(rows.map(({ signer }) => signer)).toEqual(["billing@bank.example"]);
    await reader.store.close();
  });
});

test("a complaint is not taken back by guessing", async () => {
  const store = await memoryStore();
  const side = makeSide({ domain: "example.net", store, clock });
  await store.signals.record(await receivedMail("r", ["bob@example.net"]));
  const filed = await side.app.request("/api/v1/complaints", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ref: "r", code: "phishing" }),
  });
  const { id, undo } = (await filed.json()) as { id: string; undo: string };
  const tryUndo = async (secret: string, network: string): Promise<number> => {
    const env = { incoming: { socket: { remoteAddress: network, remotePort: 1, remoteFamily: "IPv4" } } };
    const body = JSON.stringify({ undo: secret });
    const headers = { "content-type": "application/json" };
    return (await side.app.request(`/api/v1/complaints/${id}`, { method: "DELETE", headers, body }, env)).status;
  };
  const guesses = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => tryUndo(`${undo.slice(0, -1)}${n}`, "203.0.113.7")),
  );
  expect(tally(guesses)).toEqual({ 404: 60, 429: 940 });
  expect(await tryUndo("", "198.51.100.1")).toBe(404);
  expect(await tryUndo(undo, "198.51.100.1")).toBe(204);
  await store.close();
});
