import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasCodedDomain, hasMixedScripts, shown, shownOctets } from "../../../shared/verdict/shown.ts";

describe("shown", () => {
  const rows: { name: string; input: string; want: string }[] = [
    { name: "ordinary text stays", input: "billing@bank.example", want: "billing@bank.example" },
    { name: "other letters stay", input: "Jürgen Ünal 山田 שלום", want: "Jürgen Ünal 山田 שלום" },
    { name: "an override is made visible", input: "gpj.\u202eexe", want: "gpj.\ufffdexe" },
    { name: "isolates and marks too", input: "a\u2066b\u2069c\u200ed\u061ce", want: "a\ufffdb\ufffdc\ufffdd\ufffde" },
    { name: "zero-width characters", input: "pay\u200bpal\u2060\ufeff", want: "pay\ufffdpal\ufffd\ufffd" },
    { name: "fillers, selectors, tags", input: "a\u3164b\ufe0fc\u{e0041}", want: "a\ufffdb\ufffdc\ufffd" },
    { name: "C0 and C1", input: "a\u0000b\u0007c\u009bd", want: "a\ufffdb\ufffdc\ufffdd" },
    { name: "line ends are spaces", input: "a\r\n b\u2028c", want: "a b\ufffdc".replace("a b", "a  b") },
    { name: "a lone surrogate", input: "a\ud800b", want: "a\ufffdb" },
    { name: "spaces around", input: "  a  ", want: "a" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(shown(input)).toBe(want);
  });

  test("long text is cut, not within a character", () => {
    expect(shown("x".repeat(1_000))).toBe(`${"x".repeat(300)}…`);
    expect(shown(`${"x".repeat(299)}😀😀`)).toBe(`${"x".repeat(299)}…`);
  });

  test("octets are decoded first", () => {
    expect(shownOctets("b\u00c3\u00bccher.example")).toBe("bücher.example");
    expect(shownOctets("a\u00e2\u0080\u00aeb")).toBe("a\ufffdb");
    expect(shownOctets("\u00ff")).toBe("\ufffd");
  });

  test("whatever it is, nothing invisible is left and it ends", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const result = shown(text);
        expect(result).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u);
        expect(result.length).toBeLessThanOrEqual(301);
        expect(shown(result)).toBe(result);
      }),
    );
  });
});

describe("letters that look like others", () => {
  test.each([
    { address: "billing@bank.example", want: false },
    { address: "p\u0430ypal@bank.example", want: true },
    { address: "jürgen@bank.example", want: false },
    { address: "иван@bank.example", want: false },
    { address: "ivan.иван@bank.example", want: false },
    { address: "\u03bfffice@bank.example", want: true },
    { address: "山田tarou@bank.example", want: false },
    { address: "山田\u0430@bank.example", want: true },
    { address: "user1@bank.example", want: false },
  ])("$address: $want", ({ address, want }) => {
    expect(hasMixedScripts(address)).toBe(want);
  });
  test("domains in other letters", () => {
    expect(hasCodedDomain("a@xn--bcher-kva.example")).toBe(true);
    expect(hasCodedDomain("a@mail.XN--bcher-kva.example")).toBe(true);
    expect(hasCodedDomain("a@bank.example")).toBe(false);
  });
});
