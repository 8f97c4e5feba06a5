// What of the border's sightings is counted, what of it is told, and to whom.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countSightings, domainsTold, queueDaily, tellableSums } from "../../../bridge/reports/daily.ts";
import { judgeDue } from "../../../bridge/reports/inbox.ts";
import { sendDue } from "../../../bridge/reports/outbox.ts";
import type { SightingSum } from "../../../bridge/store/sightings.ts";
import { formatDailySums, parseDailySums, type SumEntry } from "../../../shared/report/counts.ts";
import { ok, temp } from "../../../shared/result.ts";
import type { DeclarationFinding } from "../../../shared/ipp/types.ts";
import type { Sightings } from "../../../bridge/pipeline/ports.ts";
import { makeDirectory, makeIdentity, makeMail, must, signMail, testRecord, testTime } from "../../fakes/mail.ts";
import { makeSide, type Side, testClock, type World, worldDiscover } from "../api/side.ts";
import { makeDesk, receive } from "../pipeline/desk.ts";
import { finding, memoryStore, silent } from "../store/fixtures.ts";

const day = 86_400;
const midnight = Math.floor(testTime / day) * day;
const clock = testClock();
let reader: Side;
let sender: Side;
let world: World;

beforeEach(async () => {
  clock.time = midnight + 12 * 3_600;
  reader = makeSide({ domain: "example.net", store: await memoryStore(), clock });
  sender = makeSide({ domain: "bank.example", store: await memoryStore(), clock });
  world = { sides: [reader, sender] };
});
afterEach(async () => {
  await reader.store.close();
  await sender.store.close();
});

const readers = (count: number): string[] => Array.from({ length: count }, (_, i) => `r${i}@example.net`);

function daily(more: Partial<Parameters<typeof queueDaily>[0]> = {}): Parameters<typeof queueDaily>[0] {
  const { store, deps } = reader;
  const { random, compose } = deps;
  const signal = new AbortController().signal;
  return {
    store,
    clock,
    random,
    log: silent,
    reporter: () => "example.net",
    settings: compose.settings,
    signal,
    ...more,
  };
}

let tokens = 0;

/** Mails of one kind, one to each of `to` readers, as the pipeline would tell of them. */
async function saw(
  mails: number,
  change: Partial<DeclarationFinding> & {
    readonly domain?: string;
    readonly purpose?: string;
    readonly to?: number;
    /** All of one token: tries of one mail where they go to the same reader. */
    readonly token?: string;
  } = {},
): Promise<void> {
  const { domain = "bank.example", purpose, to = mails, token, ...more } = change;
  const { signer, declaration } = finding;
  const counting = countSightings({ sightings: reader.store.sightings, discover: worldDiscover(world), log: silent });
  for (let i = 0; i < mails; i += 1) {
    counting.saw({
      finding: {
        ...finding,
        result: "broken",
        code: "ipp/body-hash",
        signer: signer === null ? null : { ...signer, domain, token: token ?? `t${(tokens += 1)}` },
        declaration: declaration === null || purpose === undefined ? declaration : { ...declaration, purpose },
        ...more,
      },
      recipients: [`r${i % to}@example.net`],
      at: clock.time,
    });
  }
  // The look-up is behind a promise of its own.
  await new Promise((resolve) => setImmediate(resolve));
  await reader.store.flushed();
}

async function counted(): Promise<readonly SightingSum[]> {
  const all: SightingSum[] = [];
  for await (const sums of reader.store.sightings.before(Infinity)) all.push(...sums);
  return all;
}

/** All that is due, a day later. */
async function deliver(): Promise<void> {
  clock.time += 2 * day;
  await sendDue(reader.outbox(world));
  await judgeDue(sender.inbox(world));
}

