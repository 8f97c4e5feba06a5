// Which URLs and addresses the bridge lets itself be sent to.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkUrl, isCidr, mayConnect, type Reach } from "../../../bridge/fetch/destination.ts";

const outside: Reach = {
  allowLoopback: false,
  refuse: ["8.8.4.0/24", "2a00:64::/96"],
  own: () => ["8.8.8.8", "2a00::8"],
};
const lab: Reach = { ...outside, allowLoopback: true };

describe("addresses", () => {
  test.each([
    { name: "public IPv4", input: "1.1.1.1", want: true },
    { name: "public IPv6", input: "2a00:1450::1", want: true },
    { name: "one's own address", input: "8.8.8.8", want: false },
    { name: "one's own address, another spelling", input: "2a00:0:0::8", want: false },
    { name: "a range refused by the operator", input: "8.8.4.4", want: false },
    { name: "an operator's NAT64 prefix", input: "2a00:64::a00:1", want: false },
    { name: "unspecified", input: "0.0.0.0", want: false },
    { name: "loopback", input: "127.0.0.1", want: false },
    { name: "all of 127/8", input: "127.255.255.254", want: false },
    { name: "private 10/8", input: "10.0.0.1", want: false },
    { name: "private 172.16/12", input: "172.31.255.255", want: false },
    { name: "private 192.168/16", input: "192.168.1.1", want: false },
    { name: "carrier-grade NAT", input: "100.64.0.1", want: false },
    { name: "link-local: cloud metadata", input: "169.254.169.254", want: false },
    { name: "documentation", input: "192.0.2.1", want: false },
    { name: "benchmarking", input: "198.18.0.1", want: false },
    { name: "multicast", input: "224.0.0.1", want: false },
    { name: "broadcast", input: "255.255.255.255", want: false },
    { name: "reserved", input: "240.0.0.1", want: false },
    { name: "IPv6 loopback", input: "::1", want: false },
    { name: "IPv6 unspecified", input: "::", want: false },
    { name: "IPv4-mapped loopback", input: "::ffff:127.0.0.1", want: false },
    { name: "IPv4-mapped public: refused too", input: "::ffff:1.1.1.1", want: false },
    { name: "IPv4-compatible", input: "::127.0.0.1", want: false },
    { name: "unique local", input: "fd00::1", want: false },
    { name: "link-local", input: "fe80::1", want: false },
    { name: "zone id", input: "fe80::1%lo", want: false },
    { name: "one's own address with a zone id", input: "2a00::8%lo", want: false },
    { name: "site-local", input: "fec0::1", want: false },
    { name: "NAT64 of loopback", input: "64:ff9b::7f00:1", want: false },
    { name: "NAT64 of a public address: refused too", input: "64:ff9b::101:101", want: false },
    { name: "local NAT64", input: "64:ff9b:1::a00:1", want: false },
    { name: "6to4 of a private address", input: "2002:a00:1::1", want: false },
    { name: "Teredo", input: "2001::1", want: false },
    { name: "documentation v6", input: "2001:db8::1", want: false },
    { name: "multicast v6", input: "ff02::1", want: false },
    { name: "not opened by IANA", input: "4000::1", want: false },
    { name: "a name", input: "localhost", want: false },
    { name: "nothing", input: "", want: false },
  ])("$name: $input", ({ input, want }) => {
    expect(mayConnect(input, outside)).toBe(want);
  });

  test.each([
    { input: "127.0.0.1", want: true },
    { input: "::1", want: true },
    { input: "10.0.0.1", want: false },
    { input: "::ffff:127.0.0.1", want: false },
  ])("a lab lets loopback in and nothing else: $input", ({ input, want }) => {
    expect(mayConnect(input, lab)).toBe(want);
  });

  test("never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()),
        (text) => typeof mayConnect(text, outside) === "boolean",
      ),
    );
  });

  test.each([
    { input: "10.0.0.0/8", want: true },
    { input: "2a00::/64", want: true },
    { input: "10.0.0.0", want: false },
    { input: "x/8", want: false },
  ])("a range: $input", ({ input, want }) => expect(isCidr(input)).toBe(want));
});

describe("URLs", () => {
  test.each([
    { name: "https", input: "https://ipp.bank.example/ipp/", want: { ok: true } },
    { name: "a high port", input: "https://ipp.bank.example:8443/", want: { ok: true } },
    { name: "a public literal", input: "https://1.1.1.1/", want: { ok: true } },
    { name: "no URL", input: "bank", want: { ok: false, code: "fetch/url" } },
    { name: "http", input: "http://ipp.bank.example/", want: { ok: false, code: "fetch/url" } },
    { name: "a file", input: "file:///etc/passwd", want: { ok: false, code: "fetch/url" } },
    { name: "data", input: "data:text/plain,x", want: { ok: false, code: "fetch/url" } },
    { name: "user name", input: "https://u@ipp.bank.example/", want: { ok: false, code: "fetch/url" } },
    { name: "mail's port", input: "https://ipp.bank.example:25/", want: { ok: false, code: "fetch/url" } },
    { name: "loopback", input: "https://127.0.0.1/", want: { ok: false, code: "fetch/address" } },
    { name: "loopback in decimal", input: "https://2130706433/", want: { ok: false, code: "fetch/address" } },
    { name: "loopback in hex", input: "https://0x7f.1/", want: { ok: false, code: "fetch/address" } },
    { name: "loopback in octal", input: "https://0177.0.0.1/", want: { ok: false, code: "fetch/address" } },
    {
      name: "loopback in full-width digits",
      input: "https://１２７.0.0.1/",
      want: { ok: false, code: "fetch/address" },
    },
    { name: "IPv4-mapped", input: "https://[::ffff:127.0.0.1]/", want: { ok: false, code: "fetch/address" } },
    { name: "IPv6 loopback, long", input: "https://[0:0:0:0:0:0:0:1]/", want: { ok: false, code: "fetch/address" } },
    { name: "metadata", input: "https://169.254.169.254/latest", want: { ok: false, code: "fetch/address" } },
    { name: "zero", input: "https://0/", want: { ok: false, code: "fetch/address" } },
  ])("$name: $input", ({ input, want }) => {
    expect(checkUrl(input, outside)).toMatchObject(want);
  });

  test.each([
    { name: "http", input: "http://crl.ca.example/one.crl", want: { ok: true } },
    { name: "https", input: "https://crl.ca.example/one.crl", want: { ok: true } },
    { name: "http's own port", input: "http://crl.ca.example:80/one.crl", want: { ok: true } },
    {
      name: "another protocol's port",
      input: "http://crl.ca.example:6379/one.crl",
      want: { ok: false, code: "fetch/url" },
    },
    { name: "mail's port", input: "http://crl.ca.example:25/", want: { ok: false, code: "fetch/url" } },
    { name: "a directory", input: "ldap://ca.example/cn=CA", want: { ok: false, code: "fetch/url" } },
    { name: "user name", input: "http://u@crl.ca.example/", want: { ok: false, code: "fetch/url" } },
    { name: "loopback in decimal", input: "http://2130706433/", want: { ok: false, code: "fetch/address" } },
    { name: "metadata", input: "http://169.254.169.254/latest", want: { ok: false, code: "fetch/address" } },
  ])("for what is signed itself, $name: $input", ({ input, want }) => {
    expect(checkUrl(input, outside, true)).toMatchObject(want);
  });
});
