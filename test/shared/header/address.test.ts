import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeUtf8, stringFromBytes } from "../../../shared/encoding/bytes.ts";
import {
  addressDomain,
  asciiDomain,
  formatLocalPart,
  parseAddress,
  parseMailboxes,
  parseSingleMailbox,
} from "../../../shared/header/address.ts";
import { must } from "../../fakes/mail.ts";

const utf8 = (text: string): string => stringFromBytes(encodeUtf8(text));

describe("parseMailboxes", () => {
  const rows: { name: string; input: string; want: string[] }[] = [
    { name: "an addr-spec", input: " alice@example.org", want: ["alice@example.org"] },
    { name: "a name and an address", input: " Alice Miller <alice@example.org>", want: ["alice@example.org"] },
    {
      name: "a quoted name with specials",
      input: '"Miller, A. <x@y>" <alice@example.org>',
      want: ["alice@example.org"],
    },
    {
      name: "a dot in an unquoted name (RFC 5322 section 4.1)",
      input: "A. Miller <alice@example.org>",
      want: ["alice@example.org"],
    },
    {
      name: "folding and comments",
      input: "(c) Alice\r\n <alice(c\\) (d))@(e)example.org> (f)",
      want: ["alice@example.org"],
    },
    { name: "the domain's case", input: "Alice@EXAMPLE.org", want: ["Alice@example.org"] },
    { name: "needless quotes", input: '"alice"@example.org', want: ["alice@example.org"] },
    { name: "needed quotes", input: '"a b\\"c"@example.org', want: ['"a b\\"c"@example.org'] },
    {
      name: "white space around dots (RFC 5322 section 4.4)",
      input: "a . b @ example . org",
      want: ["a.b@example.org"],
    },
    { name: "several", input: "a@x.org, B <b@x.org>,c@x.org", want: ["a@x.org", "b@x.org", "c@x.org"] },
    { name: "empty elements", input: ", a@x.org,, b@x.org,", want: ["a@x.org", "b@x.org"] },
    { name: "a group", input: "Team: a@x.org, B <b@x.org>;, c@x.org", want: ["a@x.org", "b@x.org", "c@x.org"] },
    { name: "an empty group", input: "undisclosed-recipients:;", want: [] },
    { name: "nothing", input: "  ", want: [] },
    { name: "a U-label", input: utf8("a@bücher.example"), want: ["a@xn--bcher-kva.example"] },
    { name: "an A-label", input: "a@XN--BCHER-KVA.example", want: ["a@xn--bcher-kva.example"] },
    { name: "a UTF-8 local part (RFC 6532)", input: utf8("Jörg <jörg@example.org>"), want: ["jörg@example.org"] },
    { name: "a domain literal", input: "a@[192.0.2.1]", want: ["a@[192.0.2.1]"] },
    { name: "an encoded word as name", input: "=?utf-8?q?J=C3=B6rg?= <j@x.org>", want: ["j@x.org"] },
    { name: "an address for a name", input: "ceo@bank.example <x@y.org>", want: ["x@y.org"] },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(must(parseMailboxes(input)).map((mailbox) => mailbox.address)).toEqual(want);
  });

  const refused: { name: string; input: string }[] = [
    { name: "no at sign", input: "alice" },
    { name: "no local part", input: "@example.org" },
    { name: "no domain", input: "alice@" },
    { name: "two at signs", input: "a@b@c.org" },
    { name: "empty brackets", input: "Alice <>" },
    { name: "two pairs of brackets", input: "A <a@x.org> <b@x.org>" },
    { name: "an open bracket", input: "A <a@x.org" },
    { name: "a closing bracket only", input: "A a@x.org>" },
    { name: "text after the bracket", input: "A <a@x.org> b" },
    { name: "a comma in brackets", input: "A <a@x.org, b@x.org>" },
    { name: "an open quote", input: '"a@x.org' },
    { name: "an open comment", input: "a@x.org (" },
    { name: "deep comments", input: `${"(".repeat(50)}${")".repeat(50)} a@x.org` },
    { name: "a group in a group", input: "a: b: c@x.org;;" },
    { name: "an open group", input: "a: b@x.org" },
    { name: "two dots", input: "a..b@x.org" },
    { name: "a dot first", input: ".a@x.org" },
    { name: "two words", input: "a b@x.org" },
    { name: "NUL", input: "a\0@x.org" },
    { name: "NUL in quotes", input: '"a\0"@x.org' },
    { name: "a CR in an atom", input: "a\x0bb@x.org" },
    { name: "not UTF-8", input: "a\xe9@x.org" },
    { name: "a trailing dot in the domain", input: "a@x.org." },
    { name: "a label that ends in a hyphen", input: "a@x-.org" },
    { name: "a label of 64 characters", input: `a@${"x".repeat(64)}.org` },
    { name: "a local part of 65 octets", input: `${"x".repeat(65)}@x.org` },
    { name: "a bracket in a domain literal", input: "a@[[192.0.2.1]" },
    { name: "a quoted bracket in a domain literal", input: "a@[192.0.2.1\\]]" },
    { name: "a domain literal of 300 characters", input: `a@[${"1".repeat(300)}]` },
    { name: "URL syntax in a domain", input: utf8("a@é/../x.org") },
    { name: "a port in a domain", input: utf8("a@é.org:25") },
  ];
  test.each(refused)("$name is refused", ({ input }) => {
    expect(parseMailboxes(input).ok).toBe(false);
  });

  test("never throws; what it reads is read the same from its address", () => {
    const unit = fc.constantFrom(
      "a",
      "B",
      "é",
      "@",
      "<",
      ">",
      ",",
      ";",
      ":",
      ".",
      '"',
      "\\",
      "(",
      ")",
      "[",
      "]",
      " ",
      "\r\n ",
      "-",
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 24 }), (text) => {
        const mailboxes = parseMailboxes(utf8(text));
        for (const mailbox of mailboxes.ok ? mailboxes.value : []) {
          expect(must(parseAddress(mailbox.address))).toEqual({ ...mailbox, displayName: "" });
        }
      }),
      { numRuns: 10_000 },
    );
  });

  test("an address of any local part comes back", () => {
    const local = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 10 })
      .filter((text) => encodeUtf8(text).length <= 64);
    fc.assert(
      fc.property(local, (localPart) => {
        const parsed = parseAddress(`${formatLocalPart(localPart)}@example.org`);
        expect(parsed.ok && parsed.value.localPart).toBe(localPart);
      }),
    );
  });

  test("a hostile value takes no time", () => {
    const started = process.threadCpuUsage();
    for (const text of ["(", "a,", '"\\', "<", "a:;", "a.", ", ", "@"]) {
      parseMailboxes(text.repeat(200_000));
    }
    expect(process.threadCpuUsage(started).user).toBeLessThan(2_000_000);
  });
});

