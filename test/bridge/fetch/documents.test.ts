// What is kept of fetched documents, how long, and how often one host is asked.
import { describe, expect, test } from "vitest";
import { requestBudget } from "../../../bridge/fetch/budget.ts";
import { fetchedDocuments, freshMs, mappedDocuments, type Documents } from "../../../bridge/fetch/documents.ts";
import type { HttpsResponse } from "../../../bridge/fetch/https.ts";
import { ok, perm, temp, type Result } from "../../../shared/result.ts";

const minute = 60_000;
const hour = 60 * minute;
const url = "https://ipp.bank.example/ipp/bank.example/billing.pub";
const text = (answer: Awaited<ReturnType<Documents["get"]>>): string | null =>
  answer.ok && answer.value.body !== null ? new TextDecoder().decode(answer.value.body) : null;
const page = (body: string, cacheControl?: string): Result<HttpsResponse> =>
  ok({
    status: 200,
    headers: new Map(cacheControl === undefined ? [] : [["cache-control", cacheControl]]),
    body: new TextEncoder().encode(body),
  });
const status = (code: number): Result<HttpsResponse> =>
  ok({ status: code, headers: new Map(), body: new Uint8Array() });

/** A cache over scripted answers: the n-th request gets the n-th, the last one for ever. */
function scripted(...answers: readonly Result<HttpsResponse>[]) {
  const clock = { ms: 0 };
  const asked: string[] = [];
  const documents = fetchedDocuments({
    ask: async (request) => {
      asked.push(request.url);
      return answers[Math.min(asked.length, answers.length) - 1] ?? perm("test/none", "");
    },
    budget: requestBudget(() => clock.ms),
    now: () => clock.ms,
  });
  return { clock, asked, documents };
}

describe("how long an answer is fresh", () => {
  test.each([
    { name: "says nothing: an hour", input: undefined, want: hour },
    { name: "between the bounds: as it says", input: "public, max-age=7200", want: 2 * hour },
    { name: "0 is 5 minutes", input: "max-age=0", want: 5 * minute },
    { name: "a year is a day", input: "max-age=31536000", want: 24 * hour },
    { name: "no-store is 5 minutes to a day, as nothing said", input: "no-store", want: hour },
    { name: "junk", input: "max-age=x", want: hour },
    { name: "another directive that ends alike", input: "s-max-age=9999", want: hour },
  ])("$name", ({ input, want }) => expect(freshMs(input)).toBe(want));
});

describe("keeping", () => {
  test("a fresh answer is not asked for again, then it is", async () => {
    const { clock, asked, documents } = scripted(page("one", "max-age=600"), page("two"));
    expect(text(await documents.get(url, "bank.example"))).toBe("one");
    clock.ms = 599_000;
    expect(text(await documents.get(url, "bank.example"))).toBe("one");
    expect(asked.length).toBe(1);
    clock.ms = 601_000;
    expect(text(await documents.get(url, "bank.example"))).toBe("two");
  });

  test("absence is kept for five minutes: one refetch per unknown key", async () => {
    const { clock, asked, documents } = scripted(status(404));
    for (let index = 0; index < 100; index += 1) await documents.get(url, "bank.example");
    expect(asked.length).toBe(1);
    clock.ms = 5 * minute + 1;
    expect(await documents.get(url, "bank.example")).toMatchObject({ ok: true, value: { body: null } });
    expect(asked.length).toBe(2);
  });

  test("a leaf that is gone is gone at once when the answer is fresh", async () => {
    const { clock, documents } = scripted(page("one", "max-age=300"), status(404));
    await documents.get(url, "bank.example");
    clock.ms = 5 * minute + 1;
    expect(await documents.get(url, "bank.example")).toMatchObject({ ok: true, value: { body: null, stale: false } });
  });

  test("a temporary failure is kept for a minute", async () => {
    const { clock, asked, documents } = scripted(temp("fetch/timeout", ""));
    await documents.get(url, "bank.example");
    clock.ms = 59_000;
    expect(await documents.get(url, "bank.example")).toMatchObject({ ok: false, kind: "temp" });
    expect(asked.length).toBe(1);
    clock.ms = 61_000;
    await documents.get(url, "bank.example");
    expect(asked.length).toBe(2);
  });

  test("a good answer serves 24 hours more while asking fails for now", async () => {
    const { clock, documents } = scripted(page("one", "max-age=300"), temp("fetch/timeout", ""));
    expect(await documents.get(url, "bank.example")).toMatchObject({ value: { stale: false } });
    clock.ms = 5 * minute + 23 * hour;
    const stale = await documents.get(url, "bank.example");
    expect(stale).toMatchObject({ ok: true, value: { stale: true } });
    expect(text(stale)).toBe("one");
    clock.ms = 5 * minute + 24 * hour + 2 * minute;
    expect(await documents.get(url, "bank.example")).toMatchObject({ ok: false, kind: "temp" });
  });

  test.each([
    { name: "500", answer: status(500), want: { ok: false, kind: "temp", code: "fetch/status" } },
    { name: "429", answer: status(429), want: { ok: false, kind: "temp", code: "fetch/status" } },
    { name: "403", answer: status(403), want: { ok: false, kind: "perm", code: "fetch/status" } },
    { name: "410", answer: status(410), want: { ok: true, value: { body: null } } },
    { name: "204", answer: status(204), want: { ok: false, kind: "perm", code: "fetch/status" } },
    {
      name: "redirect",
      answer: perm("fetch/redirect", ""),
      want: { ok: false, kind: "perm", code: "fetch/redirect" },
    },
  ])("what a status means: $name", async ({ answer, want }) => {
    expect(await scripted(answer).documents.get(url, "bank.example")).toMatchObject(want);
  });

  test("the same document under way is asked for once", async () => {
    const { asked, documents } = scripted(page("one"));
    await Promise.all(Array.from({ length: 50 }, () => documents.get(url, "bank.example")));
    expect(asked.length).toBe(1);
  });
});

