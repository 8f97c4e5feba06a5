// A complaint all the way: from the reader's bridge through queue, signature and HTTP to the sender's count.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { composeComplaint } from "../../../bridge/reports/compose.ts";
import { Unavailable } from "../../../bridge/pipeline/unavailable.ts";
import { judgeDue } from "../../../bridge/reports/inbox.ts";
import { sendDue, usualRetrySeconds } from "../../../bridge/reports/outbox.ts";
import { crowdedArrivals } from "../../../bridge/store/arrivals.ts";
import type { StoredSignal } from "../../../bridge/store/signals.ts";
import type { Complaint } from "../../../shared/report/complaint.ts";
import { parseArf } from "../../../shared/report/arf-parse.ts";
import { ok, temp } from "../../../shared/result.ts";
import { must, testTime } from "../../fakes/mail.ts";
import { receivedMail } from "../api/received-mail.ts";
import { datedBy, makeSide, type Side, type SideOptions, testClock, type World, worldAsk } from "../api/side.ts";
import { memoryStore } from "../store/fixtures.ts";

const day = 86_400;
const clock = testClock();
let reader: Side;
let sender: Side;
let world: World;

async function sides(more: Partial<SideOptions> = {}): Promise<void> {
  reader = makeSide({ domain: "example.net", store: await memoryStore(), clock, ...more });
  sender = makeSide({ domain: "bank.example", store: await memoryStore(), clock });
  world = { sides: [reader, sender] };
}

beforeEach(async () => {
  clock.time = testTime;
  await sides();
});
afterEach(async () => {
  await reader.store.close();
  await sender.store.close();
});

interface Told {
  readonly by?: string;
  readonly to?: readonly string[];
  readonly complaint?: Partial<Complaint>;
  readonly from?: Side;
}

/** A reader complains about a fresh mail; its stored signal. */
async function complain({
  by = "bob@example.net",
  to = [by],
  complaint,
  from = reader,
}: Told = {}): Promise<StoredSignal> {
  const ref = `ref-${by}-${to.join("-")}`;
  if ((await from.store.signals.find(ref)) === null) await from.store.signals.record(await receivedMail(ref, to));
  return complainAbout(ref, by, from, complaint);
}

async function complainAbout(
  ref: string,
  by: string,
  from: Side,
  more: Partial<Complaint> = {},
): Promise<StoredSignal> {
  const signal = await from.store.signals.find(ref);
  if (signal === null) throw new Error("no signal");
  const said: Complaint = { ref, code: "misrepresented", actual: "marketing", tellSender: true, ...more };
  const composed = await composeComplaint(from.deps.compose, signal, by, said, clock.time);
  const id = `c-${ref}-${by}`;
  await from.store.complaints.file({ ...composed, ...said, id, reader: by, at: clock.time, undoHash: "u" });
  return signal;
}

/** All that is due on both sides until nothing moves. */
async function run(): Promise<void> {
  for (let i = 0; i < 5; i += 1) {
    await sendDue(reader.outbox(world));
    await judgeDue(sender.inbox(world));
  }
}

const counts = async (): Promise<readonly { signer: string; code: string; attested: boolean; count: number }[]> =>
  (await sender.store.received.counts(0)).map(({ signer, code, attested, count }) => ({
    signer,
    code,
    attested,
    count,
  }));
const one = { signer: "billing@bank.example", code: "misrepresented", attested: true, count: 1 };

