import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RelaxedHash } from "mailauth/lib/dkim/body/relaxed.js";
import { formatRelaxedLine } from "mailauth/lib/tools.js";
import { createHash } from "node:crypto";
import { bytesFromString, concatBytes, stringFromBytes } from "../../../shared/encoding/bytes.ts";
import { BodyRelaxer, relaxBody, relaxHeader, relaxedField } from "../../../shared/header/canonical.ts";
import { must } from "../../fakes/mail.ts";

function relaxedText(body: string): string {
  return stringFromBytes(must(relaxBody(bytesFromString(body))));
}

/** RFC 6376 section 3.4.4 word for word, slowly. */
function naive(body: string): string {
  const lines = body.split(/\r\n|\n/).map((line) => line.replace(/[ \t]+/g, " ").replace(/ $/, ""));
  while (lines.at(-1) === "") {
    lines.pop();
  }
  return lines.map((line) => `${line}\r\n`).join("");
}

/** Relaxes in pieces cut at the given places, each piece in a buffer that is overwritten after the call. */
function relaxedInPieces(body: Uint8Array, cuts: readonly number[]): { octets: Uint8Array; pieces: number } {
  const pieces: Uint8Array[] = [];
  const relaxer = new BodyRelaxer((piece) => {
    pieces.push(piece.slice());
  });
  let start = 0;
  for (const cut of [...cuts.map((place) => place % (body.length + 1)).sort((a, b) => a - b), body.length]) {
    const chunk = body.slice(start, cut);
    relaxer.update(chunk);
    chunk.fill(0x58);
    start = cut;
  }
  relaxer.end();
  return { octets: concatBytes(...pieces), pieces: pieces.length };
}

/** Text in which everything that relaxing looks at is frequent. */
const roughText = fc.string({ unit: fc.constantFrom("a", " ", "\t", "\r", "\n", "\r\n", "b", "\0", "\xe9", " \r\n") });
const words = fc.string({ unit: fc.constantFrom("Lorem", "ipsum", " ", "\r\n", "dolor sit amet,", "\r\n\r\n", "\n") });

describe("relaxBody", () => {
  const rows: { name: string; input: string; want: string }[] = [
    { name: "RFC 6376 section 3.4.5, the example", input: " C \r\nD \t E\r\n\r\n\r\n", want: " C\r\nD E\r\n" },
    { name: "an empty body stays empty", input: "", want: "" },
    { name: "one empty line is nothing", input: "\r\n", want: "" },
    { name: "empty lines only are nothing", input: "\r\n \r\n\t\r\n", want: "" },
    { name: "white space only is nothing", input: "  \t", want: "" },
    { name: "a missing final line end is added", input: "a", want: "a\r\n" },
    { name: "white space before a missing line end goes", input: "a  ", want: "a\r\n" },
    { name: "bare LF means CRLF", input: "a\n\nb \n", want: "a\r\n\r\nb\r\n" },
    { name: "inner empty lines stay", input: "a\r\n\r\n\r\nb\r\n", want: "a\r\n\r\n\r\nb\r\n" },
    { name: "leading empty lines stay", input: "\r\n\r\na", want: "\r\n\r\na\r\n" },
    { name: "leading white space is one space", input: "\t\ta\r\n", want: " a\r\n" },
    { name: "a CR without LF is an octet like others", input: "a\rb \r c\r", want: "a\rb \r c\r\r\n" },
    { name: "CR CR LF: the first is content", input: "a\r\r\n", want: "a\r\r\n" },
    { name: "other controls and 8-bit octets stay", input: "\0\x0b\x0c\xa0\xff", want: "\0\x0b\x0c\xa0\xff\r\n" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(relaxedText(input)).toBe(want);
    expect(naive(input)).toBe(want);
  });

  test("agrees with the rule's words, however it is cut", () => {
    fc.assert(
      fc.property(fc.oneof(roughText, words), fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        const body = bytesFromString(text);
        expect(stringFromBytes(relaxedInPieces(body, cuts).octets)).toBe(naive(text));
      }),
      { numRuns: 5_000 },
    );
  });

  test("agrees on long bodies, whose runs are not gathered", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(roughText, fc.constant("x".repeat(700)), fc.constant("The quick brown fox\r\n".repeat(60))), {
          maxLength: 40,
        }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (parts, cuts) => {
          const text = parts.join("");
          expect(stringFromBytes(relaxedInPieces(bytesFromString(text), cuts).octets)).toBe(naive(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("agrees wherever in its buffer a body begins, and whatever stands where among its words", () => {
    const rough = fc.constantFrom(
      " ",
      "  ",
      "\t",
      "\r\n",
      "\r",
      "\n",
      "\r\n ",
      " \r\n",
      "\0",
      "\x1f ",
      "\xa0",
      "\x80 \xff",
    );
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "!", "~"), maxLength: 9 });
    const calm = fc.array(letters, { minLength: 30, maxLength: 60 }).map((all) => all.join(" ").replaceAll("  ", " "));
    const texts = fc.array(fc.oneof(calm, letters, rough), { minLength: 1, maxLength: 9 }).map((all) => all.join(""));
    fc.assert(
      fc.property(texts, fc.nat({ max: 7 }), (text, offset) => {
        const buffer = new Uint8Array(text.length + offset + 8).fill(0x20);
        const body = buffer.subarray(offset, offset + text.length);
        body.set(bytesFromString(text));
        expect(stringFromBytes(must(relaxBody(body)))).toBe(naive(text));
      }),
      { numRuns: 5_000 },
    );
  });

  test("relaxing twice is relaxing once", () => {
    fc.assert(
      fc.property(roughText, (text) => {
        const once = relaxedText(text);
        expect(relaxedText(once)).toBe(once);
      }),
    );
  });

  test("agrees with mailauth on 1,000 generated bodies", () => {
    fc.assert(
      fc.property(fc.oneof(roughText, words), (text) => {
        const theirs = new RelaxedHash("rsa-sha256");
        theirs.update(Buffer.from(text, "latin1"), false);
        const ours = createHash("sha256").update(must(relaxBody(bytesFromString(text))));
        expect(ours.digest("base64")).toBe(theirs.digest("base64"));
      }),
      { numRuns: 1_000 },
    );
  });

  test("a clean body is handed on without copies", () => {
    const body = bytesFromString("The quick brown fox jumps over the lazy dog.\r\n".repeat(2_000));
    const views: Uint8Array[] = [];
    const relaxer = new BodyRelaxer((piece) => {
      views.push(piece);
    });
    relaxer.update(body);
    relaxer.end();
    expect(views.length).toBe(2);
    expect(views[0]?.buffer).toBe(body.buffer);
  });

  test("a million empty lines, then a word", () => {
    const octets = must(relaxBody(bytesFromString(`${"\n".repeat(1_000_000)}x`)));
    expect(octets.length).toBe(2_000_003);
  });
});