describe("budget", () => {
  test("a domain's made-up keys run out, its known ones are still refreshed", async () => {
    const { clock, asked, documents } = scripted(page("one", "max-age=300"), status(404));
    await documents.get(url, "bank.example");
    clock.ms = 6 * minute;
    const answers = [];
    for (let index = 0; index < 100; index += 1) {
      answers.push(await documents.get(`${url}?ks=${index}`, "bank.example"));
    }
    expect(answers.filter((answer) => !answer.ok && answer.code === "fetch/budget").length).toBe(40);
    const before = asked.length;
    await documents.get(url, "bank.example");
    expect(asked.length).toBe(before + 1);
  });

  test("random domains at one host run out too", async () => {
    const { documents } = scripted(status(404));
    const codes = [];
    for (let index = 0; index < 700; index += 1) {
      const answer = await documents.get(`https://victim.example/ipp/d${index}.example/a.pub`, `d${index}.example`);
      codes.push(answer.ok ? "ok" : answer.code);
    }
    expect(codes.filter((code) => code === "fetch/budget").length).toBe(100);
  });

  test("who has spent his own keeps nobody's document from being asked for again", async () => {
    const { clock, documents } = scripted(...Array(61).fill(page("one", "max-age=300")), page("two"));
    await documents.get(url, "bank.example");
    // As many known documents as the domain may have refreshed at once, all of them due.
    const own = Array.from({ length: 60 }, (_, index) => `https://evil.example/${index}.pub`);
    for (const one of own) await documents.get(one, "evil.example");
    clock.ms = 6 * minute;
    for (const one of own) await documents.get(one, "evil.example");
    // He asks for another's document on the spot.
    expect(text(await documents.get(url, "evil.example"))).toBe("one");
    expect(text(await documents.get(url, "bank.example"))).toBe("two");
  });

  test("it fills again", () => {
    const clock = { ms: 0 };
    const budget = requestBudget(() => clock.ms);
    const expense = { host: "h", domain: "d", known: false };
    while (budget.take(expense)) clock.ms += 0;
    clock.ms = 2_000;
    expect(budget.take(expense)).toBe(true);
    expect(budget.take(expense)).toBe(false);
  });
});

test("a map publishes what is in it", async () => {
  const documents = mappedDocuments({ [url]: "pem" });
  expect(text(await documents.get(url, "bank.example"))).toBe("pem");
  expect(await documents.get("https://toString/", "bank.example")).toMatchObject({ value: { body: null } });
});
