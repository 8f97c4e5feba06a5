// What strangers' mail may make the bridge ask: buckets by host, domain and network, and of their own for what is known.
import { expect, test } from "vitest";
import { type Expense, requestBudget } from "../../../bridge/fetch/budget.ts";

const rates = {
  host: { burst: 2, perMinute: 1 },
  domain: { burst: 2, perMinute: 1 },
  network: { burst: 2, perMinute: 1 },
};
const from = (more: Partial<Expense>): Expense => ({ host: "a.example", domain: "b.example", known: false, ...more });

function spent(): { budget: ReturnType<typeof requestBudget>; clock: { ms: number } } {
  const clock = { ms: 0 };
  const budget = requestBudget(() => clock.ms, rates);
  for (let i = 0; i < 2; i += 1) {
    expect(budget.take(from({}))).toBe(true);
    expect(budget.takeNetwork("192.0.2.1", false)).toBe(true);
  }
  return { budget, clock };
}

test.each([
  { name: "the same", more: {}, want: false },
  { name: "another domain at the host", more: { domain: "other.example" }, want: false },
  { name: "another host for the domain", more: { host: "other.example" }, want: false },
  { name: "another host for another domain", more: { host: "c.example", domain: "d.example" }, want: true },
  { name: "what was had before", more: { known: true }, want: true },
])("when all is spent: $name", ({ more, want }) => {
  expect(spent().budget.take(from(more))).toBe(want);
});

test("a network has buckets too, whatever its hosts are called", () => {
  const { budget } = spent();
  expect(budget.takeNetwork("192.0.2.1", false)).toBe(false);
  expect(budget.takeNetwork("192.0.2.1", true)).toBe(true);
  expect(budget.takeNetwork("192.0.2.2", false)).toBe(true);
});

test("a minute brings one more; a request that is refused costs nothing", () => {
  const { budget, clock } = spent();
  // The domain's is empty: the other host's bucket stays as it is.
  for (let i = 0; i < 5; i += 1) budget.take(from({ host: "other.example" }));
  expect(budget.take(from({ host: "other.example", domain: "d.example" }))).toBe(true);
  clock.ms = 60_000;
  expect(budget.take(from({}))).toBe(true);
  expect(budget.take(from({}))).toBe(false);
});
