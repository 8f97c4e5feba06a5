import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesFromString, stringFromBytes } from "../../../shared/encoding/bytes.ts";
import { splitMessage } from "../../../shared/header/split.ts";
import { limits } from "../../../shared/limits.ts";
import { must, rawMail } from "../../fakes/mail.ts";

function split(text: string): { fields: (readonly [string, string])[]; body: string } {
  const { fields, body } = must(splitMessage(bytesFromString(text)));
  return { fields: fields.map(({ name, value }) => [name, value] as const), body: stringFromBytes(body) };
}

describe("splitMessage", () => {
  const rows: { name: string; input: string; fields: [string, string][]; body: string }[] = [
    {
      name: "CRLF",
      input: "A: b\r\nC:d\r\n\r\nx\r\n",
      fields: [
        ["A", " b"],
        ["C", "d"],
      ],
      body: "x\r\n",
    },
    {
      name: "bare LF",
      input: "A: b\nC:d\n\nx\n",
      fields: [
        ["A", " b"],
        ["C", "d"],
      ],
      body: "x\n",
    },
    {
      name: "mixed line ends",
      input: "A: b\nC:d\r\n\nx",
      fields: [
        ["A", " b"],
        ["C", "d"],
      ],
      body: "x",
    },
    {
      name: "folding is kept",
      input: "A: b\r\n\tc\r\nD: e\n\n",
      fields: [
        ["A", " b\r\n\tc"],
        ["D", " e"],
      ],
      body: "",
    },
    {
      name: "a folded line of white space only",
      input: "A: b\r\n \r\n c\r\n\r\n",
      fields: [["A", " b\r\n \r\n c"]],
      body: "",
    },
    { name: "no body", input: "A: b", fields: [["A", " b"]], body: "" },
    { name: "no empty line", input: "A: b\r\n", fields: [["A", " b"]], body: "" },
    { name: "no header", input: "\r\nx", fields: [], body: "x" },
    { name: "nothing", input: "", fields: [], body: "" },
    {
      name: "white space before the colon (RFC 5322 section 4.5)",
      input: "A \t: b\n\n",
      fields: [["A", " b"]],
      body: "",
    },
    { name: "8-bit octets", input: "A: \xc3\xa9\n\n\xff", fields: [["A", " \xc3\xa9"]], body: "\xff" },
    { name: "a CR without LF is part of the value", input: "A: b\rB: c\n\n", fields: [["A", " b\rB: c"]], body: "" },
    { name: "an mbox line", input: "From a@b Sat\nA: b\n\n", fields: [["A", " b"]], body: "" },
    { name: "NUL in a value", input: "A: \0\n\n", fields: [["A", " \0"]], body: "" },
    {
      name: "an empty value",
      input: "A:\nB:\n\n",
      fields: [
        ["A", ""],
        ["B", ""],
      ],
      body: "",
    },
  ];
  test.each(rows)("$name", ({ input, fields, body }) => {
    expect(split(input)).toEqual({ fields, body });
  });

  const refused: { name: string; input: string; code: string }[] = [
    { name: "a line without colon", input: "A: b\nhello\n\n", code: "header/malformed" },
    { name: "no name", input: ": b\n\n", code: "header/malformed" },
    { name: "a space in a name", input: "A b: c\n\n", code: "header/malformed" },
    { name: "8-bit octets in a name", input: "A\xe9: c\n\n", code: "header/malformed" },
    { name: "NUL in a name", input: "A\0: c\n\n", code: "header/malformed" },
    { name: "a first line that continues nothing", input: " A: b\n\n", code: "header/malformed" },
    { name: "an mbox line further down", input: "A: b\nFrom x\n\n", code: "header/malformed" },
    { name: "too many fields", input: "A: b\n".repeat(limits.headerFields + 1), code: "header/too-many-fields" },
    { name: "too long, one line", input: `A: ${"x".repeat(limits.headerBytes)}\n\n`, code: "header/too-large" },
    { name: "too long, no line end", input: `A: ${"x".repeat(limits.headerBytes)}`, code: "header/too-large" },
    { name: "too long, many lines", input: `A: b\n${" x\n".repeat(limits.headerBytes / 2)}`, code: "header/too-large" },
  ];
  test.each(refused)("$name", ({ input, code }) => {
    expect(splitMessage(bytesFromString(input))).toMatchObject({ ok: false, kind: "perm", code });
  });

  test("never throws, and what it reads is written the same", () => {
    const piece = fc.constantFrom("A", "From", ":", " ", "\t", "\r\n", "\n", "\r", "\0", "\xe9", "\r\n\r\n");
    fc.assert(
      fc.property(fc.string({ unit: piece }), (text) => {
        const result = splitMessage(bytesFromString(text));
        if (result.ok) {
          const again = must(splitMessage(rawMail(result.value)));
          expect(again.fields).toEqual(result.value.fields);
          expect(stringFromBytes(again.body)).toBe(stringFromBytes(result.value.body));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("the body is a view, not a copy", () => {
    const raw = bytesFromString("A: b\r\n\r\nbody");
    expect(must(splitMessage(raw)).body.buffer).toBe(raw.buffer);
  });
});