describe("a complaint on its way", () => {
  test("is counted once, attested, after the undo time and a random delay", async () => {
    await complain();
    clock.time += 600 + 3_599;
    await run();
    expect(await counts()).toEqual([]);
    clock.time = testTime + 600 + day;
    await run();
    expect(await counts()).toEqual([one]);
    expect(
      (await reader.store.complaints.find("bob@example.net", "ref-bob@example.net-bob@example.net", clock.time))?.state,
    ).toBe("counted");
    expect(await reader.store.reports.state()).toMatchObject({ queued: 0, sent: 1 });
  });

  test("delays differ", async () => {
    const delays = new Set<number | null>();
    for (let i = 0; i < 10; i += 1) {
      await complain({ by: `reader${i}@example.net` });
      const [row] = await reader.store.reports.due(testTime + 2 * day, 100);
      delays.add(row === undefined ? null : row.giveUpAt);
      if (row !== undefined) await reader.store.reports.sent(row.id, clock.time);
    }
    expect(delays.size).toBeGreaterThan(8);
  });

  test("two readers of one mail are two, the same one told again is one", async () => {
    const to = ["bob@example.net", "carol@example.net"];
    const row = await receivedMail("ref-1", to);
    await reader.store.signals.record(row);
    await complainAbout("ref-1", "bob@example.net", reader);
    await complainAbout("ref-1", "carol@example.net", reader);
    clock.time += 2 * day;
    const [first] = await reader.store.reports.due(clock.time, 1);
    await run();
    if (first === undefined) throw new Error("nothing was due");
    await reader.store.reports.queue([{ ...first, id: "again", dueAt: clock.time }], clock.time);
    await run();
    expect(await counts()).toEqual([{ ...one, count: 2 }]);
    expect(await reader.store.reports.state()).toMatchObject({ sent: 3 });
  });

  test("a reader of another domain than those bound is not attested", async () => {
    const other = makeSide({ domain: "other.example", store: await memoryStore(), clock });
    const row = await receivedMail("ref-1", ["bob@example.net"], {
      recipients: ["bob@example.net", "eve@other.example"],
    });
    await other.store.signals.record(row);
    await complainAbout("ref-1", "eve@other.example", other);
    clock.time += 2 * day;
    world = { sides: [reader, sender, other] };
    await sendDue(other.outbox(world));
    await run();
    expect(await counts()).toEqual([{ ...one, attested: false }]);
    await other.store.close();
  });

  test("is tried again while the sender's side is away, and given up after five days", async () => {
    await complain();
    world = { ...world, down: new Set(["bank.example"]) };
    clock.time = testTime + 600 + day;
    await run();
    expect(await reader.store.reports.state()).toMatchObject({ queued: 1 });
    clock.time += 4 * day;
    await run();
    expect(await reader.store.reports.state()).toMatchObject({ queued: 1 });
    clock.time += 2 * day;
    await run();
    expect(await reader.store.reports.state()).toMatchObject({ queued: 0, failed: 1 });
    expect(await counts()).toEqual([]);
  });

  test("tries come less and less often: some twenty in five days", async () => {
    await complain();
    clock.time += 2 * day;
    let tries = 0;
    const ask = async () => {
      tries += 1;
      return temp("fetch/timeout", "");
    };
    for (let at = clock.time; at < testTime + 9 * day; at += 1_800) {
      clock.time = at;
      await sendDue({ ...reader.outbox({ ...world, ask }), retrySeconds: usualRetrySeconds });
    }
    expect(await reader.store.reports.state()).toMatchObject({ queued: 0, failed: 1 });
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThan(25);
  });

  describe.each([
    { name: "weeks ahead", off: 21 * day },
    { name: "weeks behind", off: -21 * day },
  ])("told by a clock that is $name", ({ off }) => {
    const own = testClock();
    function dated(status?: number): World {
      const ask = datedBy(clock, worldAsk(world));
      return {
        ...world,
        ask: async (request) => {
          const answer = await ask(request);
          return answer.ok ? ok({ ...answer.value, status: status ?? answer.value.status }) : answer;
        },
      };
    }

    test.each([{ status: undefined }, { status: 400 }])(
      "it is told again once that is mended ($status)",
      async (answer) => {
        own.time = clock.time;
        await sides({ clock: own });
        await complain();
        // Behind: the wait had begun while the clock was so already.
        await reader.store.reports.due(Infinity, 1).then(async ([row]) => {
          if (row !== undefined && off < 0) await reader.store.reports.retry(row.id, clock.time + off, "");
        });
        clock.time += 2 * day;
        own.time = clock.time + off;
        const before = dated(answer.status);
        await sendDue(reader.outbox(before));
        await judgeDue(sender.inbox(before));
        expect(await counts()).toEqual([]);
        expect(await reader.store.reports.state()).toMatchObject({ queued: 1, failed: 0, sent: 0 });
        own.time = clock.time += 600;
        world = dated();
        await run();
        expect(await reader.store.reports.state()).toMatchObject({ queued: 0, sent: 1 });
        expect(await counts()).toEqual([one]);
      },
    );
  });

  test("is counted once when the answer got lost", async () => {
    await complain();
    clock.time += 2 * day;
    let lost = 2;
    const ask = worldAsk(world);
    world = {
      ...world,
      ask: async (request) => {
        const answer = await ask(request);
        lost -= 1;
        return lost < 0 || request.method === "GET"
          ? answer
          : { ok: false, kind: "temp", code: "fetch/timeout", detail: "" };
      },
    };
    for (let i = 0; i < 4; i += 1) {
      await run();
      clock.time += 400;
    }
    expect(await reader.store.reports.state()).toMatchObject({ queued: 0, sent: 1 });
    expect(await counts()).toEqual([one]);
  });

  test.each([
    { status: 404, want: { queued: 1, failed: 0 } },
    { status: 500, want: { queued: 1, failed: 0 } },
    { status: 410, want: { queued: 0, failed: 1 } },
    { status: 400, want: { queued: 0, failed: 1 } },
    { status: 204, want: { queued: 0, failed: 0, sent: 1 } },
  ])("an answer $status", async ({ status, want }) => {
    await complain();
    clock.time += 2 * day;
    const ask = async () => ok({ status, headers: new Map<string, string>(), body: new Uint8Array() });
    await sendDue(reader.outbox({ ...world, ask }));
    expect(await reader.store.reports.state()).toMatchObject(want);
  });

  test("the sender does not judge for ever: a reporter whose keys cannot be had is dropped in the end", async () => {
    await complain();
    clock.time += 2 * day;
    await sendDue(reader.outbox(world));
    world = { ...world, down: new Set(["example.net"]) };
    for (let i = 0; i < 3; i += 1) {
      await judgeDue(sender.inbox(world));
      expect(sender.store.arrivals.waiting()).toBe(i < 2 ? 1 : 0);
      clock.time += 1_000;
    }
    expect(await counts()).toEqual([]);
  });
});

