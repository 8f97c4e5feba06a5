// Distinguished names: shown, compared, and asked for as text.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DerReader } from "../../../shared/x509/der.ts";
import { type DistinguishedName, nameKeyFromText, readName } from "../../../shared/x509/name.ts";
import * as der from "./der-writer.ts";
import { type TestName, distinguishedName } from "./issue.ts";

function name(encoded: Uint8Array): DistinguishedName | string {
  const reader = new DerReader(encoded);
  const read = readName(reader);
  reader.finish();
  return reader.failure ?? read;
}

function parsed(encoded: Uint8Array): DistinguishedName {
  const read = name(encoded);
  if (typeof read === "string") throw new Error(read);
  return read;
}

function attribute(type: string, value: Uint8Array): Uint8Array {
  return der.sequence(der.set(der.sequence(der.oid(type), value)));
}

const commonName = (value: Uint8Array): Uint8Array => attribute("2.5.4.3", value);

describe("shown (RFC 4514)", () => {
  test.each<[string, TestName, string]>([
    [
      "most specific part first",
      [
        ["C", "DE"],
        ["O", "Example"],
        ["CN", "Alice"],
      ],
      "CN=Alice,O=Example,C=DE",
    ],
    ["separators escaped", [["O", 'A, B + C; <D> "E" \\F']], String.raw`O=A\, B \+ C\; \<D\> \"E\" \\F`],
    [
      "spaces at the ends and a leading #",
      [
        ["O", " #x "],
        ["CN", "#1"],
      ],
      String.raw`CN=\#1,O=\ #x\ `,
    ],
    ["controls, direction marks and line breaks", [["CN", "a\u202Eb\nc\u0000"]], String.raw`CN=a\e2\80\aeb\0ac\00`],
    ["an unknown attribute by its number", [["1.2.3", "x"]], "1.2.3=x"],
    ["beyond ASCII", [["CN", "Jürgen 山田"]], "CN=Jürgen 山田"],
    ["empty", [], ""],
  ])("%s", (_name, input, want) => expect(parsed(distinguishedName(input)).text).toBe(want));

  test("a value that is no string, in hex", () => {
    expect(parsed(commonName(der.integer(5))).text).toBe("CN=#020105");
  });
});

describe("compared (RFC 5280 section 7.1)", () => {
  const key = (encoded: Uint8Array): string => parsed(encoded).key;

  test.each([
    ["case", der.utf8("Example"), der.utf8("EXAMPLE"), true],
    ["spaces", der.utf8("A  B "), der.utf8("a b"), true],
    ["string types", der.utf8("Example"), der.printable("Example"), true],
    ["BMPString", der.utf8("É"), der.value(0x1e, Uint8Array.of(0, 0xe9)), true],
    ["UniversalString", der.utf8("é"), der.value(0x1c, Uint8Array.of(0, 0, 0, 0xe9)), true],
    ["case beyond ASCII", der.utf8("straße"), der.utf8("STRASSE"), true],
    ["composition", der.utf8("e\u0301"), der.utf8("é"), true],
    ["another text", der.utf8("Example"), der.utf8("Examples"), false],
    ["TeletexString is its octets only", der.utf8("a"), der.value(0x14, der.text("a")), false],
    ["TeletexString with itself", der.value(0x14, Uint8Array.of(0xe9)), der.value(0x14, Uint8Array.of(0xe9)), true],
  ])("%s", (_name, one, other, want) => expect(key(commonName(one)) === key(commonName(other))).toBe(want));

  test("attributes of one RDN in any order, RDNs in one order", () => {
    const a = der.sequence(der.oid("2.5.4.3"), der.utf8("a"));
    const b = der.sequence(der.oid("2.5.4.10"), der.utf8("b"));
    expect(key(der.sequence(der.set(a, b)))).toBe(key(der.sequence(der.set(b, a))));
    expect(key(der.sequence(der.set(a), der.set(b)))).not.toBe(key(der.sequence(der.set(b), der.set(a))));
    expect(key(der.sequence(der.set(a, b)))).not.toBe(key(der.sequence(der.set(a), der.set(b))));
  });

  test("values can't imitate structure", () => {
    const one = parsed(distinguishedName([["CN", "a;2.5.4.10s1:b;"]]));
    const two = parsed(
      distinguishedName([
        ["CN", "a"],
        ["O", "b"],
      ]),
    );
    expect(one.key).not.toBe(two.key);
  });

  test.each([
    ["UTF-8 cut off", der.value(0x0c, Uint8Array.of(0xc3))],
    ["PrintableString beyond ASCII", der.value(0x13, Uint8Array.of(0xe9))],
    ["BMPString of odd length", der.value(0x1e, Uint8Array.of(0))],
    ["BMPString with a surrogate", der.value(0x1e, Uint8Array.of(0xd8, 0))],
    ["UniversalString beyond Unicode", der.value(0x1c, Uint8Array.of(0, 0x11, 0, 0))],
  ])("refused: %s", (_name, value) => expect(name(commonName(value))).toBeTypeOf("string"));

  test("refused: an empty RDN", () => expect(name(der.sequence(der.set()))).toBeTypeOf("string"));
});

describe("asked for as text", () => {
  test.each<[string, string, TestName, boolean]>([
    [
      "case and spaces",
      "cn = alice , o=EXAMPLE",
      [
        ["O", "Example"],
        ["CN", "Alice"],
      ],
      true,
    ],
    ["escapes", String.raw`O=A\, B\2C\ C`, [["O", "A, B, C"]], true],
    ["hex escapes are UTF-8", String.raw`CN=J\c3\bcrgen`, [["CN", "Jürgen"]], true],
    ["an escaped # is text", String.raw`CN=\#1`, [["CN", "#1"]], true],
    ["dotted types", "2.5.4.3=Alice", [["CN", "Alice"]], true],
    [
      "another order",
      "O=Example,CN=Alice",
      [
        ["O", "Example"],
        ["CN", "Alice"],
      ],
      false,
    ],
    [
      "a part missing",
      "CN=Alice",
      [
        ["O", "Example"],
        ["CN", "Alice"],
      ],
      false,
    ],
  ])("%s", (_name, text, input, want) =>
    expect(nameKeyFromText(text) === parsed(distinguishedName(input)).key).toBe(want),
  );

  test.each(["Alice", "=x", "nobody=x", "CN=\\", "CN=#0", "CN=\\ff", "x".repeat(5_000)])("refused: %j", (text) =>
    expect(nameKeyFromText(text)).toBeNull(),
  );

  test("what is shown is found again", () => {
    const value = fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed());
    const part = fc.tuple(fc.constantFrom("CN", "O", "OU", "1.2.3.4"), value);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (input) => {
        const read = parsed(distinguishedName(input));
        expect(nameKeyFromText(read.text)).toBe(read.key);
      }),
    );
  });

  test("nothing throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void nameKeyFromText(text)));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => void name(octets)));
  });
});
