import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIpAddress } from "../../../shared/received/ip.ts";

describe("parseIpAddress", () => {
  const rows: { input: string; want: string | null }[] = [
    { input: "192.0.2.1", want: "192.0.2.1" },
    { input: "[192.0.2.1]", want: "192.0.2.1" },
    { input: "[192.0.2.1:25]", want: "192.0.2.1" },
    { input: "192.0.2.256", want: null },
    { input: "192.0.2", want: null },
    { input: "[IPv6:2001:db8::1]", want: "2001:db8::1" },
    { input: "IPv6:::1", want: "::1" },
    { input: "::", want: "::" },
    { input: "2001:DB8:0:0:8:800:200C:417A", want: "2001:db8::8:800:200c:417a" },
    { input: "2001:db8:0:1:1:1:1:1", want: "2001:db8:0:1:1:1:1:1" },
    { input: "2001:0:0:1:0:0:0:1", want: "2001:0:0:1::1" },
    { input: "2001:db8:0:0:1:0:0:1", want: "2001:db8::1:0:0:1" },
    { input: "1:0:0:0:0:0:0:0", want: "1::" },
    { input: "10:0:0:20:0:0:0:0", want: "10:0:0:20::" },
    { input: "::ffff:192.0.2.1", want: "::ffff:192.0.2.1" },
    { input: "::ffff:c000:201", want: "::ffff:192.0.2.1" },
    { input: "1::2::3", want: null },
    { input: "1:2:3:4:5:6:7:8:9", want: null },
    { input: "1:2:3:4:5:6:7::8", want: null },
    { input: "12345::", want: null },
    { input: ":::", want: null },
    { input: "", want: null },
    { input: "host.example", want: null },
  ];
  test.each(rows)("$input", ({ input, want }) => {
    expect(parseIpAddress(input)).toBe(want);
  });
  test("an address as written is read as itself", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = parseIpAddress(text);
        expect(address).not.toBeNull();
        expect(parseIpAddress(`[${address}]`)).toBe(address);
      }),
    );
  });
});
