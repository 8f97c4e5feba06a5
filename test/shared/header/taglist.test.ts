import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatTagList, parseTagList, readTagList, withoutSignature } from "../../../shared/header/taglist.ts";
import { limits } from "../../../shared/limits.ts";
import { must } from "../../fakes/mail.ts";

describe("parseTagList", () => {
  const rows: { name: string; input: string; want: [string, string][] }[] = [
    { name: "one tag", input: "v=1", want: [["v", "1"]] },
    { name: "a final semicolon", input: "v=1; ", want: [["v", "1"]] },
    {
      name: "white space everywhere",
      input: " v =\r\n\t1 ;a\n = b c ",
      want: [
        ["v", "1"],
        ["a", "b c"],
      ],
    },
    {
      name: "an empty value",
      input: "v=1; b=",
      want: [
        ["v", "1"],
        ["b", ""],
      ],
    },
    {
      name: "an equals sign in a value",
      input: "bh=ab==; v=1",
      want: [
        ["bh", "ab=="],
        ["v", "1"],
      ],
    },
    {
      name: "case matters",
      input: "a=1; A=2",
      want: [
        ["a", "1"],
        ["A", "2"],
      ],
    },
    { name: "folding inside a value stays", input: "b=AB\r\n CD", want: [["b", "AB\r\n CD"]] },
    { name: "UTF-8 in a value", input: "i=\xc3\xa9@a", want: [["i", "\xc3\xa9@a"]] },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect([...must(parseTagList(input))]).toEqual(want);
  });

  const refused: { name: string; input: string; code: string }[] = [
    { name: "nothing", input: "", code: "taglist/empty" },
    { name: "white space only", input: "  ", code: "taglist/syntax" },
    { name: "a semicolon only", input: ";", code: "taglist/syntax" },
    { name: "no equals sign", input: "v", code: "taglist/syntax" },
    { name: "an empty element", input: "v=1;;a=b", code: "taglist/syntax" },
    { name: "two final semicolons", input: "v=1;;", code: "taglist/syntax" },
    { name: "no name", input: "=1", code: "taglist/syntax" },
    { name: "a digit first", input: "1a=1", code: "taglist/syntax" },
    { name: "a hyphen in a name", input: "a-b=1", code: "taglist/syntax" },
    { name: "a space in a name", input: "a b=1", code: "taglist/syntax" },
    { name: "NUL", input: "a=\0", code: "taglist/syntax" },
    { name: "another control", input: "a=\x1b", code: "taglist/syntax" },
    { name: "a name twice", input: "a=1; b=2; a=1", code: "taglist/duplicate" },
    {
      name: "too many",
      input: Array.from({ length: limits.tags + 1 }, (_x, n) => `t${n}=1`).join(";"),
      code: "taglist/too-many",
    },
    { name: "too long", input: `a=${"x".repeat(limits.ourFieldBytes)}`, code: "taglist/too-long" },
  ];
  test.each(refused)("$name", ({ input, code }) => {
    expect(parseTagList(input)).toMatchObject({ ok: false, code });
  });

  test("never throws", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "b", "=", ";", " ", "\r\n", "\t", "\0", "\xff", "1") }),
        (text) => {
          const list = readTagList(text);
          if (list.ok) {
            const emptied = must(parseTagList(withoutSignature(text, list.value)));
            expect([...emptied.keys()]).toEqual([...list.value.tags.keys()]);
            expect(emptied.get("b") ?? "").toBe("");
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("withoutSignature", () => {
  const rows: { name: string; input: string; want: string }[] = [
    { name: "at the end, folding with it (RFC 6376 section 3.7)", input: " v=1; b=AB\r\n CD", want: " v=1; b=" },
    { name: "in the middle", input: "v=1; b = AB ; c=1", want: "v=1; b =; c=1" },
    { name: "bh is another tag", input: "bh=AB; x=b=1", want: "bh=AB; x=b=1" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(withoutSignature(input, must(readTagList(input)))).toBe(want);
  });
});

describe("formatTagList", () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,5}$/);
  const value = fc.stringMatching(/^(?:[!-:<-~]{1,300})?$/);
  const pairs = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, minLength: 1, maxLength: 20 });

  test("parse(format(x)) is x, and lines are short where they can be", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const foldable = list.map(([key]) => key);
        const text = formatTagList(list, { fold: foldable, nameCharacters: 14 });
        expect([...must(parseTagList(text))].map(([key, text]) => [key, text.replace(/\r\n /g, "")])).toEqual(list);
        for (const [index, line] of text.split("\r\n").entries()) {
          expect(line.length + (index === 0 ? 14 : 0)).toBeLessThanOrEqual(index === 0 ? 14 + 1 + 72 + 1 : 78);
          expect(line.startsWith(" ")).toBe(true);
        }
      }),
    );
  });

  test("a value that may not be cut stays whole", () => {
    const text = formatTagList(
      [
        ["a", "x".repeat(100)],
        ["b", "y".repeat(100)],
      ],
      { fold: ["b"], nameCharacters: 10 },
    );
    expect(text).toBe(` a=${"x".repeat(100)};\r\n b=${"y".repeat(70)}\r\n ${"y".repeat(30)}`);
  });
});
