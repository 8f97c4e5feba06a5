// The stub resolver against a DNS server over real UDP and TCP on loopback.
import * as packet from "dns-packet";
import { afterEach, describe, expect, test } from "vitest";
import { isLoopback, stubResolver } from "../../../bridge/dns/stub.ts";
import { answerTo, startDnsServer, type Answering } from "./server.ts";

const name = "_ipp.bank.example";
const record: packet.TxtAnswer = {
  type: "TXT",
  name,
  ttl: 300,
  data: ["v=IPP1; t=url; ", "url=https://ipp.bank.example/ipp/{d}/"],
};
const joined = "v=IPP1; t=url; url=https://ipp.bank.example/ipp/{d}/";
const ede = (code: number): packet.Answer =>
  ({
    type: "OPT",
    name: ".",
    udpPayloadSize: 1232,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [{ code: 15, data: Buffer.from([0, code]) }],
  }) as unknown as packet.Answer;
const soa = (ttl: number, minimum: number): packet.SoaAnswer => ({
  type: "SOA",
  name: "bank.example",
  ttl,
  data: {
    mname: "ns.bank.example",
    rname: "host.bank.example",
    serial: 1,
    refresh: 60,
    retry: 60,
    expire: 60,
    minimum,
  },
});

let stop: (() => Promise<void>) | null = null;
afterEach(async () => {
  await stop?.();
  stop = null;
});

async function resolver(answering: Answering, timeoutMs = 900) {
  const server = await startDnsServer(answering);
  stop = server.stop;
  const clock = { ms: 0 };
  const address = { address: "127.0.0.1", port: server.port };
  return { ...server, clock, stub: stubResolver({ server: address, timeoutMs, now: () => clock.ms }) };
}

describe("what an answer says", () => {
  const cases: readonly { name: string; answering: Answering; want: object }[] = [
    {
      name: "a record's strings are joined; AD of a loopback resolver is secure",
      answering: (asked) => [answerTo(asked, { flags: packet.AUTHENTIC_DATA, answers: [record] })],
      want: { ok: true, value: { records: [joined], dnssec: "secure", ttlSeconds: 300 } },
    },
    {
      name: "without AD it is insecure",
      answering: (asked) => [answerTo(asked, { answers: [record] })],
      want: { ok: true, value: { records: [joined], dnssec: "insecure" } },
    },
    {
      name: "several records stay several",
      answering: (asked) => [answerTo(asked, { answers: [record, { ...record, data: "other" }] })],
      want: { ok: true, value: { records: [joined, "other"] } },
    },
    {
      name: "octets above 127 come as one unit each",
      answering: (asked) => [answerTo(asked, { answers: [{ ...record, data: Buffer.from([0xc3, 0xa9]) }] })],
      want: { ok: true, value: { records: ["\u00c3\u00a9"] } },
    },
    {
      name: "no such name is an answer, and a proof of absence may be secure",
      answering: (asked) => [answerTo(asked, { rcode: 3, flags: packet.AUTHENTIC_DATA })],
      want: { ok: true, value: { records: [], dnssec: "secure" } },
    },
    {
      name: "no such type is the same",
      answering: (asked) => [answerTo(asked, {})],
      want: { ok: true, value: { records: [] } },
    },
    {
      name: "absence is kept as long as the SOA's minimum says (RFC 2308 section 5)",
      answering: (asked) => [answerTo(asked, { rcode: 3, authorities: [soa(300, 30)] })],
      want: { ok: true, value: { records: [], ttlSeconds: 30 } },
    },
    {
      name: "and as long as the SOA itself",
      answering: (asked) => [answerTo(asked, { rcode: 3, authorities: [soa(20, 300)] })],
      want: { ok: true, value: { records: [], ttlSeconds: 20 } },
    },
    {
      name: "for an hour at most",
      answering: (asked) => [answerTo(asked, { rcode: 3, authorities: [soa(86_400, 86_400)] })],
      want: { ok: true, value: { records: [], ttlSeconds: 3_600 } },
    },
    {
      name: "a CNAME is followed inside the answer, its TTL counts",
      answering: (asked) => [
        answerTo(asked, {
          answers: [
            { type: "CNAME", name, ttl: 60, data: "_ipp.host.example" },
            { ...record, name: "_IPP.host.example" },
          ],
        }),
      ],
      want: { ok: true, value: { records: [joined], ttlSeconds: 60 } },
    },
    {
      name: "a CNAME loop ends",
      answering: (asked) => [
        answerTo(asked, {
          answers: [
            { type: "CNAME", name, ttl: 60, data: "a.example" },
            { type: "CNAME", name: "a.example", ttl: 60, data: name },
          ],
        }),
      ],
      want: { ok: false, kind: "temp", code: "dns/alias-loop" },
    },
    {
      name: "records of other names in the answer are not taken",
      answering: (asked) => [answerTo(asked, { answers: [{ ...record, name: "_ipp.other.example" }] })],
      want: { ok: true, value: { records: [] } },
    },
    {
      name: "SERVFAIL is temporary, never no record",
      answering: (asked) => [answerTo(asked, { rcode: 2 })],
      want: { ok: false, kind: "temp", code: "dns/servfail" },
    },
    {
      name: "SERVFAIL with an extended error says bogus",
      answering: (asked) => [answerTo(asked, { rcode: 2, additionals: [ede(6)] })],
      want: { ok: false, kind: "temp", code: "dns/bogus" },
    },
    {
      name: "REFUSED is temporary",
      answering: (asked) => [answerTo(asked, { rcode: 5 })],
      want: { ok: false, kind: "temp", code: "dns/refused" },
    },
    {
      name: "an answer with another id is not ours",
      answering: (asked) => [
        answerTo({ ...asked, id: (asked.id + 1) & 0xffff }, { rcode: 3 }),
        answerTo(asked, { answers: [record] }),
      ],
      want: { ok: true, value: { records: [joined] } },
    },
    {
      name: "an answer to another question is not ours",
      answering: (asked) => [
        answerTo(asked, { rcode: 3, questions: [{ type: "TXT", name: "evil.example" }] }),
        answerTo(asked, { answers: [record] }),
      ],
      want: { ok: true, value: { records: [joined] } },
    },
    {
      name: "noise before the answer is passed over",
      answering: (asked) => [Buffer.from("noise"), Buffer.alloc(0), answerTo(asked, { answers: [record] })],
      want: { ok: true, value: { records: [joined] } },
    },
    {
      name: "a cut answer is asked for again over TCP",
      answering: (asked) => [
        asked.transport === "udp"
          ? answerTo(asked, { flags: packet.TRUNCATED_RESPONSE })
          : answerTo(asked, { answers: [record, { ...record, data: "x".repeat(250) }] }),
      ],
      want: { ok: true, value: { records: [joined, "x".repeat(250)] } },
    },
    {
      name: "a malformed answer over TCP is temporary",
      answering: (asked) =>
        asked.transport === "udp" ? [answerTo(asked, { flags: packet.TRUNCATED_RESPONSE })] : [Buffer.from("junk")],
      want: { ok: false, kind: "temp", code: "dns/malformed" },
    },
    { name: "silence is temporary", answering: () => [], want: { ok: false, kind: "temp", code: "dns/timeout" } },
  ];
  test.each(cases)("$name", async ({ answering, want }) => {
    const { stub } = await resolver(answering, 300);
    expect(await stub.txt(name)).toMatchObject(want);
  });

  test.each([
    { name: "empty", input: "" },
    { name: "an empty label", input: "a..b" },
    { name: "a label of 64", input: `${"a".repeat(64)}.example` },
    { name: "a space", input: "a b.example" },
    { name: "too long", input: `${"abcdefgh.".repeat(30)}example` },
  ])("a name that is none is a permanent failure without a question: $name", async ({ input }) => {
    const { stub, asked } = await resolver(() => []);
    expect(await stub.txt(input)).toMatchObject({ ok: false, kind: "perm", code: "dns/name" });
    expect(asked).toEqual([]);
  });
});

