// Payloads: what parses what the MTA says, against what formats it, and hostile ones.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatConnect,
  formatMacros,
  formatOptions,
  formatStrings,
  parseConnect,
  parseHeader,
  parseMacros,
  parseOptions,
  parseStrings,
} from "../../../bridge/milter/codec.ts";
import { ok } from "../../../shared/result.ts";

const byteString = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const text = byteString.map((string) => string.replaceAll("\0", "x"));
const long = fc.nat(0xffffffff);

describe("payloads", () => {
  test("options: parse(format(x)) is x", () => {
    const macros = fc.array(fc.record({ stage: long, names: text }), { maxLength: 7 });
    fc.assert(
      fc.property(fc.record({ version: long, actions: long, steps: long, macros }), (options) => {
        expect(parseOptions(formatOptions(options))).toEqual(ok(options));
      }),
    );
  });

  test("connections: parse(format(x)) is x", () => {
    const known = fc.record({
      host: text,
      family: fc.constantFrom("4", "6", "L"),
      port: fc.nat(65_535),
      address: text,
    });
    const unknown = fc.record({
      host: text,
      family: fc.constant("U"),
      port: fc.constant(null),
      address: fc.constant(null),
    });
    fc.assert(
      fc.property(fc.oneof(known, unknown), (connection) => {
        expect(parseConnect(formatConnect(connection))).toEqual(ok(connection));
      }),
    );
  });

  test("strings and headers: parse(format(x)) is x", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (strings) => {
        expect(parseStrings(formatStrings(strings))).toEqual(ok(strings));
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 20 }).map((name) => name.replaceAll("\0", "x")),
        text,
        (name, value) => {
          expect(parseHeader(formatStrings([name, value]))).toEqual(ok({ name, value }));
        },
      ),
    );
  });

  test("macros: parse(format(x)) is x", () => {
    fc.assert(
      fc.property(fc.nat(255), fc.dictionary(text, text), (command, pairs) => {
        const macros = { command, values: new Map(Object.entries(pairs)) };
        expect(parseMacros(formatMacros(macros))).toEqual(ok(macros));
      }),
    );
  });

  test("nothing throws on arbitrary octets", () => {
    fc.assert(
      fc.property(byteString, (bytes) => {
        for (const parse of [parseOptions, parseConnect, parseStrings, parseHeader, parseMacros]) {
          expect(typeof parse(bytes).ok).toBe("boolean");
        }
      }),
    );
  });

  const broken = [
    { name: "options cut short", parse: parseOptions, input: "\0\0\0\x06\0\0\0", want: "milter/options" },
    {
      name: "a macro list without an end",
      parse: parseOptions,
      input: "\0\0\0\x06".repeat(3) + "\0\0\0\x01i",
      want: "milter/options",
    },
    { name: "a connection without a family", parse: parseConnect, input: "host\0", want: "milter/connect" },
    {
      name: "a connection without an address",
      parse: parseConnect,
      input: "host\x004\x9c\x40",
      want: "milter/connect",
    },
    { name: "a family nobody defined", parse: parseConnect, input: "host\x009", want: "milter/connect" },
    { name: "a string without its end", parse: parseStrings, input: "<a@b>", want: "milter/strings" },
    { name: "no string at all", parse: parseStrings, input: "", want: "milter/strings" },
    { name: "a header of one string", parse: parseHeader, input: "Subject\0", want: "milter/header" },
    { name: "a header without a name", parse: parseHeader, input: "\0value\0", want: "milter/header" },
    { name: "a macro without a value", parse: parseMacros, input: "Mi\0", want: "milter/macros" },
  ];
  test.each(broken)("$name is refused", ({ parse, input, want }) => {
    expect(parse(input)).toMatchObject({ ok: false, code: want });
  });
});
