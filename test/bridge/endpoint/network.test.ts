// What counts as one place in the network, however its address is written.
import { expect, test } from "vitest";
import { networkOf, plainAddress } from "../../../bridge/endpoint/network.ts";

test.each([
  { input: "192.0.2.1", want: "192.0.2.1" },
  { input: "2001:db8:1:2:3:4:5:6", want: "2001:db8:1:2::/64" },
  { input: "2001:DB8:1:2::6", want: "2001:db8:1:2::/64" },
  { input: "2001:0db8:0001:0002::6", want: "2001:db8:1:2::/64" },
  { input: "2001:db8::1", want: "2001:db8:0:0::/64" },
  { input: "2001::2:3:4:5:6", want: "2001:0:0:2::/64" },
  { input: "2001:db8:1::", want: "2001:db8:1:0::/64" },
  { input: "::1", want: "0:0:0:0::/64" },
  { input: "unknown", want: "unknown" },
])("$input is in $want", ({ input, want }) => {
  expect(networkOf(input)).toBe(want);
});

test("an IPv4 address that a dual-stack socket tells is that address", () => {
  expect(["::ffff:192.0.2.1", "::FFFF:192.0.2.1", "192.0.2.1", "::ffff:c000:201"].map(plainAddress)).toEqual([
    "192.0.2.1",
    "192.0.2.1",
    "192.0.2.1",
    "::ffff:c000:201",
  ]);
});