describe("how it asks", () => {
  test("random ids, random source ports, AD and EDNS asked for", async () => {
    const { stub, asked } = await resolver((one) => [answerTo(one, {})]);
    for (let index = 0; index < 12; index += 1) await stub.txt(`n${index}.example`);
    expect(new Set(asked.map((one) => one.id)).size).toBeGreaterThan(10);
    expect(new Set(asked.map((one) => one.fromPort)).size).toBeGreaterThan(8);
    for (const { query } of asked) {
      expect(query.flag_ad).toBe(true);
      expect(query.additionals).toMatchObject([{ type: "OPT", udpPayloadSize: 1232 }]);
    }
  });

  test("an answer is kept for its TTL, and its lifetime counts down", async () => {
    const { stub, asked, clock } = await resolver((one) => [answerTo(one, { answers: [record] })]);
    await stub.txt(name);
    clock.ms = 100_000;
    expect(await stub.txt(name.toUpperCase())).toMatchObject({ value: { ttlSeconds: 200 } });
    expect(asked.length).toBe(1);
    clock.ms = 300_001;
    await stub.txt(name);
    expect(asked.length).toBe(2);
  });

  test("a failure is kept for five seconds (RFC 9520)", async () => {
    const { stub, asked, clock } = await resolver((one) => [answerTo(one, { rcode: 2 })]);
    await stub.txt(name);
    clock.ms = 4_900;
    await stub.txt(name);
    expect(asked.length).toBe(1);
    clock.ms = 5_100;
    await stub.txt(name);
    expect(asked.length).toBe(2);
  });

  test("the same question under way is asked once", async () => {
    const { stub, asked } = await resolver((one) => [answerTo(one, { answers: [record] })]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => stub.txt(name)));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(asked.length).toBe(1);
  });

  test("a lost datagram is asked for again", async () => {
    let lost = false;
    const { stub } = await resolver((one) => {
      if (lost) return [answerTo(one, { answers: [record] })];
      lost = true;
      return [];
    });
    expect(await stub.txt(name)).toMatchObject({ ok: true });
  });

  test("nobody there is temporary, at once", async () => {
    const { stub, stop: close } = await resolver(() => [], 5_000);
    await close();
    stop = null;
    const started = performance.now();
    expect(await stub.txt(name)).toMatchObject({ ok: false, kind: "temp", code: "dns/unreachable" });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test("a flood of names is told to come again", async () => {
    const { stub } = await resolver(() => [], 300);
    const answers = await Promise.all(Array.from({ length: 300 }, (_, index) => stub.txt(`n${index}.example`)));
    expect(answers.filter((answer) => !answer.ok && answer.code === "dns/busy").length).toBe(108);
  });

  /** Answers bank.example's names, as long as it is up; is silent about everybody else's. */
  function slowWorld() {
    const up = { bank: true };
    const answering: Answering = (asked) =>
      asked.name.endsWith("bank.example") && up.bank
        ? [answerTo(asked, { answers: [{ ...record, name: asked.name }] })]
        : [];
    return { up, made: resolver(answering, 600) };
  }
  const busy = (answers: readonly { readonly ok: boolean; readonly code?: string }[]): number =>
    answers.filter((answer) => !answer.ok && answer.code === "dns/busy").length;

  test.each([
    { name: "a zone's", zone: "evil.example", most: 32 },
    { name: "a zone's below such as co.uk", zone: "evil.co.uk", most: 16 },
  ])("made-up names of a slow zone take its own room and nobody else's: $name", async ({ zone, most }) => {
    const { stub } = await slowWorld().made;
    const slow = Promise.all(Array.from({ length: 300 }, (_, index) => stub.txt(`_ipp.d${index}.${zone}`)));
    expect(await stub.txt(name)).toMatchObject({ ok: true });
    expect(await stub.txt(`other.co.uk`)).toMatchObject({ ok: false, code: "dns/timeout" });
    expect(busy(await slow)).toBe(300 - most);
    // Once they have failed there is room again.
    expect(await stub.txt(`_ipp.again.${zone}`)).toMatchObject({ ok: false, code: "dns/timeout" });
  });

  test("however many zones are slow, a name that had a record before finds room, after a failure too", async () => {
    const { up, made } = slowWorld();
    const { stub, clock } = await made;
    expect(await stub.txt(name)).toMatchObject({ ok: true });
    up.bank = false;
    clock.ms = 301_000;
    expect(await stub.txt(name)).toMatchObject({ ok: false, code: "dns/timeout" });
    up.bank = true;
    clock.ms += 6_000;
    const slow = Promise.all(Array.from({ length: 300 }, (_, index) => stub.txt(`_ipp.d${index}.example`)));
    expect(await stub.txt("_ipp.new.bank.example")).toMatchObject({ ok: false, code: "dns/busy" });
    expect(await stub.txt(name)).toMatchObject({ ok: true });
    expect(busy(await slow)).toBe(108);
  });
});

describe("addresses", () => {
  const a = { type: "A", name: "h.example", ttl: 60, data: "192.0.2.1" } as const;
  const cases: readonly { name: string; answering: Answering; want: object }[] = [
    {
      name: "both families",
      answering: (asked) => [
        answerTo(asked, {
          answers: asked.type === "A" ? [a] : [{ type: "AAAA", name: "h.example", ttl: 60, data: "2001:db8::1" }],
        }),
      ],
      want: { ok: true, value: ["2001:db8::1", "192.0.2.1"] },
    },
    {
      name: "one family's failure doesn't hide the other",
      answering: (asked) => [asked.type === "A" ? answerTo(asked, { answers: [a] }) : answerTo(asked, { rcode: 2 })],
      want: { ok: true, value: ["192.0.2.1"] },
    },
    {
      name: "no address and one failure is the failure",
      answering: (asked) => [asked.type === "A" ? answerTo(asked, {}) : answerTo(asked, { rcode: 2 })],
      want: { ok: false, kind: "temp" },
    },
    { name: "none", answering: (asked) => [answerTo(asked, {})], want: { ok: true, value: [] } },
  ];
  test.each(cases)("$name", async ({ answering, want }) => {
    const { stub } = await resolver(answering);
    expect(await stub.addresses("h.example")).toMatchObject(want);
  });
});

test.each([
  { input: "127.0.0.1", want: true },
  { input: "127.0.0.53", want: true },
  { input: "::1", want: true },
  { input: "192.0.2.1", want: false },
  { input: "127.evil.example", want: false },
  { input: "::ffff:127.0.0.1", want: false },
])("loopback: $input is $want", ({ input, want }) => {
  expect(isLoopback(input)).toBe(want);
});
