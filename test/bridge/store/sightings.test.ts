import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ReceivedSum, sumRowsADay } from "../../../bridge/store/received-sums.ts";
import { domainsADay, purposesADomain, type Sighting, type SightingSum } from "../../../bridge/store/sightings.ts";
import type { Store } from "../../../bridge/store/store.ts";
import { memoryStore, now } from "./fixtures.ts";

const today = Math.floor(now / 86_400);
let store: Store;
beforeEach(async () => {
  store = await memoryStore();
});
afterEach(() => store.close());

function sighting(change: Partial<Sighting> = {}): Sighting {
  const recipients = ["bob@example.net"];
  return { day: today, domain: "bank.example", result: "broken", purpose: "newsletter", recipients, ...change };
}

async function groups(before: number): Promise<(readonly SightingSum[])[]> {
  const all: (readonly SightingSum[])[] = [];
  for await (const group of store.sightings.before(before)) all.push(group);
  return all;
}

async function sums(before = today + 1): Promise<readonly SightingSum[]> {
  await store.flushed();
  return (await groups(before)).flat();
}

describe("sightings", () => {
  test("are counted per day, domain, result and purpose", async () => {
    const others: Partial<Sighting>[] = [
      { day: today - 1 },
      { domain: "shop.example" },
      { result: "replay" },
      { purpose: "marketing" },
      { purpose: null },
    ];
    for (const change of [{}, {}, ...others]) expect(store.sightings.add(sighting(change))).toBe(true);
    expect((await sums()).map(({ count }) => count).toSorted((a, b) => a - b)).toEqual([1, 1, 1, 1, 1, 2]);
    expect(await sums(today)).toMatchObject([{ day: today - 1, domain: "bank.example", count: 1 }]);
    expect((await sums()).filter(({ purpose }) => purpose === null)).toHaveLength(1);
  });

  const readers: { name: string; mails: readonly (readonly string[])[]; want: number }[] = [
    { name: "one reader of many mails is one", mails: Array.from({ length: 30 }, () => ["bob@example.net"]), want: 1 },
    { name: "his subaddresses and letter cases are he", mails: [["bob+a@example.net", "BOB@example.net"]], want: 1 },
    { name: "two of one mail are two", mails: [["bob@example.net", "carol@example.net"]], want: 2 },
    { name: "more than ten are ten", mails: [Array.from({ length: 40 }, (_, i) => `r${i}@example.net`)], want: 10 },
    { name: "over several mails too", mails: Array.from({ length: 12 }, (_, i) => [`r${i}@example.net`]), want: 10 },
  ];
  test.each(readers)("$name", async ({ mails, want }) => {
    for (const recipients of mails) store.sightings.add(sighting({ recipients }));
    const [sum] = await sums();
    expect(sum?.count).toBe(mails.length);
    expect(sum?.readers.length).toBe(want);
    expect(sum?.readers.join(" ")).not.toContain("@");
  });

  test("a reader's digests of one day meet, those of two days do not", async () => {
    for (const change of [{}, { purpose: "marketing" }, { day: today - 1 }]) store.sightings.add(sighting(change));
    const digests = (await sums()).toSorted((a, b) => b.day - a.day).map(({ readers }) => readers[0]);
    expect(digests[0]).toBe(digests[1]);
    expect(digests[0]).not.toBe(digests[2]);
  });

  test("a day holds so many domains and no more; known ones go on", async () => {
    for (let i = 0; i < domainsADay; i += 1)
      expect(store.sightings.add(sighting({ domain: `d${i}.example` }))).toBe(true);
    expect(store.sightings.add(sighting({ domain: "one.more.example" }))).toBe(false);
    expect(store.sightings.add(sighting({ domain: "d7.example" }))).toBe(true);
    expect(await sums()).toHaveLength(domainsADay);
    expect(store.sightings.add(sighting({ day: today + 1, domain: "one.more.example" }))).toBe(true);
  });

  test("made-up purposes of one domain become one", async () => {
    for (let i = 0; i < 100; i += 1) store.sightings.add(sighting({ purpose: `p${i}` }));
    store.sightings.add(sighting({ result: "replay" }));
    const rows = await sums();
    expect(rows.filter(({ result }) => result === "broken")).toHaveLength(purposesADomain + 1);
    expect(rows.find(({ purpose }) => purpose === null)?.count).toBe(100 - purposesADomain);
    expect(rows.find(({ result }) => result === "replay")?.purpose).toBe("newsletter");
  });

  test("are read one day and domain at a time, in order, each with all its results and readers", async () => {
    const results = [{ result: "broken" }, { result: "replay", purpose: null }] as const;
    for (const day of [today, today - 1]) {
      for (const domain of ["shop.example", "bank.example", "a.bank.example"]) {
        for (const change of results) store.sightings.add(sighting({ day, domain, ...change }));
      }
    }
    await store.flushed();
    const read = await groups(today + 1);
    expect(read.map((group) => group.map(({ day, domain, result }) => `${day - today} ${domain} ${result}`))).toEqual(
      [-1, 0].flatMap((day) =>
        ["a.bank.example", "bank.example", "shop.example"].map((domain) =>
          ["broken", "replay"].map((result) => `${day} ${domain} ${result}`),
        ),
      ),
    );
    expect(read.flat().every(({ readers }) => readers.length === 1)).toBe(true);
    expect(await groups(today)).toHaveLength(3);
  });

  test("are forgotten by day", async () => {
    for (const day of [today - 2, today - 1, today]) store.sightings.add(sighting({ day }));
    await store.flushed();
    while ((await store.sightings.forget(today, 2)) > 0);
    expect(await sums()).toMatchObject([{ day: today, readers: [expect.any(String)] }]);
  });
});