describe("what is counted", () => {
  const cases: { name: string; change: Parameters<typeof saw>[1]; want: number }[] = [
    { name: "a body that was changed", change: {}, want: 1 },
    { name: "a header that was changed", change: { code: "ipp/signature" }, want: 1 },
    { name: "a replay", change: { result: "replay", code: "ipp/replay" }, want: 1 },
    { name: "a mail that holds", change: { result: "pass", code: null }, want: 0 },
    { name: "a forwarded one", change: { result: "forwarded" }, want: 0 },
    { name: "a second copy", change: { result: "copy" }, want: 0 },
    { name: "one that is malformed", change: { result: "permerror" }, want: 0 },
    { name: "one that is too old", change: { result: "expired" }, want: 0 },
    { name: "one that could not be checked", change: { result: "temperror" }, want: 0 },
    { name: "one that declares nothing", change: { result: "none", signer: null, declaration: null }, want: 0 },
    { name: "a list's that has rewritten From", change: { code: "ipp/from" }, want: 0 },
    { name: "one of a domain without a record", change: { domain: "made-up.example" }, want: 0 },
  ];
  test.each(cases)("$name: $want", async ({ change, want }) => {
    await saw(1, change);
    expect(await counted()).toHaveLength(want);
  });

  test("a mail that is put off, and tried again and again until the next day, once", async () => {
    const signer = finding.signer === null ? null : { ...finding.signer, domain: "bank.example" };
    const counting = countSightings({ sightings: reader.store.sightings, discover: worldDiscover(world), log: silent });
    const broken = { ...finding, signer, result: "broken" } as const;
    for (let hours = 0; hours < 24; hours += 1) {
      const recipients = hours % 2 === 0 ? readers(2) : readers(2).toReversed();
      counting.saw({ finding: broken, recipients, at: clock.time + hours * 3_600 });
    }
    await new Promise((resolve) => setImmediate(resolve));
    await reader.store.flushed();
    expect(await counted()).toMatchObject([{ day: midnight / day, count: 1 }]);
  });

  test("its copies for others as what they are", async () => {
    await saw(5, { token: "one" });
    expect(await counted()).toMatchObject([{ count: 5 }]);
  });

  test("a domain whose record cannot be had just now is not", async () => {
    const { sightings } = reader.store;
    const directory = makeDirectory({ records: { "bank.example": "temp" } });
    const failing = [
      (domain: string) => directory.discover(domain),
      (): Promise<never> => Promise.reject(new Error("a bug")),
    ];
    for (const one of failing) {
      const counting = countSightings({ sightings, discover: one, log: silent });
      counting.saw({ finding: { ...finding, result: "broken" }, recipients: ["bob@example.net"], at: clock.time });
    }
    await new Promise((resolve) => setImmediate(resolve));
    await reader.store.flushed();
    expect(await counted()).toEqual([]);
  });
});

test.each([
  { listener: "border", want: ["broken"] },
  { listener: "inner", want: [] },
] as const)("the pipeline tells of what its $listener listener sees: $want", async ({ listener, want }) => {
  const identity = await makeIdentity("billing@bank.example");
  const mail = await signMail(makeMail({ from: "billing@bank.example" }), identity);
  const results: string[] = [];
  const sightings: Sightings = { saw: (seen) => void results.push(seen.finding.result) };
  const desk = makeDesk({ published: [identity], records: { "bank.example": testRecord() } }, {}, { sightings });
  const body = new TextEncoder().encode("Something else.\r\n");
  await receive(desk, { ...mail, body }, { client: { listener } });
  expect(results).toEqual(want);
});

