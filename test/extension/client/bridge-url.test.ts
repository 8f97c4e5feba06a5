// Which addresses may be a bridge's.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bridgeUrl, mailDomain, originPattern } from "../../../extension/client/bridge-url.ts";

describe("an address of a bridge", () => {
  const cases = [
    { name: "https", input: "https://mx.example.net", want: "https://mx.example.net/" },
    {
      name: "a path gets its final slash",
      input: "https://mx.example.net/waybill",
      want: "https://mx.example.net/waybill/",
    },
    { name: "http on this machine", input: "http://127.0.0.1:8890", want: "http://127.0.0.1:8890/" },
    { name: "in every spelling", input: "http://2130706433/", want: "http://127.0.0.1/" },
    { name: "by name", input: "http://localhost:1/", want: "http://localhost:1/" },
    { name: "http elsewhere", input: "http://mx.example.net/", want: null },
    { name: "http on a name that begins like loopback", input: "http://127.0.0.1.example.net/", want: null },
    { name: "another scheme", input: "file:///etc/passwd", want: null },
    { name: "script", input: "javascript:alert(1)", want: null },
    { name: "a password in it", input: "https://a:b@mx.example.net/", want: null },
    { name: "a query", input: "https://mx.example.net/?x=1", want: null },
    { name: "not an address", input: "example", want: null },
    { name: "endless", input: `https://x.example/${"a".repeat(600)}`, want: null },
  ];
  test.each(cases)("$name", ({ input, want }) => {
    expect(bridgeUrl(input)?.href ?? null).toBe(want);
  });

  test("any text is taken or refused, never thrown at", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
        const url = bridgeUrl(text);
        if (url !== null) expect(bridgeUrl(url.href)?.href).toBe(url.href);
      }),
    );
  });
});

test.each([
  { name: "domain of an address", input: "alice@Example.NET", want: "example.net" },
  { name: "A-labels", input: "alice@bücher.example", want: "xn--bcher-kva.example" },
  { name: "an IP address is no mail domain", input: "alice@[192.0.2.1]", want: null },
  { name: "a single label is none", input: "alice@localhost", want: null },
  { name: "nothing", input: "", want: null },
  { name: "a path", input: "alice@example.net/x", want: "example.net" },
])("$name", ({ input, want }) => {
  expect(mailDomain(input)).toBe(want);
});

test("permission patterns have no ports", () => {
  expect(originPattern(new URL("http://127.0.0.1:8890/x"))).toBe("http://127.0.0.1/*");
});
