import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatAuthenticationResults } from "../../../shared/authres/format.ts";
import { parseAuthenticationResults } from "../../../shared/authres/parse.ts";
import type { AuthenticationMethod, AuthenticationResults } from "../../../shared/authres/types.ts";
import { hasVectors, readVectors } from "../vectors.ts";
import { stopwatch } from "../x509/stopwatch.ts";

interface MoxRow {
  readonly value: string;
  readonly authserv_id: string | null;
  readonly results: readonly {
    readonly method: string;
    readonly result: string;
    readonly reason: string | null;
    readonly properties: readonly { readonly type: string; readonly name: string; readonly value: string }[];
  }[];
}

describe.skipIf(!hasVectors("authres/mox.json"))("mox's fields (left out where ../shared/vectors is absent)", () => {
  const rows = hasVectors("authres/mox.json") ? (JSON.parse(readVectors("authres/mox.json")) as MoxRow[]) : [];
  test("there are 12", () => expect(rows).toHaveLength(12));

  test.each(rows.map((row) => ({ name: row.value.slice(0, 60), row })))("$name", ({ row }) => {
    const parsed = parseAuthenticationResults(row.value);
    expect(parsed.ok).toBe(row.authserv_id !== null);
    if (!parsed.ok) return;
    expect(parsed.value.authservId).toBe(row.authserv_id);
    expect(parsed.value.results).toEqual(
      row.results.map(({ method, result, reason, properties }) => ({ method, version: 1, result, reason, properties })),
    );
  });
});

interface VerifierRow {
  readonly header: string;
  readonly test: string;
  readonly error?: string;
  readonly parsed?: {
    readonly authserv_id: string;
    readonly authres_version: number;
    readonly resinfo: readonly {
      readonly method: string;
      readonly method_version: number;
      readonly result: string;
      readonly properties: Readonly<Record<string, Readonly<Record<string, string>>>>;
    }[];
  };
}

function nested(properties: AuthenticationMethod["properties"]): Record<string, Record<string, string>> {
  const types: Record<string, Record<string, string>> = { smtp: {}, header: {}, body: {}, policy: {} };
  for (const { type, name, value } of properties) (types[type] ??= {})[name] = value;
  return types;
}

describe.skipIf(!hasVectors("authres/dkim_verifier.json"))("dkim_verifier's fields", () => {
  const rows = hasVectors("authres/dkim_verifier.json")
    ? (JSON.parse(readVectors("authres/dkim_verifier.json")) as VerifierRow[])
    : [];
  test("there are 33", () => expect(rows).toHaveLength(33));

  test.each(rows.map((row) => ({ name: `${row.test}: ${row.header.slice(0, 60)}`, row })))("$name", ({ row }) => {
    const parsed = parseAuthenticationResults(row.header);
    // The two rows that refuse a UTF-8 authserv-id contradict mox's, which takes it; so does the vectors' README.
    const takesUtf8 = row.test === "Wrongly called with normal string";
    expect(parsed.ok).toBe(row.error === undefined || takesUtf8);
    if (!parsed.ok || row.parsed === undefined) return;
    expect({
      authserv_id: parsed.value.authservId,
      authres_version: parsed.value.version,
      resinfo: parsed.value.results.map(({ method, version, result, properties }) => ({
        method,
        method_version: version,
        result,
        properties: nested(properties),
      })),
    }).toEqual(row.parsed);
  });
});

/** As it stands in mailboxes of Exchange Online. */
const exchange =
  "spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=bank.example; dkim=pass (signature was verified)\r\n" +
  " header.d=bank.example;dmarc=pass action=none header.from=bank.example;compauth=pass\r\n reason=100";

