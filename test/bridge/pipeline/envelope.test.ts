// Recipients as clients spell them, and whose policy answers for each.
import { expect, test } from "vitest";
import { Envelope, type QuarantineWay } from "../../../bridge/pipeline/envelope.ts";
import type { Policy, PolicyLayers } from "../../../shared/policy/types.ts";
import { accepting } from "./desk.ts";

const refusing: PolicyLayers = { default: accepting, reader: { ...accepting, undeclared: "reject" } };

function envelope(): { made: Envelope; asked: string[] } {
  const asked: string[] = [];
  const policies = {
    effective: (address: string): PolicyLayers => {
      asked.push(address);
      return address === "bob@example.net" ? refusing : { default: accepting };
    },
  };
  return {
    made: new Envelope("a@b.example", { policies, counters: { count: () => undefined }, quarantine: () => "mark" }),
    asked,
  };
}

test.each([
  "bob@example.net",
  "bob@EXAMPLE.net",
  '"bob"@example.net',
  '"b\\ob"@example.net',
  "bob@example.net.",
  "@relay.example,@other.example:bob@example.net",
])("%s is Bob, and his policy answers", async (written) => {
  const { made, asked } = envelope();
  expect(await made.recipient(written)).toBeNull();
  expect(asked).toEqual(["bob@example.net"]);
  expect(made.recipients).toEqual(["bob@example.net"]);
  expect(made.decide({ declared: null, tlsVersion: null })).toMatchObject({ action: "reject", layer: "reader" });
});

test.each(["", "postmaster", "bob@", "@example.net", "bob@@example.net", "bob@[192.0.2.1]", "a b@example.net"])(
  "%j stays as it is",
  async (written) => {
    const { made, asked } = envelope();
    await made.recipient(written);
    expect(asked).toEqual([written]);
  },
);

test.each([
  { way: "mark", change: "mark", want: null },
  { way: "hold", change: "hold", want: "4.5.3" },
  { way: "mark", change: "hold", want: null },
  { way: "hold", change: "mark", want: "4.5.3" },
] as const)("one who quarantines beside one who accepts, by $way, reloaded as $change: $want", async (row) => {
  let quarantine: QuarantineWay = row.way;
  const quarantining: Policy = { ...accepting, undeclared: "quarantine" };
  const effective = (address: string): PolicyLayers => ({
    default: address.startsWith("careful") ? quarantining : accepting,
  });
  const deps = { policies: { effective }, counters: { count: () => undefined }, quarantine: () => quarantine };
  const made = new Envelope("a@b.example", deps);
  quarantine = row.change;
  expect(await made.recipient("bob@example.net")).toBeNull();
  expect((await made.recipient("careful@example.net"))?.enhanced ?? null).toBe(row.want);
  expect(made.quarantine).toBe(row.way);
});
