import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { BodyForm } from "../../../shared/header/body-form.ts";

function form(text: string, cut = 0): boolean {
  const bytes = bytesFromString(text);
  const form = new BodyForm();
  form.update(bytes.subarray(0, cut));
  form.update(bytes.subarray(cut));
  return form.sevenBit;
}

describe("BodyForm", () => {
  const rows: { name: string; input: string; want: boolean }[] = [
    { name: "nothing", input: "", want: true },
    { name: "plain text", input: "a\r\nb\r\n", want: true },
    { name: "no final line end", input: "a", want: true },
    { name: "998 octets", input: `${"x".repeat(998)}\r\n${"x".repeat(998)}`, want: true },
    { name: "999 octets", input: `a\r\n${"x".repeat(999)}\r\n`, want: false },
    { name: "an 8-bit octet", input: "a\xe9\r\n", want: false },
    { name: "NUL", input: "a\0\r\n", want: false },
    { name: "LF without CR", input: "a\nb", want: false },
    { name: "CR without LF", input: "a\rb", want: false },
    { name: "a CR at the end", input: "a\r", want: false },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    fc.assert(
      fc.property(fc.nat(input.length), (cut) => {
        expect(form(input, cut)).toBe(want);
      }),
    );
  });
});