describe("what is told", () => {
  const sum = (
    result: SightingSum["result"],
    purpose: string | null,
    count: number,
    from = 0,
    to = 10,
  ): SightingSum => ({
    day: 1,
    domain: "bank.example",
    result,
    purpose,
    count,
    readers: readers(to).slice(from),
  });
  const cases: { name: string; sums: SightingSum[]; want: [string, string | null, number][] }[] = [
    { name: "ten mails to ten readers", sums: [sum("broken", "a", 10)], want: [["broken", "a", 10]] },
    { name: "nothing of nine mails", sums: [sum("broken", "a", 9)], want: [] },
    { name: "nothing of many mails to nine readers", sums: [sum("broken", "a", 500, 1)], want: [] },
    {
      name: "few of each purpose together, as their readers are different ones",
      sums: [sum("broken", "a", 5, 0, 5), sum("broken", "b", 5, 5, 10)],
      want: [["broken", null, 10]],
    },
    {
      name: "nothing where they are the same readers",
      sums: [sum("broken", "a", 50, 0, 9), sum("broken", "b", 50, 0, 9)],
      want: [],
    },
    {
      name: "few beside many stay untold",
      sums: [sum("broken", "a", 30), sum("broken", "b", 5, 0, 5)],
      want: [["broken", "a", 30]],
    },
    {
      name: "results are not added up",
      sums: [sum("broken", "a", 5), sum("replay", "a", 5)],
      want: [],
    },
    {
      name: "mails without a purpose have none",
      sums: [sum("replay", null, 12), sum("broken", "a", 40)],
      want: [
        ["broken", "a", 40],
        ["replay", null, 12],
      ],
    },
  ];
  test.each(cases)("$name", ({ sums, want }) => {
    expect(tellableSums(sums).map(({ result, purpose, count }) => [result, purpose, count])).toEqual(want);
  });

  test("once, when the day is over and a random while later", async () => {
    await saw(12);
    await saw(11, { result: "replay", code: "ipp/replay", purpose: "newsletter" });
    expect(await queueDaily(daily())).toBe(0);
    clock.time = midnight + day + 30;
    expect(await queueDaily(daily())).toBe(0);
    clock.time = midnight + day + 61;
    expect(await queueDaily(daily())).toBe(1);
    expect(await counted()).toEqual([]);
    expect(await queueDaily(daily())).toBe(0);
    clock.time += 3_000;
    expect(await reader.store.reports.due(clock.time, 9)).toEqual([]);
    await deliver();
    const told = { day: midnight / day, reporter: "example.net", domain: "bank.example" };
    expect(await sender.store.receivedSums.since(0)).toEqual([
      { ...told, result: "broken", purpose: "transactional.invoice", count: 12 },
      { ...told, result: "replay", purpose: "newsletter", count: 11 },
    ]);
    expect(await reader.store.reports.state()).toMatchObject({ queued: 0, sent: 1 });
  });

  test("nothing at all of one reader's mail, however much it is", async () => {
    await saw(100, { to: 1 });
    clock.time += 2 * day;
    expect(await queueDaily(daily())).toBe(0);
    expect(await reader.store.reports.state()).toMatchObject({ queued: 0 });
  });

  test("no reader, token or mail: the body is whose mail it is, and numbers", async () => {
    await saw(12);
    clock.time += 2 * day;
    await queueDaily(daily());
    const [due] = await reader.store.reports.due(clock.time + 2 * day, 1);
    const { body } = JSON.parse(due?.payload ?? "{}") as { body: string };
    expect(JSON.parse(body)).toEqual({
      d: "bank.example",
      day: midnight / day,
      sums: [{ p: "transactional.invoice", result: "broken", n: 12 }],
    });
  });

  test("once after a crash between queue and forgetting", async () => {
    await saw(12);
    clock.time += 2 * day;
    const { store } = reader;
    const dying = { ...store, sightings: { ...store.sightings, forget: () => Promise.reject(new Error("killed")) } };
    await expect(queueDaily(daily({ store: dying }))).rejects.toThrow("killed");
    await queueDaily(daily());
    await deliver();
    expect(await reader.store.reports.state()).toMatchObject({ queued: 0, sent: 1 });
    expect(await sender.store.receivedSums.since(0)).toMatchObject([{ count: 12 }]);
  });

  test("no more domains than a day's, those with the most mails", async () => {
    const { sightings } = reader.store;
    for (let i = 0; i < domainsTold + 5; i += 1) {
      for (let mail = 0; mail < (i < 5 ? 1 : 2); mail += 1) {
        sightings.add({
          day: midnight / day,
          domain: `d${i}.example`,
          result: "broken",
          purpose: "personal",
          recipients: readers(10),
        });
      }
    }
    for (let more = 0; more < 9; more += 1) {
      await reader.store.flushed();
      for (let i = 0; i < domainsTold + 5; i += 1) {
        const recipients = readers(1);
        sightings.add({
          day: midnight / day,
          domain: `d${i}.example`,
          result: "broken",
          purpose: "personal",
          recipients,
        });
      }
    }
    clock.time += 2 * day;
    expect(await queueDaily(daily())).toBe(domainsTold);
    const due = await reader.store.reports.due(clock.time + 3 * day, 1_000);
    expect(due.map(({ domain }) => domain)).not.toContain("d0.example");
  });

  test("mail is served between any two domains", async () => {
    for (let i = 0; i < 100; i += 1) {
      for (const recipient of readers(10)) {
        const domain = `d${i}.example`;
        const recipients = [recipient];
        reader.store.sightings.add({ day: midnight / day, domain, result: "broken", purpose: null, recipients });
      }
    }
    clock.time += day;
    await reader.store.flushed();
    let turns = 0;
    const count = (): void => {
      turns += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    expect(await queueDaily(daily())).toBe(100);
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(100);
  });

  test("days long ago are forgotten untold", async () => {
    await saw(12);
    clock.time += 9 * day;
    expect(await queueDaily(daily())).toBe(0);
    expect(await counted()).toEqual([]);
  });
});

describe("on the way", () => {
  async function queued(): Promise<void> {
    await saw(12);
    clock.time += day;
    await queueDaily(daily());
    clock.time += day + 3_600;
  }

  test.each([
    { name: "a host that has no such thing", status: 404, want: { queued: 0, failed: 1 } },
    { name: "a host that speaks of something else", status: 405, want: { queued: 0, failed: 1 } },
    { name: "a redirect", status: 302, want: { queued: 0, failed: 1 } },
    { name: "too many at once", status: 429, want: { queued: 1, failed: 0 } },
    { name: "a server that fails", status: 503, want: { queued: 1, failed: 0 } },
  ])("$name ($status)", async ({ status, want }) => {
    await queued();
    const ask = async () => ok({ status, headers: new Map<string, string>(), body: new Uint8Array() });
    await sendDue(reader.outbox({ ...world, ask }));
    expect(await reader.store.reports.state()).toMatchObject(want);
  });

  test("a record that is gone ends it: nobody is asked", async () => {
    await queued();
    const asked: string[] = [];
    const ask = async ({ url }: { url: string }) => {
      asked.push(url);
      return temp("fetch/network", "");
    };
    const directory = makeDirectory({});
    await sendDue({ ...reader.outbox({ ...world, ask }), discover: (domain) => directory.discover(domain) });
    expect(asked).toEqual([]);
    expect(await reader.store.reports.state()).toMatchObject({ queued: 0, failed: 1 });
  });

  test("the fetch budget puts it off, and after two days it is given up", async () => {
    await queued();
    const taken: unknown[] = [];
    const budget = {
      take: (expense: unknown): boolean => {
        taken.push(expense);
        return false;
      },
    };
    await sendDue({ ...reader.outbox(world), budget });
    expect(taken).toEqual([{ host: "ipp.bank.example", domain: "bank.example", known: false }]);
    expect(await reader.store.reports.state()).toMatchObject({ queued: 1 });
    clock.time += 2 * day;
    await sendDue({ ...reader.outbox(world), budget });
    expect(await reader.store.reports.state()).toMatchObject({ queued: 0, failed: 1 });
    expect(sender.store.arrivals.waiting()).toBe(0);
  });
});

describe("what does not count", () => {
  /** A body posted by example.net's key, or without one. */
  async function posted(
    entries: readonly SumEntry[],
    at: number,
    tamper: (headers: Record<string, string>) => void,
    domain = "bank.example",
  ) {
    const body = formatDailySums({ domain, day: at, entries });
    const payload = JSON.stringify({ reporter: "example.net", body });
    const report = { id: "s", kind: "sums", domain: "bank.example", payload, dueAt: 0, giveUpAt: Infinity } as const;
    await reader.store.reports.queue([report], clock.time);
    const { ask: _, ...own } = world;
    const outbox = reader.outbox(own);
    await sendDue({
      ...outbox,
      ask: (request) => {
        const headers = { ...request.headers };
        tamper(headers);
        return outbox.ask({ ...request, headers });
      },
    });
    // A key that its list does not have may be in the next copy: asked for three times here.
    for (let i = 0; i < 3; i += 1) {
      await judgeDue(sender.inbox(world));
      clock.time += 1_000;
    }
    expect(sender.store.arrivals.waiting()).toBe(0);
    return sender.store.receivedSums.since(0);
  }
  const entry: SumEntry = { purpose: null, result: "broken", count: 20 };
  const yesterday = midnight / day - 1;

  test("as it is, it does", async () => {
    expect(await posted([entry], yesterday, () => {})).toHaveLength(1);
  });

  const cases: {
    name: string;
    tamper: (headers: Record<string, string>) => void;
    on?: number;
    count?: number;
    of?: string;
  }[] = [
    { name: "without a signature", tamper: (headers) => delete headers["signature"] },
    {
      name: "under another key's name",
      tamper: (headers) =>
        (headers["signature-input"] = (headers["signature-input"] ?? "").replace("example.net/", "bank.example/")),
    },
    { name: "another body", tamper: (headers) => (headers["content-digest"] = "sha-256=:AAAA:") },
    { name: "of today", tamper: () => {}, on: midnight / day },
    { name: "of nine days ago", tamper: () => {}, on: midnight / day - 9 },
    { name: "of too few", tamper: () => {}, count: 9 },
    { name: "of another domain, whose record leads here", tamper: () => {}, of: "evil.example" },
  ];
  test.each(cases)("$name", async ({ tamper, on = yesterday, count = 20, of }) => {
    expect(await posted([{ ...entry, count }], on, tamper, of)).toEqual([]);
  });

  test("what is told here is what is read there", () => {
    const body = formatDailySums({ domain: "bank.example", day: yesterday, entries: tellableSums([]) });
    expect(must(parseDailySums(body, clock.time))).toEqual({ domain: "bank.example", day: yesterday, entries: [] });
  });
});
