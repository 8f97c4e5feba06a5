// Daily sums over real sockets: mails through the pipeline and its memory of tokens, the store, https with certificates and
// the fetch budget to the other side's own server, keys fetched back over https, and the postmaster's numbers asked for.
import { afterEach, beforeEach, expect, test } from "vitest";
import { startHttp, type HttpListener } from "../../../bridge/api/http.ts";
import type { Resolver } from "../../../bridge/dns/resolver.ts";
import { requestBudget } from "../../../bridge/fetch/budget.ts";
import { fetchedDocuments } from "../../../bridge/fetch/documents.ts";
import { httpsAsk } from "../../../bridge/fetch/https.ts";
import { countSightings, queueDaily } from "../../../bridge/reports/daily.ts";
import { judgeDue } from "../../../bridge/reports/inbox.ts";
import { sendDue } from "../../../bridge/reports/outbox.ts";
import { discovery } from "../../../bridge/trust/discovery.ts";
import type { Message } from "../../../shared/header/field.ts";
import { ok } from "../../../shared/result.ts";
import { type Identity, makeIdentity, makeMail, signMail, testTime } from "../../fakes/mail.ts";
import { adminToken, datedBy, makeSide, type Side, testClock } from "../api/side.ts";
import { makePki } from "../fetch/server.ts";
import { makeDesk, receive } from "../pipeline/desk.ts";
import { memoryStore, silent } from "../store/fixtures.ts";

const day = 86_400;
const clock = testClock();
const stop = new AbortController();
let pki: Awaited<ReturnType<typeof makePki>>;
let reader: Side;
let sender: Side;
let listeners: HttpListener[] = [];
let identity: Identity;
/** What DNS knows: TXT records by name. */
const zone = new Map<string, string>();
const asked: string[] = [];

const resolver: Resolver = {
  txt: async (name) => {
    asked.push(name);
    const record = zone.get(name);
    return ok({ records: record === undefined ? [] : [record], dnssec: "insecure", ttlSeconds: 300 });
  },
  addresses: async () => ok(["127.0.0.1"]),
};
const discover = discovery(resolver, () => clock.time * 1_000);

beforeEach(async () => {
  clock.time = testTime;
  pki = await makePki(["ipp.example.net", "ipp.bank.example"]);
  identity = await makeIdentity("billing@bank.example");
  reader = makeSide({ domain: "example.net", store: await memoryStore(), clock });
  sender = makeSide({ domain: "bank.example", store: await memoryStore(), clock });
  listeners = [];
  for (const { app, domain } of [reader, sender]) {
    const listener = await startHttp({
      app: () => Promise.resolve(app),
      host: "127.0.0.1",
      port: 0,
      tls: pki,
      signal: stop.signal,
    });
    zone.set(`_ipp.${domain}`, `v=IPP1; t=url; url=https://ipp.${domain}:${listener.port}/ipp/{d}/`);
    listeners.push(listener);
  }
});
afterEach(async () => {
  stop.abort();
  await Promise.all(listeners.map(({ closed }) => closed));
  await reader.store.close();
  await sender.store.close();
});

const changed = (mail: Message): Message => ({ ...mail, body: new TextEncoder().encode("Something else.\r\n") });

test("broken and replayed mails at one border are numbers at the other side's postmaster", async () => {
  const { store } = reader;
  const published = [identity];
  const records = { "bank.example": [zone.get("_ipp.bank.example") ?? ""] };
  const reject = { id: "p", maxAgeSeconds: 60, default: "accept", undeclared: "reject", rules: [] } as const;
  const desk = makeDesk(
    { published, records },
    // Some readers' policy refuses such mail at once: it is seen all the same.
    { "r3@example.net": { default: reject }, "r15@example.net": { default: reject } },
    {
      signals: store.signals,
      memory: store.tokens,
      sightings: countSightings({ sightings: store.sightings, discover, log: silent }),
    },
  );
  const mail = await signMail(makeMail({ from: "billing@bank.example", to: "bob@example.net" }), identity);
  const outcomes: string[] = [];
  for (let i = 0; i < 12; i += 1) {
    outcomes.push((await receive(desk, changed(mail), { to: [`r${i}@example.net`] })).outcome.action);
  }
  expect(outcomes.filter((action) => action === "reject")).toHaveLength(1);
  // The first ten strangers are forwarding; from the eleventh on it is a replay: r10 to r22.
  for (let i = 0; i < 23; i += 1) await receive(desk, mail, { to: [`r${i}@example.net`] });
  // A made-up domain, as often.
  const forged = changed(
    await signMail(makeMail({ from: "x@made-up.example" }), await makeIdentity("x@made-up.example")),
  );
  for (let i = 0; i < 12; i += 1) await receive(desk, forged, { to: [`r${i}@example.net`] });
  await new Promise((resolve) => setImmediate(resolve));

  clock.time += day;
  const settings = (): { delayMinSeconds: number; delayMaxSeconds: number } => ({
    delayMinSeconds: 0,
    delayMaxSeconds: 1,
  });
  const { random } = reader.deps;
  const told = { store, clock, random, log: silent, reporter: () => "example.net", settings, signal: stop.signal };
  const before = asked.length;
  expect(await queueDaily(told)).toBe(1);
  clock.time += 2;
  const reach = { allowLoopback: true, refuse: [], own: () => [] };
  const now = (): number => clock.time * 1_000;
  const budget = requestBudget(now);
  const ask = datedBy(clock, httpsAsk({ resolver, reach, budget, extraCa: [pki.ca], userAgent: "waybill-test" }));
  expect(await sendDue({ ...reader.outbox({ sides: [] }), ask, discover, budget })).toBe(1);
  expect(await store.reports.state()).toMatchObject({ queued: 0, sent: 1, failed: 0 });
  const documents = fetchedDocuments({ ask, budget, now });
  expect(await judgeDue({ ...sender.inbox({ sides: [] }), discover, documents })).toBe(1);
  expect(asked.slice(before)).not.toContain("_ipp.made-up.example");

  const port = listeners[1]?.port ?? 0;
  const counts = async (token: string): Promise<{ status: number; body: unknown }> => {
    const answer = await httpsGet(`https://ipp.bank.example:${port}/api/v1/admin/counts?days=3`, token);
    return { status: answer.status, body: JSON.parse(answer.text) };
  };
  expect((await counts("a-guess-of-some-length-it-is")).status).toBe(401);
  const { status, body } = await counts(adminToken);
  expect(status).toBe(200);
  const row = { day: "2025-11-22", reporter: "example.net", domain: "bank.example", purpose: "transactional.invoice" };
  expect((body as { sums: unknown }).sums).toEqual([
    { ...row, result: "replay", attested: true, count: 13 },
    { ...row, result: "broken", attested: true, count: 12 },
  ]);

  async function httpsGet(url: string, token: string): Promise<{ status: number; text: string }> {
    const answer = await ask({ url, method: "GET", headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(answer.detail);
    return { status: answer.value.status, text: new TextDecoder().decode(answer.value.body) };
  }
});