describe("parseSingleMailbox", () => {
  test("one is one", () => {
    expect(must(parseSingleMailbox('"Miller, A." <Alice@Example.org>'))).toEqual({
      address: "Alice@example.org",
      localPart: "Alice",
      domain: "example.org",
      displayName: "Miller, A.",
    });
  });
  test.each(["", "a@x.org, b@x.org", "g:;", "billing@bank.example: a@x.org;", "billing@bank.example:;, a@x.org"])(
    "%j is not one",
    (input) => {
      expect(parseSingleMailbox(input)).toMatchObject({ ok: false, code: "address/not-single" });
    },
  );
});

describe("domains", () => {
  const rows: { input: string; want: string | null }[] = [
    { input: "Example.ORG", want: "example.org" },
    { input: "_dmarc.example.org", want: "_dmarc.example.org" },
    { input: "bücher.example", want: "xn--bcher-kva.example" },
    { input: "BÜCHER.example", want: "xn--bcher-kva.example" },
    { input: "", want: null },
    { input: ".", want: null },
    { input: "a..b", want: null },
    { input: "a b", want: null },
    { input: "é@b", want: null },
    { input: "é?x", want: null },
    { input: "é%2e", want: null },
    { input: "[::1]", want: null },
  ];
  test.each(rows)("$input", ({ input, want }) => {
    expect(asciiDomain(input)).toBe(want);
  });
  test("of an address", () => {
    expect(addressDomain('"a@b"@Example.org')).toBe("example.org");
    expect(addressDomain("nobody")).toBe("");
  });
  test("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void asciiDomain(text)));
  });
});

// An address without quotes, comments and U-labels has a way of its own through parseAddress: in brackets it is read by tokens.
test("parseAddress reads what a list reads in brackets, and refuses what it refuses", () => {
  const label = fc.stringMatching(/^[A-Za-z0-9_.-]{1,70}$/);
  const local = fc.oneof(fc.stringMatching(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,70}$/), fc.string({ maxLength: 5 }));
  const domain = fc.oneof(
    fc.domain(),
    label,
    fc.tuple(label, label).map((labels) => labels.join(".")),
  );
  fc.assert(
    fc.property(local, domain, (before, after) => {
      const address = `${before}@${after}`;
      fc.pre(!/[<>()"\\,:;[\]]/.test(address));
      const plain = parseAddress(address);
      const listed = parseMailboxes(utf8(`<${address}>`));
      expect(plain.ok ? [plain.value] : null).toEqual(listed.ok ? listed.value : null);
    }),
    { numRuns: 2_000 },
  );
});
