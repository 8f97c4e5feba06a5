import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64, fromBase64Url, isBase64Url, toBase64, toBase64Url } from "../../../shared/encoding/base64.ts";
import {
  bytesFromString,
  concatBytes,
  decodeUtf8,
  decodeUtf8Strict,
  encodeUtf8,
  equalBytes,
  stringFromBytes,
} from "../../../shared/encoding/bytes.ts";
import { decodeDkimQuoted, encodeDkimQuoted } from "../../../shared/encoding/dkim-quoted.ts";
import { fromHex, toHex } from "../../../shared/encoding/hex.ts";

const octets = fc.uint8Array({ maxLength: 200 });

describe("bytes", () => {
  test("octets and byte strings are each other's inverse", () => {
    fc.assert(
      fc.property(octets, (bytes) => {
        expect(bytesFromString(stringFromBytes(bytes))).toEqual(bytes);
      }),
    );
  });

  test("long ones too", () => {
    const bytes = new Uint8Array(100_000).map((_byte, index) => index % 251);
    expect(Buffer.from(stringFromBytes(bytes), "latin1").equals(bytes)).toBe(true);
    expect(equalBytes(bytesFromString(stringFromBytes(bytes)), bytes)).toBe(true);
  });

  test("a unit above U+00FF is no octet", () => {
    expect(() => bytesFromString("a\u0100")).toThrow(RangeError);
  });

  test("UTF-8: shown with replacement, compared only where it is valid", () => {
    expect(decodeUtf8("caf\xc3\xa9")).toBe("café");
    expect(decodeUtf8("caf\xe9")).toBe("caf\ufffd");
    expect(decodeUtf8Strict("caf\xe9")).toBeNull();
    expect(decodeUtf8Strict("\xed\xa0\x80")).toBeNull();
    expect(decodeUtf8Strict("\xef\xbb\xbfa")).toBe("\ufeffa");
  });

  test("joins and compares", () => {
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(equalBytes(new Uint8Array(), new Uint8Array())).toBe(true);
  });
});

describe("base64", () => {
  test("both alphabets are what Node makes of them, and back", () => {
    fc.assert(
      fc.property(octets, (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes);
        expect(isBase64Url(toBase64Url(bytes), bytes.length)).toBe(true);
      }),
    );
  });

  test("one text per value: whatever is read is written the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AZaz09+/-_=! \n".split("")) }), (text) => {
        const standard = fromBase64(text);
        const url = fromBase64Url(text);
        expect(standard === null || toBase64(standard) === text).toBe(true);
        expect(url === null || toBase64Url(url) === text).toBe(true);
      }),
    );
  });

  const refused: { name: string; input: string }[] = [
    { name: "missing padding", input: "QQ" },
    { name: "too much padding", input: "QQ===" },
    { name: "padding inside", input: "QQ==QQ==" },
    { name: "stray bits", input: "QR==" },
    { name: "one character over", input: "QUJDR" },
    { name: "white space, unasked", input: "QUJD QUJD" },
    { name: "the other alphabet", input: "-_-_" },
    { name: "beyond Latin-1", input: "QUJ\u0143" },
  ];
  test.each(refused)("$name is refused", ({ input }) => {
    expect(fromBase64(input)).toBeNull();
  });

  test("folding is ignored where asked for", () => {
    expect(fromBase64("QU\r\n JD", { whitespace: "ignore" })).toEqual(Uint8Array.of(65, 66, 67));
    expect(fromBase64Url("QU JD")).toBeNull();
    expect(fromBase64Url("QQ==")).toBeNull();
  });
});

describe("hex", () => {
  test("back and forth", () => {
    fc.assert(
      fc.property(octets, (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });
  test.each(["a", "0g", "0x", " 1"])("%j is none", (text) => {
    expect(fromHex(text)).toBeNull();
  });
});

describe("DKIM-Quoted-Printable", () => {
  const rows: { name: string; input: string; want: string }[] = [
    { name: "plain text stays", input: "mail.example.org", want: "mail.example.org" },
    { name: "what ends a tag", input: "a;b", want: "a=3Bb" },
    { name: "the escape itself", input: "a=b", want: "a=3Db" },
    { name: "white space", input: "a b\t", want: "a=20b=09" },
    { name: "line ends", input: "a\r\nX-Evil: 1", want: "a=0D=0AX-Evil:=201" },
    { name: "UTF-8", input: "Zürich", want: "Z=C3=BCrich" },
    { name: "controls", input: "\0\x7f", want: "=00=7F" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(encodeDkimQuoted(input)).toBe(want);
    expect(decodeDkimQuoted(want)).toBe(input);
  });

  test("any text comes back, and never leaves its tag", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const quoted = encodeDkimQuoted(text, ",:");
        expect(quoted).toMatch(/^[!-9<>-~=]*$/);
        expect(decodeDkimQuoted(quoted)).toBe(text.toWellFormed());
      }),
    );
  });

  test.each(["=", "=A", "=3b", "=GG", "=FF"])("%j is refused", (text) => {
    expect(decodeDkimQuoted(text)).toBeNull();
  });

  test("encodes what it is told to", () => {
    expect(encodeDkimQuoted("a,b", ",")).toBe("a=2Cb");
    expect(encodeUtf8("\ud800")).toEqual(Uint8Array.of(0xef, 0xbf, 0xbd));
    expect(encodeDkimQuoted("\ud800")).toBe("=EF=BF=BD");
  });
});
