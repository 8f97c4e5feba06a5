import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIJson } from "../../../shared/ijson/parse.ts";

const caps = { maxChars: 65_536, maxDepth: 8 };

describe("parseIJson", () => {
  const rows: { name: string; input: string; want: unknown }[] = [
    {
      name: "an object",
      input: ' {"a":[1,-2.5e3,"x",true,false,null],"b":{}} ',
      want: { a: [1, -2500, "x", true, false, null], b: {} },
    },
    { name: "empty ones", input: "[[],{}]", want: [[], {}] },
    { name: "escapes", input: '"\\u00e9\\n\\"\\ud83d\\ude00"', want: 'é\n"😀' },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(parseIJson(input, caps)).toEqual({ ok: true, value: want });
  });

  const refused: { name: string; input: string; want: string }[] = [
    { name: "a member twice (RFC 7493 section 2.3)", input: '{"a":1,"a":1}', want: "ijson/duplicate" },
    { name: "a member twice, once escaped", input: '{"a":1,"\\u0061":2}', want: "ijson/duplicate" },
    { name: "a member twice, nested", input: '{"x":[{"a":1,"b":2,"a":3}]}', want: "ijson/duplicate" },
    { name: "a lone surrogate (section 2.1)", input: '"\\ud800"', want: "ijson/characters" },
    { name: "a noncharacter (section 2.1)", input: '"\\uffff"', want: "ijson/characters" },
    { name: "an integer beyond doubles (section 2.2)", input: "9007199254740993", want: "ijson/number" },
    { name: "infinity", input: "1e999", want: "ijson/number" },
    { name: "too deep", input: `${"[".repeat(9)}${"]".repeat(9)}`, want: "ijson/deep" },
    { name: "much too deep", input: "[".repeat(60_000), want: "ijson/deep" },
    { name: "too long", input: " ".repeat(70_000), want: "ijson/too-long" },
    { name: "nothing", input: "", want: "ijson/syntax" },
    { name: "two documents", input: "{} {}", want: "ijson/syntax" },
    { name: "a comma too many", input: "[1,]", want: "ijson/syntax" },
    { name: "a comma too few", input: "[1 2]", want: "ijson/syntax" },
    { name: "a leading zero", input: "01", want: "ijson/syntax" },
    { name: "a control character", input: '"a\nb"', want: "ijson/syntax" },
    { name: "an unknown escape", input: '"\\x41"', want: "ijson/syntax" },
    { name: "single quotes", input: "{'a':1}", want: "ijson/syntax" },
    { name: "a comment", input: "{} // x", want: "ijson/syntax" },
    { name: "a byte order mark", input: "\ufeff{}", want: "ijson/syntax" },
    { name: "cut off", input: '{"a":', want: "ijson/syntax" },
  ];
  test.each(refused)("refuses $name", ({ input, want }) => {
    const parsed = parseIJson(input, caps);
    expect(parsed.ok ? null : parsed.code).toBe(want);
  });

  test("__proto__ is a member like others and changes nothing else", () => {
    const parsed = parseIJson('{"__proto__":{"polluted":true}}', caps);
    expect(parsed.ok && Object.keys(parsed.value ?? {})).toEqual(["__proto__"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("reads what JSON.stringify writes, and never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        const parsed = parseIJson(text, caps);
        if (parsed.ok) expect(JSON.stringify(parsed.value)).toBe(JSON.stringify(JSON.parse(text)));
        else expect(parsed.code).toMatch(/^ijson\/(characters|number)$/);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseIJson(text, caps)));
  });
});
