import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFeedbackAddress, parseFeedbackId } from "../../../shared/cfbl/parse.ts";

describe("CFBL-Address", () => {
  const rows: { name: string; input: string; want: unknown }[] = [
    { name: "RFC 9477 section 3.1.1", input: " fbl@example.com; report=arf", want: ["fbl@example.com", "arf"] },
    { name: "RFC 9477 section 3.5.1", input: " fbl@example.com; report=xarf", want: ["fbl@example.com", "xarf"] },
    { name: "no format asked for", input: " fbl@mailer.example.com", want: ["fbl@mailer.example.com", "arf"] },
    { name: "folded", input: "\r\n fbl@example.com;\r\n report=arf", want: ["fbl@example.com", "arf"] },
    { name: "folded by bare LF", input: "\n fbl@example.com;\n report=arf ", want: ["fbl@example.com", "arf"] },
    { name: "comments", input: " (a) fbl@example.com (b) ; report=arf", want: ["fbl@example.com", "arf"] },
    { name: "a semicolon in quotes", input: ' "a;b"@example.com; report=arf', want: ['"a;b"@example.com', "arf"] },
    { name: "domain in capitals", input: " FBL@Example.COM", want: ["FBL@example.com", "arf"] },
    { name: "angle brackets are not the grammar's", input: " <fbl@example.com>", want: "cfbl/address" },
    { name: "a display name neither", input: " FBL <fbl@example.com>", want: "cfbl/address" },
    { name: "two addresses", input: " a@example.com, b@example.com", want: "cfbl/address" },
    { name: "another parameter", input: " fbl@example.com; report=pdf", want: "cfbl/address" },
    {
      name: "parameter in capitals (the grammar is case-sensitive)",
      input: " a@example.com; REPORT=arf",
      want: "cfbl/address",
    },
    { name: "an address literal", input: " fbl@[192.0.2.1]", want: "cfbl/address" },
    { name: "a host without a domain", input: " fbl@localhost", want: "cfbl/address" },
    { name: "nothing", input: " ", want: "cfbl/address" },
    { name: "NUL", input: " f\0bl@example.com", want: "cfbl/address" },
    { name: "no UTF-8", input: " f\xffbl@example.com", want: "cfbl/encoding" },
    { name: "UTF-8", input: " f\xc3\xb6@example.com", want: ["fö@example.com", "arf"] },
    { name: "far too long", input: ` ${"a".repeat(1_100)}@example.com`, want: "cfbl/too-long" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    const parsed = parseFeedbackAddress(input);
    expect(parsed.ok ? [parsed.value.address, parsed.value.format] : parsed.code).toEqual(want);
  });

  test("never throws, and reads what was written", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseFeedbackAddress(text)));
    const atom = fc.stringMatching(/^[a-z0-9]{1,20}$/);
    fc.assert(
      fc.property(atom, atom, fc.constantFrom("arf", "xarf"), (local, label, format) => {
        const parsed = parseFeedbackAddress(` ${local}@${label}.example; report=${format}`);
        const domain = `${label}.example`;
        expect(parsed).toEqual({ ok: true, value: { address: `${local}@${domain}`, domain, format } });
      }),
    );
  });
});

describe("CFBL-Feedback-ID", () => {
  const rows: { name: string; input: string; want: string }[] = [
    { name: "RFC 9477's example", input: " 111:222:333:4444", want: "111:222:333:4444" },
    {
      name: "folded anywhere",
      input: " 3789e1ae1938aa2f0dfdfa48b20d8f8b\r\n c6c21ac34fc5023d\r\n f4b6a3",
      want: "3789e1ae1938aa2f0dfdfa48b20d8f8bc6c21ac34fc5023df4b6a3",
    },
    { name: "comments are no part", input: " (campaign) ab (x(y)) c", want: "abc" },
    { name: "a comment that does not end", input: " ab (c", want: "cfbl/id" },
    { name: "an angle bracket", input: " <a>", want: "cfbl/id" },
    { name: "a line end and a header", input: " a\r\nBcc: x@example.com", want: "cfbl/id" },
    { name: "nothing", input: " \r\n ", want: "cfbl/id" },
    { name: "only a comment", input: " (a)", want: "cfbl/id" },
    { name: "far too long", input: ` ${"a".repeat(1_100)}`, want: "cfbl/too-long" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    const parsed = parseFeedbackId(input);
    expect(parsed.ok ? parsed.value : parsed.code).toBe(want);
  });

  test("never throws; what it gives is one word and reads the same again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const parsed = parseFeedbackId(text);
        if (!parsed.ok) return;
        expect(parsed.value).toMatch(/^[!-~]+$/);
        expect(parseFeedbackId(` ${parsed.value}`)).toEqual(parsed);
      }),
    );
  });
});
