import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMailDate } from "../../../shared/received/date.ts";

describe("parseMailDate", () => {
  const at = (iso: string): number => Date.parse(iso) / 1_000;
  const rows: { name: string; input: string; want: number | null }[] = [
    { name: "RFC 5322 section 3.3", input: "Fri, 21 Nov 1997 09:55:06 -0600", want: at("1997-11-21T15:55:06Z") },
    {
      name: "without a weekday, folded",
      input: "\r\n 21 Nov 1997\r\n 09:55:06 -0600",
      want: at("1997-11-21T15:55:06Z"),
    },
    { name: "without seconds", input: "21 Nov 1997 09:55 +0000", want: at("1997-11-21T09:55:00Z") },
    { name: "fractions", input: "21 Nov 1997 09:55:06.516 +0000", want: at("1997-11-21T09:55:06Z") },
    { name: "two digits of a year", input: "21 Nov 97 09:55:06 GMT", want: at("1997-11-21T09:55:06Z") },
    { name: "two digits of this century", input: "27 Feb 04 14:16:56 -0800", want: at("2004-02-27T22:16:56Z") },
    { name: "a named zone", input: "21 Nov 1997 09:55:06 EDT", want: at("1997-11-21T13:55:06Z") },
    { name: "a comment behind", input: "21 Nov 1997 09:55:06 -0600 (CST)", want: at("1997-11-21T15:55:06Z") },
    { name: "no zone", input: "30 Apr 2003 15:06:29", want: at("2003-04-30T15:06:29Z") },
    { name: "a full month's name", input: "30 April 2003 15:06:29 +0000", want: at("2003-04-30T15:06:29Z") },
    { name: "C's asctime", input: "Sun Nov 13 15:38:52 2005", want: at("2005-11-13T15:38:52Z") },
    { name: "no such month", input: "21 Nvo 1997 09:55:06 +0000", want: null },
    { name: "no such day", input: "31 Jun 1997 09:55:06 +0000", want: null },
    { name: "no such hour", input: "21 Nov 1997 24:55:06 +0000", want: null },
    { name: "nothing", input: "", want: null },
    { name: "words", input: "yesterday", want: null },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(parseMailDate(input)).toBe(want);
  });
  test("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseMailDate(text)));
  });
});