describe("relaxHeader", () => {
  const rows: { name: string; input: string; want: string }[] = [
    { name: "RFC 6376 section 3.4.5, first field", input: "A: X\r\n", want: "a:X" },
    { name: "RFC 6376 section 3.4.5, second field", input: "B : Y\t\r\n\tZ  \r\n", want: "b:Y Z" },
    { name: "names are lowered, values are not", input: "SUBJect: AbC", want: "subject:AbC" },
    { name: "an empty value", input: "X:", want: "x:" },
    { name: "a value of white space", input: "X: \t ", want: "x:" },
    { name: "bare LF folds too", input: "A: b\n c", want: "a:b c" },
    { name: "only the first colon counts", input: "A: b:c", want: "a:b:c" },
    { name: "no-break space is no white space", input: "A: \xa0 b\xa0", want: "a:\xa0 b\xa0" },
    { name: "a CR without LF is content", input: "A: b\r c", want: "a:b\r c" },
    { name: "a fold of white space only", input: "A: b\r\n \r\n c", want: "a:b c" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(must(relaxHeader(input))).toBe(want);
  });

  test.each(["", "no colon", ":", " : x"])("%j has no name", (input) => {
    expect(relaxHeader(input)).toMatchObject({ ok: false, code: "header/malformed" });
  });

  test("half a million short words take no longer than their length", () => {
    const words = 500_000;
    expect(relaxedField("To", "a,\t".repeat(words))).toBe(`to:${"a, ".repeat(words).trimEnd()}`);
  });

  test("agrees with mailauth on 1,000 generated fields", () => {
    const value = fc.string({ unit: fc.constantFrom("a", " ", "\t", "\r\n ", "\n\t", "  ", "B", "\xe9", ":", "\r") });
    fc.assert(
      fc.property(fc.constantFrom("Subject", "X-A", "to"), value, (name, text) => {
        // A field value never ends inside a fold, and a lone CR before the fold would be one with its LF.
        const theirs = formatRelaxedLine(Buffer.from(`${name}:${text}`, "latin1")).toString("latin1");
        expect(relaxedField(name, text)).toBe(theirs);
        expect(must(relaxHeader(`${name}:${text}`))).toBe(theirs);
        expect(must(relaxHeader({ name, value: text }))).toBe(theirs);
      }),
      { numRuns: 1_000 },
    );
  });
});
