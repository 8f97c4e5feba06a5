import { describe, expect, test } from "vitest";
import { sameAuthservId, summarizeChecks } from "../../../shared/authres/checks.ts";
import { parseAuthenticationResults } from "../../../shared/authres/parse.ts";

describe("summarizeChecks", () => {
  const rows: { name: string; input: string[]; want: string[] }[] = [
    { name: "nothing said", input: ["a; none"], want: [] },
    {
      name: "in a fixed order, with whose they are",
      input: [
        "a; dmarc=pass header.from=x.example; spf=pass smtp.mailfrom=y.example; dkim=pass header.d=z.example; arc=pass",
      ],
      want: ["dkim pass z.example", "spf pass y.example", "dmarc pass x.example", "arc pass null"],
    },
    {
      name: "one good DKIM signature is enough (RFC 6376 section 6.1)",
      input: ["a; dkim=fail header.d=x; dkim=pass header.d=y"],
      want: ["dkim pass y"],
    },
    { name: "of two SPF results the worse counts", input: ["a; spf=pass", "a; spf=fail"], want: ["spf fail null"] },
    { name: "of two DMARC results the worse counts", input: ["a; dmarc=none; dmarc=pass"], want: ["dmarc none null"] },
    { name: "softfail is a fail", input: ["a; spf=softfail"], want: ["spf fail null"] },
    { name: "an error is neither", input: ["a; dkim=temperror"], want: ["dkim error null"] },
    { name: "neutral is unsure", input: ["a; spf=neutral"], want: ["spf unsure null"] },
    { name: "a word nobody knows is unsure", input: ["a; arc=perfect"], want: ["arc unsure null"] },
    { name: "an unknown version says nothing", input: ["a 2; dkim=pass", "a; spf/2=pass"], want: [] },
    { name: "other methods are left alone", input: ["a; auth=pass; bimi=pass"], want: [] },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    const fields = input.map((text) => {
      const parsed = parseAuthenticationResults(text);
      if (!parsed.ok) throw new Error(parsed.detail);
      return parsed.value;
    });
    expect(summarizeChecks(fields).map(({ method, outcome, identity }) => `${method} ${outcome} ${identity}`)).toEqual(
      want,
    );
  });
});

test("authserv-ids are the same whatever their case, and nothing else", () => {
  expect(sameAuthservId("MX.example.net", "mx.example.NET")).toBe(true);
  expect(sameAuthservId("mx.example.net", "example.net")).toBe(false);
});
