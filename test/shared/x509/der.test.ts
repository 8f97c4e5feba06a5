// The DER reader and the simple values: what is not DER is refused, nothing throws.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DerReader, tags } from "../../../shared/x509/der.ts";
import {
  readBitString,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readSmallInteger,
  readTime,
} from "../../../shared/x509/values.ts";
import * as write from "./der-writer.ts";

function read<T>(hex: string | Uint8Array, one: (reader: DerReader) => T): T | null {
  const reader = new DerReader(typeof hex === "string" ? Uint8Array.from(Buffer.from(hex, "hex")) : hex);
  const value = one(reader);
  reader.finish();
  return reader.failure === null ? value : null;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("lengths and tags (X.690 sections 8.1 and 10.1)", () => {
  test.each([
    ["short form", "0401ff", "ff"],
    ["empty", "0400", ""],
    ["long form of one octet", `048180${"00".repeat(128)}`, "00".repeat(128)],
    ["long form where short would do", "04817f00", null],
    ["leading zero in the length", `04820080${"00".repeat(128)}`, null],
    ["indefinite", "2480000000", null],
    ["five octets of length", "04850000000001ff", null],
    ["content cut off", "0402ff", null],
    ["length cut off", "0482ff", null],
    ["nothing", "", null],
    ["a tag alone", "04", null],
    ["another tag", "0501ff", null],
    ["octets after it", "0401ff00", null],
    ["a tag of several octets", "1f0401ff", null],
  ])("%s", (_name, input, want) => {
    expect(read(input, (reader) => hex(reader.content(tags.octetString)))).toBe(want);
  });

  test("any element, with its head", () => {
    expect(read("300401010104", (reader) => hex(reader.element()))).toBe("300401010104");
    expect(read("1f0100", (reader) => hex(reader.element()))).toBeNull();
  });

  test("the first fault stays, and later reads are empty", () => {
    const reader = new DerReader(Uint8Array.of(0x30, 0x03, 0x02, 0x05, 0x00));
    const inner = reader.enter(tags.sequence);
    expect(inner.content(tags.integer)).toHaveLength(0);
    const first = reader.failure;
    expect(first).toMatch(/beyond the end/u);
    expect(inner.more()).toBe(false);
    expect(inner.element()).toHaveLength(0);
    expect(reader.failure).toBe(first);
  });
});

describe("values", () => {
  test.each([
    ["true", "0101ff", true],
    ["false", "010100", false],
    ["true in BER", "010101", null],
    ["of two octets", "0102ffff", null],
  ])("BOOLEAN %s", (_name, input, want) => expect(read(input, readBoolean)).toBe(want));

  test.each([
    ["0", "020100", "00"],
    ["-1", "0201ff", "ff"],
    ["128", "02020080", "0080"],
    ["not minimal, positive", "02020001", null],
    ["not minimal, negative", "0202ff80", null],
    ["empty", "0200", null],
  ])("INTEGER %s", (_name, input, want) => expect(read(input, (reader) => hex(readInteger(reader)))).toBe(want));

  test.each([
    ["2^31 - 1", "02047fffffff", 2 ** 31 - 1],
    ["2^31", "02050080000000", null],
    ["negative", "0201ff", null],
  ])("small INTEGER %s", (_name, input, want) => expect(read(input, (reader) => readSmallInteger(reader))).toBe(want));

  test.each([
    ["of X.500", "0603551d11", "2.5.29.17"],
    ["beginning with 0 and 1", "06022a03", "1.2.3"],
    ["with a first arc of 2 and a big second one", "0603883703", "2.999.3"],
    ["made of a UUID", "0614698293b9dfeefbdedadaf4bdddbbebefcfcedd7f", null],
    ["cut off within an arc", "06015580".replace("0601", "0602"), null],
    ["with a leading 80", "0603558001", null],
    ["empty", "0600", null],
  ])("OBJECT IDENTIFIER %s", (_name, input, want) => {
    const found = read(input, (reader) => readOid(reader));
    if (_name === "made of a UUID") expect(found).toMatch(/^2\.25\.\d{20,}$/u);
    else expect(found).toBe(want);
  });

  test.each([
    ["whole octets", "030200ff", "ff 0"],
    ["unused bits", "03020780", "80 7"],
    ["unused bits that are set", "03020781", null],
    ["eight unused bits", "03020800", null],
    ["unused bits of nothing", "030101", null],
    ["no count", "0300", null],
  ])("BIT STRING %s", (_name, input, want) =>
    expect(
      read(input, (reader) => {
        const { octets, unused } = readBitString(reader);
        return `${hex(octets)} ${unused}`;
      }),
    ).toBe(want),
  );

  test("named bits", () => {
    expect(read("03020520", (reader) => readNamedBits(reader, ["a", "b", "c"]))).toEqual(["c"]);
    expect(read("030205a0", (reader) => readNamedBits(reader, ["a", "b", "c"]))).toEqual(["a", "c"]);
  });

  test.each([
    ["of this century", "170d3236313132323132303030305a", Date.UTC(2026, 10, 22, 12) / 1000],
    ["of the last", "170d3530303130313030303030305a", Date.UTC(1950, 0, 1) / 1000],
    ["generalized", "180f32303530303130313030303030305a", Date.UTC(2050, 0, 1) / 1000],
    ["in the year 1", "180f30303031303130313030303030305a", Math.round(Date.parse("0001-01-01T00:00:00Z") / 1000)],
    ["29 February of a leap year", "170d3234303232393030303030305a", Date.UTC(2024, 1, 29) / 1000],
    ["29 February of another", "170d3233303232393030303030305a", null],
    ["without seconds", "170b323631313232313230305a", null],
    ["with an offset", "17113236313132323132303030302b30313030", null],
    ["with a fraction", "181132303236313132323132303030302e355a", null],
    ["at 24:00:00", "170d3236313132323234303030305a", null],
    ["at second 60", "170d3236313132323132303036305a", null],
    ["in month 13", "170d3236313332323132303030305a", null],
    ["with a digit of another script", "180f3230323631313232313230303030d9", null],
  ])("time %s", (_name, input, want) => expect(read(input, readTime)).toBe(want));
});

describe("for any octets", () => {
  test("what is written is read", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 2 ** 40 }), { minLength: 1, maxLength: 8 }),
        fc.nat({ max: 2 }),
        fc.nat({ max: 39 }),
        (arcs, first, second) => {
          const dotted = [first, second, ...arcs].join(".");
          expect(read(write.oid(dotted), (reader) => readOid(reader))).toBe(dotted);
        },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000, size: "max" }), (content) => {
        expect(read(write.octets(content), (reader) => reader.content(tags.octetString).length)).toBe(content.length);
      }),
      { numRuns: 20 },
    );
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (seconds) => {
        expect(read(write.time(seconds), readTime)).toBe(seconds);
      }),
    );
  });

  test("nothing throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        for (const one of [readBoolean, readInteger, readSmallInteger, readOid, readBitString, readTime])
          read(octets, (reader) => one(reader));
        read(octets, (reader) => {
          const inner = reader.enter(tags.sequence);
          while (inner.more()) inner.element();
        });
      }),
    );
  });
});