test("a store that fails ends the round on either side: nothing is tried in a circle, nothing is put aside", async () => {
  await complain();
  clock.time += 2 * day;
  const fails = (): Promise<never> => Promise.reject(new Unavailable("store: full"));
  const outbox = reader.outbox(world);
  const before = await reader.store.reports.state();
  await expect(sendDue({ ...outbox, reports: { ...outbox.reports, attempting: fails } })).rejects.toThrow("full");
  expect(await reader.store.reports.state()).toEqual(before);
  await sendDue(outbox);
  const inbox = sender.inbox(world);
  await expect(judgeDue({ ...inbox, arrivals: { ...inbox.arrivals, settle: fails } })).rejects.toThrow("full");
  await judgeDue(inbox);
  expect(await counts()).toHaveLength(1);
});

test("in a crowd nothing waits for a reporter whose keys cannot be had", async () => {
  await complain();
  clock.time += 2 * day;
  await sendDue(reader.outbox(world));
  world = { ...world, down: new Set(["example.net"]) };
  const inbox = sender.inbox(world);
  await judgeDue({ ...inbox, arrivals: { ...inbox.arrivals, waiting: () => crowdedArrivals + 1 } });
  expect(sender.store.arrivals.waiting()).toBe(0);
});

describe("what does not count", () => {
  /** Posts what the outbox would, after `change`. */
  async function tampered(
    change: (request: { url: string; headers: Record<string, string>; body: string }) => void,
  ): Promise<void> {
    await complain();
    clock.time += 2 * day;
    const ask = worldAsk(world);
    const bent: World = {
      ...world,
      ask: (request) => {
        if (request.method === "GET") return ask(request);
        const body = new TextDecoder().decode(request.body);
        const copy = { url: request.url, headers: { ...request.headers }, body };
        change(copy);
        return ask({ ...request, url: copy.url, headers: copy.headers, body: new TextEncoder().encode(copy.body) });
      },
    };
    await sendDue(reader.outbox(bent));
    await judgeDue(sender.inbox(world));
  }

  const cases: { name: string; change: Parameters<typeof tampered>[0] }[] = [
    { name: "another body", change: (r) => (r.body = r.body.replace("marketing", "political")) },
    { name: "another reader", change: (r) => (r.body = r.body.replace(/"blinded":"../, '"blinded":"zz')) },
    { name: "no signature", change: (r) => delete r.headers["signature"] },
    { name: "another code", change: (r) => (r.url = r.url.replace("/misrepresented", "/phishing")) },
    { name: "another token", change: (r) => (r.url = r.url.replace(/\.report\/(.{10})./, ".report/$1x")) },
    {
      name: "another key's name",
      change: (r) =>
        (r.headers["signature-input"] = (r.headers["signature-input"] ?? "").replace("example.net/", "other.example/")),
    },
    { name: "no JSON", change: (r) => (r.body = "{") },
  ];
  for (const { name, change } of cases) {
    test(`${name}: answered all the same, counted not`, async () => {
      await tampered(change);
      expect((await reader.store.reports.state()).sent).toBe(1);
      expect(await counts()).toEqual([]);
    });
  }

  test("older than t + 60 d", async () => {
    await complain();
    clock.time += 61 * day;
    await run();
    expect(await counts()).toEqual([]);
  });

  test("a token that another sender's key made", async () => {
    await complain();
    clock.time += 2 * day;
    await sendDue(reader.outbox(world));
    const inbox = { ...sender.inbox(world), tokenKeys: () => [{ id: 7, secret: new Uint8Array(32).fill(1) }] };
    await judgeDue(inbox);
    expect(await counts()).toEqual([]);
    expect(sender.store.arrivals.waiting()).toBe(0);
  });

  test("more than the token bound recipients", async () => {
    const row = await receivedMail("ref-1", ["bob@example.net"], {
      recipients: ["bob@example.net", "al@example.net", "cy@example.net"],
    });
    await reader.store.signals.record(row);
    for (const by of ["bob@example.net", "al@example.net", "cy@example.net"]) await complainAbout("ref-1", by, reader);
    clock.time += 2 * day;
    await run();
    expect(await counts()).toEqual([one]);
  });
});

describe("feedback loop", () => {
  test("where one is agreed an abuse report goes beside, naming the mail by its token", async () => {
    await reader.store.close();
    await sender.store.close();
    await sides({ feedbackAddress: (domain) => (domain === "bank.example" ? "fbl@bank.example" : null) });
    const signal = await complain({ complaint: { code: "phishing", actual: null } });
    clock.time += 2 * day;
    await run();
    expect(await counts()).toEqual([{ ...one, code: "phishing" }]);
    const [mail] = reader.rawMails;
    expect(mail?.to).toBe("fbl@bank.example");
    const arf = must(parseArf(new TextEncoder().encode(mail?.raw)));
    expect(arf).toMatchObject({ feedbackType: "fraud", reportedDomains: ["bank.example"], sourceIp: "192.0.2.1" });
    expect(arf.original?.text).toContain(`CFBL-Feedback-ID: ${signal.finding.signer?.token}`);
    expect(mail?.raw).not.toContain("bob@");
    expect(await reader.store.reports.state()).toMatchObject({ sent: 2 });
  });
});
