// White space that relaxed canonicalisation hides, where it decides what a part of a mail is.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { relaxBody } from "../../../shared/header/canonical.ts";
import { hidesPartEnds, PartEnds } from "../../../shared/header/part-ends.ts";
import { must } from "../../fakes/mail.ts";

const crlf = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join("");
const mixed = ' multipart/mixed;\r\n boundary="=_b1"';

const honest = crlf([
  "This is a preamble.",
  "  ",
  "--=_b1",
  "Content-Type: multipart/alternative;",
  '\tboundary="b2"',
  "",
  "--b2",
  "Content-Type: text/plain",
  "",
  "-- ",
  "   ",
  "-----Original Message-----",
  "From: somebody",
  " ",
  "text",
  "--b2",
  "Content-Type: text/html",
  "",
  "<p>",
  "\t ",
  "</p>",
  "--b2--",
  "--=_b1",
  "Content-Type: message/rfc822",
  "",
  "Subject: inner",
  "Content-Type: multipart/mixed; boundary=b3",
  "",
  "--b3",
  "",
  "no header at all",
  "--b3--",
  "--=_b1--",
]);

const hides = (type: string, body: Uint8Array): boolean =>
  hidesPartEnds({ fields: [{ name: "Content-Type", value: type }], body });

/** `honest` with the n-th of these lines exchanged. */
function changed(line: string, by: string, nth = 1): string {
  const lines = honest.split("\r\n");
  let seen = 0;
  return lines.map((each) => (each === line && (seen += 1) === nth ? by : each)).join("\r\n");
}

describe("hidden", () => {
  const empties = honest.split("\r\n").filter((line) => line === "").length - 1;
  test.each(Array.from({ length: empties }, (_, n) => n + 1))(
    "the empty line %i of parts, made one of spaces",
    (nth) => {
      const body = changed("", " \t", nth);
      expect(must(relaxBody(bytesFromString(body)))).toEqual(must(relaxBody(bytesFromString(honest))));
      expect(hides(mixed, bytesFromString(body))).toBe(true);
    },
  );

  test.each(["--=_b1", "--b2", "--b3"])("a space behind the delimiter %s", (line) => {
    expect(hides(mixed, bytesFromString(changed(line, `${line} `)))).toBe(true);
  });

  test.each([
    { name: "line ends of LF only", type: mixed, body: changed("", " ").replaceAll("\r\n", "\n") },
    {
      name: "a boundary with a space, which may become two",
      type: ' multipart/mixed; boundary="a b"',
      body: crlf(["--a b", "", "x", "--a b--"]),
    },
    { name: "a mail that is a mail", type: " message/rfc822", body: crlf(["Subject: x", " ", "text"]) },
    {
      name: "a boundary without quotes, in other case",
      type: " Multipart/Mixed; BOUNDARY=x",
      body: crlf(["--x", "A: b", " ", "c"]),
    },
    ...[
      { name: "on a line of its own", type: ' multipart/mixed; boundary=\r\n "x"' },
      { name: "with an escape", type: ' multipart/mixed; boundary="\\x"' },
      { name: "behind a comment", type: " multipart/mixed; boundary=(a)x" },
      { name: "behind one in another parameter", type: ' multipart/mixed; name="boundary=y"; boundary=x' },
      { name: "that is the second", type: " multipart/mixed; boundary=y; boundary=x" },
      { name: "with a comma behind it", type: " multipart/mixed; boundary=x, charset=y" },
    ].map(({ name, type }) => ({ name: `a boundary ${name}`, type, body: crlf(["--x", "A: b", " ", "c"]) })),
    ...[
      { name: "in pieces", written: "boundary*0=x; boundary*1=y" },
      { name: "in pieces, of which one is coded", written: "boundary*0*=us-ascii''%78; boundary*1=y" },
      { name: "coded", written: "boundary*=us-ascii''%78y" },
      { name: "coded, beside a plain one", written: "boundary=z; Boundary*=us-ascii''%78y" },
      { name: "with white space and a comment around the star", written: "boundary (a) *0 (b) = x; boundary*1=y" },
      { name: "behind a comment", written: "boundary (a) = xy" },
    ].map(({ name, written }) => ({
      name: `a boundary ${name} (RFC 2231)`,
      type: ` multipart/mixed; ${written}`,
      body: crlf(["--xy", "A: b", " ", "c"]),
    })),
    {
      name: "a part's boundary in pieces",
      type: " multipart/mixed; boundary=x",
      body: crlf(["--x", "Content-Type: multipart/mixed;", " boundary*0=a; boundary*1=b", "", "--ab", "A: b", "", "c"]),
    },
    {
      name: "a boundary with a comma in it",
      type: " multipart/mixed; boundary=x,y",
      body: crlf(["--x,y", "A: b", " ", "c"]),
    },
    {
      name: "a digest's mail, which need not say that it is one",
      type: " multipart/digest; boundary=x",
      body: crlf(["--x", "", "Subject: y", " ", "text"]),
    },
    {
      name: "the same within another part",
      type: " multipart/mixed; boundary=x",
      body: crlf(["--x", "Content-Type: multipart/digest; boundary=y", "", "--y", "", "Subject: z", " ", "text"]),
    },
    {
      name: "an attached mail whose type stands behind a comment",
      type: " multipart/mixed; boundary=x",
      body: crlf(["--x", "Content-Type: (a) message/rfc822", "", "Subject: y", " ", "text"]),
    },
    {
      name: "more boundaries within each other than anybody has",
      type: " multipart/mixed; boundary=b0",
      body: crlf(
        Array.from({ length: 200 }, (_, n) => [
          `--b${n}`,
          `Content-Type: multipart/mixed; boundary=b${n + 1}`,
          "",
        ]).flat(),
      ),
    },
  ])("$name", ({ type, body }) => expect(hides(type, bytesFromString(body))).toBe(true));
});