describe("parse", () => {
  const one = (result: Partial<AuthenticationMethod>): AuthenticationResults => ({
    authservId: "a.example",
    version: 1,
    results: [{ method: "dkim", version: 1, result: "pass", reason: null, properties: [], ...result }],
  });
  const rows: { name: string; input: string; want: AuthenticationResults | string }[] = [
    { name: "no-result (RFC 8601 appendix B.2)", input: "a.example; none", want: { ...one({}), results: [] } },
    { name: "none with a comment behind", input: "a.example; none (really)", want: { ...one({}), results: [] } },
    {
      name: "the field's name in front, any case",
      input: "AUTHENTICATION-results : a.example; dkim=pass",
      want: one({}),
    },
    { name: "folded", input: "\r\n\ta.example;\r\n dkim=pass\r\n", want: one({}) },
    { name: "a quoted authserv-id", input: '"a.example"; dkim=pass', want: one({}) },
    {
      name: "a reason, escapes undone",
      input: 'a.example; dkim=pass reason="a \\"b\\""',
      want: one({ reason: 'a "b"' }),
    },
    {
      name: "a reason behind the properties",
      input: "a.example; dkim=pass header.d=x reason=why",
      want: one({ reason: "why", properties: [{ type: "header", name: "d", value: "x" }] }),
    },
    {
      name: "a quoted local part keeps its quotes",
      input: 'a.example; spf=pass smtp.mailfrom="a b"@x.example',
      want: one({ method: "spf", properties: [{ type: "smtp", name: "mailfrom", value: '"a b"@x.example' }] }),
    },
    {
      name: "base64 and addresses without quotes",
      input: "a.example; dkim=pass header.b=a/+b= policy.iprev=2001:db8::1",
      want: one({
        properties: [
          { type: "header", name: "b", value: "a/+b=" },
          { type: "policy", name: "iprev", value: "2001:db8::1" },
        ],
      }),
    },
    {
      name: "own method of the protocol (section 4)",
      input: "a.example; x-tls=pass smtp.version=TLSv1.3 smtp.bits=256",
      want: one({
        method: "x-tls",
        properties: [
          { type: "smtp", name: "version", value: "TLSv1.3" },
          { type: "smtp", name: "bits", value: "256" },
        ],
      }),
    },
    { name: "nothing", input: "", want: "authres/no-id" },
    { name: "no authserv-id", input: "spf=pass; dkim=pass", want: "authres/separator" },
    { name: "Exchange Online's: nobody says who says it", input: exchange, want: "authres/separator" },
    {
      name: "Exchange Online's under a name: its action is no property",
      input: `mx.example.net; ${exchange}`,
      want: "authres/property",
    },
    { name: "only an authserv-id", input: "a.example", want: "authres/no-results" },
    { name: "only a separator", input: "a.example;", want: "authres/no-results" },
    { name: "none among others", input: "a.example; none; dkim=pass", want: "authres/none" },
    { name: "none behind others", input: "a.example; dkim=pass; none", want: "authres/result" },
    { name: "two reasons", input: "a.example; dkim=pass reason=a reason=b", want: "authres/property" },
    { name: "an unclosed comment", input: "a.example; dkim=pass (((", want: "authres/comment" },
    { name: "an unclosed quote", input: 'a.example; dkim=pass reason="x', want: "authres/value" },
    { name: "NUL", input: "a.example\u0000; dkim=pass", want: "authres/separator" },
    { name: "NUL in a value", input: "a.example; dkim=pass header.d=a\u0000b", want: "authres/property" },
    { name: "too long", input: `a.example; dkim=pass (${"x".repeat(40_000)})`, want: "authres/too-long" },
    { name: "too many results", input: `a.example${"; dkim=pass".repeat(101)}`, want: "authres/too-many" },
    { name: "too many properties", input: `a.example; dkim=pass${" a.b=c".repeat(51)}`, want: "authres/too-many" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    const parsed = parseAuthenticationResults(input);
    expect(parsed.ok ? parsed.value : parsed.code).toEqual(want);
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseAuthenticationResults(text)));
    const pieces = fc.constantFrom(
      "a.example",
      ";",
      " ",
      "(",
      ")",
      '"',
      "\\",
      "dkim",
      "=",
      "pass",
      ".",
      "@",
      "\r\n",
      "none",
      "/1",
      "é",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => void parseAuthenticationResults(parts.join(""))),
    );
  });

  test("linear: deep nesting and long runs are read at once", () => {
    const text = `a.example; dkim=pass ${"(".repeat(16_000)}${")".repeat(16_000)}`;
    const took = stopwatch();
    expect(parseAuthenticationResults(text).ok).toBe(true);
    expect(took()).toBeLessThan(200);
  });
});

describe("format", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((name) => name !== "none" && name !== "reason");
  // What a field can say: anything but control characters.
  const value = fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !/[\u0000-\u001f\u007f]/.test(text));
  const method: fc.Arbitrary<AuthenticationMethod> = fc.record({
    method: word.filter((name) => !["dkim", "spf", "dmarc"].includes(name)),
    version: fc.integer({ min: 0, max: 9_999 }),
    result: word,
    reason: fc.option(value),
    properties: fc.array(fc.record({ type: word, name: word, value }), { maxLength: 4 }),
  });
  const field = fc.record({
    authservId: value.filter((text) => text !== ""),
    version: fc.integer({ min: 0, max: 9_999 }),
    results: fc.array(method, { maxLength: 4 }),
  });

  test("what it writes is read as it was", () => {
    fc.assert(
      fc.property(field, fc.constantFrom(" ", "\r\n\t"), (field, fold) => {
        expect(parseAuthenticationResults(formatAuthenticationResults(field, fold))).toEqual({
          ok: true,
          value: field,
        });
      }),
    );
  });

  test("no value breaks out of its field", () => {
    const hostile = 'x"; dkim=pass\r\nSubject: y';
    const text = formatAuthenticationResults({
      authservId: hostile,
      version: 1,
      results: [
        {
          method: "spf",
          version: 1,
          result: "fail",
          reason: hostile,
          properties: [{ type: "smtp", name: "helo", value: hostile }],
        },
      ],
    });
    expect(text).not.toMatch(/[\r\n]/);
    const parsed = parseAuthenticationResults(text);
    expect(parsed.ok && parsed.value.results.map(({ method, result }) => `${method}=${result}`)).toEqual(["spf=fail"]);
  });
});
