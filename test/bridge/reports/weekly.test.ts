import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { judgeDue } from "../../../bridge/reports/inbox.ts";
import { sendDue } from "../../../bridge/reports/outbox.ts";
import { queueWeekly, tellable } from "../../../bridge/reports/weekly.ts";
import { encodeUtf8 } from "../../../shared/encoding/bytes.ts";
import { signReport } from "../../../shared/httpsig/report-signature.ts";
import { formatWeeklyCounts } from "../../../shared/report/counts.ts";
import { testCrypto } from "../../fakes/mail.ts";
import { makeSide, type Side, testClock, type World } from "../api/side.ts";
import { complaint, memoryStore, silent } from "../store/fixtures.ts";

const week = 604_800;
const start = 2_916 * week;
const clock = testClock();
let reader: Side;
let sender: Side;
let world: World;

beforeEach(async () => {
  clock.time = start;
  reader = makeSide({ domain: "example.net", store: await memoryStore(), clock });
  sender = makeSide({ domain: "bank.example", store: await memoryStore(), clock });
  // The keys of makeSide are of another year.
  const published = { notBefore: start - week, notAfter: start + 50 * week };
  Object.assign(reader.key.published, published);
  world = { sides: [reader, sender] };
});
afterEach(async () => {
  await reader.store.close();
  await sender.store.close();
});

/** Complaints of as many readers, or of one. */
async function complaints(count: number, code: string, purpose = "newsletter", one?: string): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const id = `${code}-${purpose}-${i}`;
    const said = { id, ref: id, reader: one ?? `r${i}@example.net`, code, actual: null, purpose };
    await reader.store.complaints.file(complaint({ ...said, route: "count", at: start + i, reports: [] }));
  }
}

function weekly(): Parameters<typeof queueWeekly>[0] {
  const { store, deps } = reader;
  const { random, compose } = deps;
  return {
    store,
    clock,
    random,
    log: silent,
    reporter: () => "example.net",
    settings: compose.settings,
    signal: new AbortController().signal,
  };
}

describe("weekly counts", () => {
  test("are told after a clock that was years ahead, and once though it goes back", async () => {
    await complaints(12, "unsolicited");
    clock.time = start + 200 * week;
    await queueWeekly(weekly());
    clock.time = start + week + 601;
    expect(await queueWeekly(weekly())).toBe(1);
    clock.time += week;
    await queueWeekly(weekly());
    clock.time -= week;
    await queueWeekly(weekly());
    expect(await reader.store.reports.state()).toMatchObject({ queued: 1 });
  });

  test("tell of ten and more, once, when the week is over", async () => {
    await complaints(12, "unsolicited");
    await complaints(9, "phishing", "personal");
    clock.time = start + week;
    expect(await queueWeekly(weekly())).toBe(0);
    clock.time += 601;
    expect(await queueWeekly(weekly())).toBe(1);
    expect(await queueWeekly(weekly())).toBe(0);
    clock.time += 2 * 86_400;
    await sendDue(reader.outbox(world));
    await judgeDue(sender.inbox(world));
    expect(await sender.store.received.counts(0)).toEqual([
      {
        day: Math.floor(clock.time / 86_400),
        signer: "@bank.example",
        purpose: "newsletter",
        code: "unsolicited",
        attested: false,
        count: 12,
      },
    ]);
  });

  test("told twice they count once", async () => {
    await complaints(10, "unsolicited");
    clock.time = start + week + 601;
    await queueWeekly(weekly());
    clock.time += 2 * 86_400;
    const [due] = await reader.store.reports.due(clock.time, 1);
    await sendDue(reader.outbox(world));
    if (due !== undefined) await reader.store.reports.queue([{ ...due, id: "again", dueAt: clock.time }], clock.time);
    await sendDue(reader.outbox(world));
    await judgeDue(sender.inbox(world));
    expect(await sender.store.received.counts(0)).toMatchObject([{ count: 10 }]);
  });

  test("never tell what one reader said of many mails: he may be the only one who gets the sender's mail here", async () => {
    await complaints(30, "unsolicited", "newsletter", "bob@example.net");
    await complaints(9, "phishing");
    clock.time = start + week + 601;
    // With bob they are ten, and none of them is told apart.
    expect(await queueWeekly(weekly())).toBe(1);
    const [due] = await reader.store.reports.due(clock.time + 2 * 86_400, 1);
    expect(JSON.parse(JSON.parse(due?.payload ?? "").body).counts).toEqual([{ p: "newsletter", code: "any", n: 39 }]);
  });

  test.each([
    {
      name: "told of another domain, which hands them on, are none of ours",
      host: "ipp.evil.example",
      of: "evil.example",
    },
    {
      name: "told of another domain, whose record leads to us, are none of ours",
      host: "ipp.bank.example",
      of: "evil.example",
    },
    { name: "told of ours, under another name of our host, count", host: "mail.bank.example", of: "bank.example" },
  ])("$name", async ({ host, of }) => {
    clock.time = start + week + 601;
    // A record may lead to any path of any host.
    const targetUri = `https://${host}/ipp/bank.example/counts`;
    const entries = [{ purpose: "newsletter", code: "unsolicited", count: 12 }] as const;
    const body = encodeUtf8(formatWeeklyCounts({ domain: of, week: 2_916, entries }));
    const contentType = "application/json";
    const request = { method: "POST", targetUri, contentType, body, created: clock.time, nonce: "n".repeat(22) };
    const signed = await signReport(request, reader.key.signer, testCrypto);
    const headers = { ...signed, host, "content-type": contentType };
    await sender.app.request(targetUri, { method: "POST", headers, body: Buffer.from(body) });
    await judgeDue(sender.inbox(world));
    expect(await sender.store.received.counts(0)).toHaveLength(of === "bank.example" ? 1 : 0);
    expect(sender.store.arrivals.waiting()).toBe(0);
  });

  const saidBy = (code: string, readers: number): Parameters<typeof tellable>[0] =>
    Array.from({ length: readers }, (_, i) => {
      return { domain: "bank.example", purpose: "p", code, reader: `${code}${i}`, count: 1 };
    });
  const tell = (...sums: [string, number][]): unknown =>
    tellable(sums.flatMap(([code, readers]) => saidBy(code, readers))).map(({ code, count }) => [code, count]);
  test.each([
    { name: "nothing below ten", sums: [["a", 9]], want: [] },
    { name: "ten of one", sums: [["a", 10]], want: [["a", 10]] },
    {
      name: "few of each together",
      sums: [
        ["a", 6],
        ["b", 5],
      ],
      want: [["any", 11]],
    },
    {
      name: "few beside many stay untold",
      sums: [
        ["a", 30],
        ["b", 5],
      ],
      want: [["a", 30]],
    },
  ] as { name: string; sums: [string, number][]; want: unknown }[])("$name", ({ sums, want }) => {
    expect(tell(...sums)).toEqual(want);
  });
});