describe("not hidden", () => {
  test.each([
    { name: "a mail as it should be", type: mixed, body: honest },
    { name: "with line ends of LF only", type: mixed, body: honest.replaceAll("\r\n", "\n") },
    {
      name: "lines of spaces behind the last part",
      type: mixed,
      body: crlf(["--=_b1", "", "x", "--=_b1--", " ", "epilogue", "\t"]),
    },
    { name: "one part, with lines of spaces", type: " text/plain", body: crlf(["--x", " ", "text"]) },
    { name: "no type", type: "", body: crlf(["--x", " ", "text"]) },
    { name: "a delivery status", type: " message/delivery-status", body: crlf(["Reporting-MTA: x", " ", "y"]) },
    { name: "no body", type: mixed, body: "" },
    {
      name: "a digest's part that says that it is text",
      type: " multipart/digest; boundary=x",
      body: crlf(["--x", "Content-Type: text/plain", "", "text", " ", "text", "--x--", " "]),
    },
    { name: "a file's name in pieces", type: ` ${mixed}; name*0=boundary; name*1="*.txt"`, body: honest },
    { name: "a boundary that never comes", type: mixed, body: crlf(["--other", " ", "x"]) },
  ])("$name", ({ type, body }) => expect(hides(type, bytesFromString(body))).toBe(false));
});

test("in whatever pieces it comes, it is read alike", () => {
  const lines = [
    "--=_b1",
    "--b2",
    "-",
    "--",
    "",
    " ",
    "\r",
    "\n",
    "\r\n",
    "A: b",
    "Content-Type: message/rfc822",
    "x".repeat(1_999),
  ];
  const odd = fc
    .array(fc.constantFrom(...lines, "--=_b1\r\n", "\r\n\r\n"), { maxLength: 40 })
    .map((some) => some.join(""));
  const bodies = fc.oneof(
    odd,
    fc.nat(20).map((nth) => changed("", " ", nth)),
  );
  fc.assert(
    fc.property(bodies, fc.array(fc.nat(30), { minLength: 1 }), (text, sizes) => {
      const body = bytesFromString(text);
      const ends = new PartEnds(mixed);
      // Pieces lie in one buffer that is overwritten, as a socket's may be.
      const buffer = new Uint8Array(31);
      for (let at = 0, turn = 0; at < body.length; turn += 1) {
        const size = (sizes[turn % sizes.length] ?? 0) + 1;
        const piece = buffer.subarray(0, Math.min(size, body.length - at));
        piece.set(body.subarray(at, at + piece.length));
        ends.update(piece);
        at += piece.length;
      }
      expect(ends.end()).toBe(hides(mixed, body));
    }),
  );
});

test("any octets are looked at in one pass", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.string(), (body, type) => {
      expect(typeof hides(`${mixed} ${type}`, body)).toBe("boolean");
    }),
  );
  for (const word of [
    "boundary=",
    "boundary=\t",
    "boundary=(a)",
    'boundary="',
    "boundary=(",
    "boundary (a)",
    "boundary*",
    "boundary*(a)",
    "boundary*0",
    "content-type:(",
    "(a)",
  ]) {
    const startMs = performance.now();
    hides(` multipart/mixed; boundary=${word.repeat(100_000)}`, new Uint8Array());
    hides(` multipart/mixed; ${`boundary=${" (a)".repeat(50)}`.repeat(2_000)}`, new Uint8Array());
    expect(performance.now() - startMs, word).toBeLessThan(1_000);
  }
  // Twenty megabytes of parts, or of one part's header, are not gone through.
  expect(hides(mixed, bytesFromString("--=_b1\r\n\r\n".repeat(1_000_000)))).toBe(true);
  expect(hides(mixed, bytesFromString(`--=_b1\r\n${"A: b\r\n".repeat(3_000_000)}`))).toBe(true);
});