describe("received sums", () => {
  const sum: ReceivedSum = {
    day: today,
    reporter: "example.net",
    domain: "bank.example",
    result: "broken",
    purpose: "newsletter",
    count: 12,
  };

  async function tell(told: readonly ReceivedSum[]): Promise<string> {
    await store.arrivals.add("{}", now);
    const [arrival] = await store.arrivals.due(now, 1);
    return store.arrivals.settle(arrival?.id ?? -1, { kind: "sums", sums: told });
  }

  test("are kept as told, once per reporter, domain and day", async () => {
    const replay: ReceivedSum = { ...sum, result: "replay", purpose: null, count: 30 };
    expect(await tell([sum, replay])).toBe("counted");
    expect(await tell([{ ...sum, count: 99 }])).toBe("again");
    expect(await tell([{ ...sum, reporter: "other.example" }])).toBe("counted");
    expect(await tell([{ ...sum, day: today - 1 }])).toBe("counted");
    expect(await store.receivedSums.since(today)).toEqual([replay, sum, { ...sum, reporter: "other.example" }]);
    expect(await tell([])).toBe("again");
  });

  test("the same line twice in one body is one", async () => {
    expect(await tell([sum, sum])).toBe("counted");
    expect(await store.receivedSums.since(0)).toEqual([sum]);
  });

  test("made-up reporters fill no disk", async () => {
    const many = Array.from({ length: 100 }, (_, i) => ({ ...sum, purpose: `p${i}` }));
    const answers = new Set<string>();
    for (let told = 0; told <= sumRowsADay; told += many.length) {
      answers.add(await tell(many.map((one) => ({ ...one, reporter: `d${told}.evil.example` }))));
    }
    expect([...answers]).toEqual(["counted", "full"]);
    expect(await tell([{ ...sum, day: today - 1 }])).toBe("counted");
  });

  test("the largest of a day are shown, the others added up, none left out", async () => {
    const of = (reporter: string, count: number): ReceivedSum => ({ ...sum, reporter, count });
    for (const one of [of("a.example", 12), of("b.example", 50), of("c.example", 13)]) await tell([one]);
    await tell([{ ...of("a.example", 20), day: today - 1 }]);
    const others = { ...sum, reporter: null, purpose: null, count: 25 };
    expect(await store.receivedSums.since(0, 1)).toEqual([
      { ...of("a.example", 20), day: today - 1 },
      of("b.example", 50),
      others,
    ]);
    expect(await store.receivedSums.since(today, 0)).toEqual([{ ...others, count: 75 }]);
  });

  test("are forgotten by the day they speak of", async () => {
    for (const day of [today - 2, today - 1, today]) await tell([{ ...sum, day }]);
    expect(await store.receivedSums.forget(today, 1)).toBe(1);
    expect(await store.receivedSums.forget(today, 10)).toBe(1);
    expect(await store.receivedSums.since(0)).toEqual([sum]);
  });
});
