// A flood of declarations whose domains, names, ports and addresses a stranger made up: how often does our bridge knock
// at the one place that they all lead to?
import { describe, expect, test } from "vitest";
import { requestBudget, type Budget } from "../../../bridge/fetch/budget.ts";
import { fetchedDocuments } from "../../../bridge/fetch/documents.ts";
import { leaves } from "../../../bridge/fetch/leave.ts";
import { ok } from "../../../shared/result.ts";

const flood = 3_000;

/** How many of the flood's requests are really sent. `place`: the n-th declaration's URL and the address of its host. */
async function knocks(place: (n: number) => { readonly url: string; readonly address: string }): Promise<number> {
  const budget = requestBudget(() => 0);
  const leave = leaves(budget);
  const addresses = new Map(Array.from({ length: flood }, (_, n) => [place(n).url, place(n).address]));
  let sent = 0;
  const documents = fetchedDocuments({
    ask: async ({ url, known }) => {
      const given = leave([addresses.get(url) ?? ""], known === true);
      if (!given.ok) return given;
      sent += 1;
      given.value.end();
      return ok({ status: 404, headers: new Map(), body: new Uint8Array() });
    },
    budget,
    now: () => 0,
  });
  for (let n = 0; n < flood; n += 1) await documents.get(place(n).url, `d${n}.evil.example`);
  return sent;
}

describe("a victim is asked no oftener than one host, however he is named", () => {
  test.each([
    {
      name: "random domains that name his host",
      place: (n: number) => ({ url: `https://victim.example/d${n}/a.pub`, address: "198.18.0.1" }),
    },
    {
      name: "every port of his host",
      place: (n: number) => ({ url: `https://victim.example:${1_024 + n}/a.pub`, address: "198.18.0.1" }),
    },
    {
      name: "random names that lead to his address (wildcard, CNAME)",
      place: (n: number) => ({ url: `https://h${n}.evil.example/a.pub`, address: "198.18.0.1" }),
    },
    {
      name: "random names that lead to the addresses of his IPv6 network",
      place: (n: number) => ({ url: `https://h${n}.evil.example/a.pub`, address: `2001:db8:7:1::${n.toString(16)}` }),
    },
  ])("$name", async ({ place }) => expect(await knocks(place)).toBe(600));
});

describe("one network's room", () => {
  const open = (budget: Budget = requestBudget(() => 0)) => leaves(budget);

  test("16 requests at once go to one network, another one still gets its own", () => {
    const leave = open();
    const held = Array.from({ length: 20 }, () => leave(["198.18.0.1"], false));
    expect(held.filter(({ ok }) => ok)).toHaveLength(16);
    expect(held[19]).toMatchObject({ ok: false, kind: "temp", code: "fetch/busy" });
    expect(leave(["198.18.0.2"], false).ok).toBe(true);
    const [first] = held;
    if (first?.ok === true) first.value.end();
    expect(leave(["198.18.0.1"], false).ok).toBe(true);
  });

  test("made-up keys at slow servers leave room for what is known", () => {
    const leave = open();
    const held = Array.from({ length: 200 }, (_, n) => leave([`198.18.0.${n}`], false));
    expect(held.filter(({ ok }) => ok)).toHaveLength(96);
    const known = Array.from({ length: 200 }, (_, n) => leave([`198.18.1.${n}`], true));
    expect(known.filter(({ ok }) => ok)).toHaveLength(32);
  });

  test("of thousands of addresses four are tried, and each is paid for", () => {
    const budget = requestBudget(() => 0);
    const leave = open(budget);
    const many = Array.from({ length: 4_000 }, (_, n) => `198.18.${n >> 8}.${n & 255}`);
    const given = leave(many, false);
    expect(given).toMatchObject({ ok: true, value: { addresses: many.slice(0, 4) } });
    for (let left = 599; left > 0; left -= 1) expect(budget.takeNetwork("198.18.0.3", false)).toBe(true);
    expect(budget.takeNetwork("198.18.0.3", false)).toBe(false);
  });
});
