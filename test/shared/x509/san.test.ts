// Names of a leaf: which it holds, and which texts are names at all.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { parseIp } from "../../../shared/x509/ip.ts";
import {
  type ExpectedName,
  certificateAddresses,
  certificateNames,
  holdsName,
  isDnsName,
} from "../../../shared/x509/san.ts";
import { general, issue, testKey } from "./issue.ts";

const holder = (emails: readonly string[], smtpUtf8Mailboxes: readonly string[] = []) => ({
  emails,
  smtpUtf8Mailboxes,
});

describe("addresses", () => {
  test.each([
    ["as written", holder(["alice@example.org"]), "alice@example.org", true],
    ["domain in other case", holder(["alice@Example.ORG"]), "alice@eXAMPLE.org", true],
    ["local part in other case", holder(["Alice@example.org"]), "alice@example.org", false],
    ["subdomain", holder(["alice@sub.example.org"]), "alice@example.org", false],
    ["trailing dot", holder(["alice@example.org."]), "alice@example.org", false],
    ["NUL inside", holder(["alice@example.org\0.evil.example"]), "alice@example.org", false],
    ["a second address", holder(["bob@example.org", "alice@example.org"]), "alice@example.org", true],
    ["two @", holder(["alice@x@example.org"]), "alice@x@example.org", false],
    ["no local part", holder(["@example.org"]), "@example.org", false],
    ["a host", holder(["example.org"]), "example.org", false],
    ["an address literal", holder(["alice@[192.0.2.1]"]), "alice@[192.0.2.1]", false],
    ["an asterisk is a letter like others", holder(["*@example.org"]), "alice@example.org", false],
    ["quoted, as written", holder(['"a b"@example.org']), '"a b"@example.org', true],
    ["quoted with an @ inside", holder(['"a@b"@example.org']), '"a@b"@example.org', true],
    ["beyond ASCII", holder([], ["älice@example.org"]), "älice@example.org", true],
    ["beyond ASCII, decomposed otherwise", holder([], ["a\u0308lice@example.org"]), "älice@example.org", false],
    ["beyond ASCII, with A-labels", holder([], ["älice@xn--bcher-kva.example"]), "älice@xn--bcher-kva.example", true],
    ["beyond ASCII, U-labels in the certificate", holder([], ["älice@bücher.example"]), "älice@bücher.example", false],
    ["ASCII as SmtpUTF8Mailbox", holder([], ["alice@example.org"]), "alice@example.org", false],
    ["a byte order mark", holder([], ["\uFEFFälice@example.org"]), "\uFEFFälice@example.org", false],
    ["a space", holder([], ["ä lice@example.org"]), "ä lice@example.org", false],
  ])("%s", (_name, certificate, address, want) => expect(certificateNames(address, certificate)).toBe(want));

  test("all of a certificate", () => {
    expect(certificateAddresses(holder(["Alice@Example.org", "broken"], ["älice@EXAMPLE.org"]))).toEqual([
      "Alice@example.org",
      "älice@example.org",
    ]);
  });

  test("nothing throws, and what is listed is held", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.emailAddress(), fc.string())),
        fc.array(fc.string({ unit: "grapheme" })),
        (emails, others) => {
          const certificate = holder(emails, others);
          for (const address of certificateAddresses(certificate))
            expect(certificateNames(address, certificate)).toBe(true);
        },
      ),
    );
  });
});

describe("other names", () => {
  const issued = issue({
    subject: [
      ["O", "Example"],
      ["CN", "mx.example.com"],
    ],
    key: testKey("p256"),
    issuer: null,
    names: [
      general.dns("mx.example.org"),
      general.dns("*.example.net"),
      general.ip(192, 0, 2, 1),
      general.ip(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
      general.directory([["CN", "Other"]]),
    ],
  });
  const certificate = parseCertificate(issued.der);

  test.each<[ExpectedName["type"], string, boolean]>([
    ["dns", "MX.example.org", true],
    ["dns", "example.org", false],
    ["dns", "a.mx.example.org", false],
    ["dns", "mx.example.com", false],
    ["dns", "a.example.net", true],
    ["dns", "example.net", false],
    ["dns", "a.b.example.net", false],
    ["dns", "*.example.net", false],
    ["ip", "192.0.2.1", true],
    ["ip", "192.0.2.2", false],
    ["ip", "192.0.2.01", false],
    ["ip", "2001:DB8::1", true],
    ["ip", "2001:db8:0:0:0:0:0:1", true],
    ["ip", "::ffff:192.0.2.1", false],
    ["directory", "CN=mx.example.com,O=example", true],
    ["directory", "CN=Other", true],
    ["directory", "", false],
    ["email", "mx@example.org", false],
  ])("%s %s", (type, value, want) =>
    expect(certificate.ok && holdsName({ type, value }, certificate.value)).toBe(want),
  );

  test.each([
    ["example.org", true],
    ["xn--bcher-kva.example", true],
    ["a-b.example", true],
    ["*.example.org", true],
    ["localhost", true],
    ["*.org", false],
    ["*", false],
    ["a*.example.org", false],
    ["a.*.example.org", false],
    ["*.*.example.org", false],
    [".example.org", false],
    ["example.org.", false],
    ["a..b", false],
    ["a_b.example", false],
    ["-a.example", false],
    ["a-.example", false],
    ["8.8.8.8", false],
    ["", false],
    [`${"a".repeat(64)}.example`, false],
    ["bücher.example", false],
    ["a\0.example", false],
  ])("dNSName %j", (text, want) => expect(isDnsName(text)).toBe(want));

  test.each([
    ["::", "00".repeat(16)],
    ["::1", `${"00".repeat(15)}01`],
    ["1::", `0001${"00".repeat(14)}`],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["::192.0.2.1", `${"00".repeat(12)}c0000201`],
    ["1:2:3:4:5:6:7:8::", null],
    ["1:2:3:4:5:6:7", null],
    ["1::2::3", null],
    [":1", null],
    ["1:", null],
    [":::", null],
    ["12345::", null],
    ["::1%eth0", null],
    ["1.2.3", null],
    ["1.2.3.256", null],
    ["0x7f.0.0.1", null],
    ["", null],
  ])("address %j", (text, want) => {
    const octets = parseIp(text);
    expect(octets === null ? null : Buffer.from(octets).toString("hex")).toBe(want);
  });
});
