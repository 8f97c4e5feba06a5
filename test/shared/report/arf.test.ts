import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesFromString, encodeUtf8, stringFromBytes } from "../../../shared/encoding/bytes.ts";
import { formatArf } from "../../../shared/report/arf-format.ts";
import { parseArf } from "../../../shared/report/arf-parse.ts";
import type { AbuseReport } from "../../../shared/report/arf-types.ts";
import { parseContentType } from "../../../shared/mime/content-type.ts";
import { splitParts } from "../../../shared/mime/multipart.ts";
import { hasVectors, readVectors } from "../vectors.ts";

interface Expected {
  readonly feedback_type: string;
  readonly arrival_date: number | null;
  readonly authentication_results: readonly string[];
  readonly incidents: number;
  readonly original_envelope_id: string | null;
  readonly original_mail_from: string | null;
  readonly original_rcpt_to: string | null;
  readonly reported_domain: readonly string[];
  readonly reported_uri: readonly string[];
  readonly reporting_mta: string | null;
  readonly source_ip: string | null;
  readonly user_agent: string | null;
  readonly version: number;
  readonly auth_failure: string;
  readonly dkim_domain: string | null;
  readonly dkim_identity: string | null;
  readonly dkim_selector: string | null;
  readonly headers: string | null;
}

const unfolded = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
const bare = (address: string | null): string | null => address?.replace(/^<(.*)>$/, "$1") ?? null;

describe.skipIf(!hasVectors("arf/001.eml"))("mail-auth's reports (left out where ../shared/vectors is absent)", () => {
  test.each(["001", "002", "003", "004", "005"])("%s", (name) => {
    const want = JSON.parse(readVectors(`arf/${name}.json`)) as Expected;
    const parsed = parseArf(encodeUtf8(readVectors(`arf/${name}.eml`)));
    if (!parsed.ok) throw new Error(parsed.detail);
    const got = parsed.value;
    expect({
      feedback_type: got.feedbackType.replaceAll("-", ""),
      arrival_date: got.arrivedAt,
      authentication_results: got.authenticationResults,
      incidents: got.incidents,
      original_envelope_id: got.originalEnvelopeId,
      original_mail_from: got.originalMailFrom,
      original_rcpt_to: got.originalRecipients[0] ?? null,
      reported_domain: got.reportedDomains,
      reported_uri: got.reportedUris,
      reporting_mta: got.reportingMta,
      source_ip: got.sourceIp,
      user_agent: got.userAgent,
      version: got.version,
      auth_failure: got.authFailure ?? "unspecified",
      dkim_domain: got.dkimDomain,
      dkim_identity: got.dkimIdentity,
      dkim_selector: got.dkimSelector,
    }).toEqual({
      feedback_type: want.feedback_type.toLowerCase(),
      arrival_date: want.arrival_date,
      authentication_results: want.authentication_results.map(unfolded),
      incidents: want.incidents,
      original_envelope_id: want.original_envelope_id,
      original_mail_from: bare(want.original_mail_from),
      original_rcpt_to: bare(want.original_rcpt_to),
      reported_domain: want.reported_domain,
      reported_uri: want.reported_uri,
      reporting_mta: want.reporting_mta,
      source_ip: want.source_ip,
      user_agent: want.user_agent,
      version: want.version,
      auth_failure: want.auth_failure.toLowerCase(),
      dkim_domain: want.dkim_domain,
      dkim_identity: want.dkim_identity,
      dkim_selector: want.dkim_selector,
    });
    if (want.headers !== null) {
      expect(got.original?.kind).toBe("headers");
      expect(unfolded(got.original?.text ?? "")).toBe(unfolded(want.headers));
    }
  });
});

const empty: AbuseReport = {
  feedbackType: "abuse",
  userAgent: "Waybill/1",
  version: 1,
  arrivedAt: null,
  incidents: 1,
  originalEnvelopeId: null,
  originalMailFrom: null,
  originalRecipients: [],
  reportingMta: null,
  sourceIp: null,
  authenticationResults: [],
  reportedDomains: [],
  reportedUris: [],
  authFailure: null,
  dkimDomain: null,
  dkimIdentity: null,
  dkimSelector: null,
  original: null,
};
const draft = { header: [["From", "a@b.example"]] as [string, string][], text: "A reader says so.", boundary: "b7Q" };

describe("refused", () => {
  const mail = (type: string, body = ""): Uint8Array =>
    encodeUtf8(`From: a@b.example\r\nContent-Type: ${type}\r\n\r\n${body}`);
  const part = "--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n";
  const rows: { name: string; input: Uint8Array; want: string }[] = [
    { name: "no mail", input: encodeUtf8("hello"), want: "arf/header" },
    { name: "another type", input: mail("text/plain"), want: "arf/type" },
    {
      name: "another report",
      input: mail("multipart/report; report-type=delivery-status; boundary=x", part),
      want: "arf/type",
    },
    { name: "no boundary", input: mail("multipart/report; report-type=feedback-report", part), want: "arf/no-report" },
    {
      name: "no report part",
      input: mail("multipart/report; boundary=x", "--x\r\n\r\nhello\r\n--x--"),
      want: "arf/no-report",
    },
    { name: "two reports", input: mail("multipart/report; boundary=x", part + part), want: "arf/no-report" },
    {
      name: "no Feedback-Type",
      input: mail("multipart/report; boundary=x", part.replace("Feedback-Type", "X")),
      want: "arf/no-type",
    },
    {
      name: "base64",
      input: mail(
        "multipart/report; boundary=x",
        part.replace("report\r\n", "report\r\nContent-Transfer-Encoding: base64\r\n"),
      ),
      want: "arf/encoding",
    },
    { name: "too long", input: new Uint8Array(1_048_577), want: "arf/too-long" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    const parsed = parseArf(input);
    expect(parsed.ok ? null : parsed.code).toBe(want);
  });
  test("never throws", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseArf(bytes)));
    const pieces = fc.constantFrom(
      "--x",
      "--x--",
      "\r\n",
      "\n",
      "a: b",
      "Content-Type: message/feedback-report",
      " ",
      "(",
      '"',
    );
    fc.assert(
      fc.property(fc.array(pieces), (parts) => void parseArf(mail("multipart/report; boundary=x", parts.join("")))),
    );
  });
});

describe("format", () => {
  const word = fc.stringMatching(/^[a-z0-9.-]{1,12}$/);
  const maybe = fc.option(word);
  const report: fc.Arbitrary<AbuseReport> = fc.record({
    feedbackType: word,
    userAgent: word,
    version: fc.integer({ min: 1, max: 9 }),
    arrivedAt: fc.option(fc.integer({ min: 0, max: 4_000_000_000 })),
    incidents: fc.integer({ min: 1, max: 999 }),
    originalEnvelopeId: maybe,
    originalMailFrom: fc.option(word.map((name) => `${name}@example.org`)),
    originalRecipients: fc.array(word, { maxLength: 3 }),
    reportingMta: maybe,
    sourceIp: fc.option(fc.ipV4()),
    authenticationResults: fc.array(word, { maxLength: 2 }),
    reportedDomains: fc.array(word, { maxLength: 2 }),
    reportedUris: fc.array(word, { maxLength: 2 }),
    authFailure: maybe,
    dkimDomain: maybe,
    dkimIdentity: maybe,
    dkimSelector: maybe,
    original: fc.option(
      fc.record({
        kind: fc.constantFrom("message" as const, "headers" as const),
        text: fc.constant("From: \u00e9\r\n\r\nhi\r\n"),
      }),
    ),
  });
  test("what it writes is read as it was", () => {
    fc.assert(
      fc.property(report, (report) => {
        expect(parseArf(formatArf({ ...draft, report }))).toEqual({ ok: true, value: report });
      }),
    );
  });
  test("no value adds a field or a part", () => {
    const hostile = "x\r\nReported-Domain: evil.example\r\n\r\n--b7";
    const parsed = parseArf(formatArf({ ...draft, report: { ...empty, userAgent: hostile, reportedUris: [hostile] } }));
    expect(parsed.ok && parsed.value.reportedDomains).toEqual([]);
    const original = { kind: "headers", text: "Subject: --b7Q\r\n" } as const;
    expect(() => formatArf({ ...draft, report: { ...empty, original } })).toThrow("boundary");
  });
});

describe("MIME", () => {
  test.each([
    { input: 'multipart/Report; Boundary="a\\"b"; x=y', type: "multipart/report", boundary: 'a"b' },
    { input: " text/plain ;\r\n boundary=abc", type: "text/plain", boundary: "abc" },
    { input: "multipart/mixed; boundary=a; boundary=b", type: "multipart/mixed", boundary: "a" },
    { input: "nonsense", type: "text/plain", boundary: undefined },
    { input: "", type: "text/plain", boundary: undefined },
  ])("$input", ({ input, type, boundary }) => {
    const parsed = parseContentType(input);
    expect([parsed.type, parsed.parameters.get("boundary")]).toEqual([type, boundary]);
  });
  test("parts", () => {
    expect(splitParts("pre\r\n--x\r\na\r\n--x  \r\nb\n--xy\n--x--\r\npost", "x", 9)).toEqual(["a", "b\n--xy"]);
    expect(splitParts("--x\na\n--x\nb", "x", 9)).toEqual(["a", "b"]);
    expect(splitParts("--x\na\n--x\nb\n--x\nc", "x", 2)).toEqual(["a", "b"]);
    expect(splitParts("--x\na", "", 9)).toEqual([]);
  });
});

test("octets of the original stay what they were", () => {
  const original = { kind: "message", text: stringFromBytes(Uint8Array.of(65, 58, 0xc3, 0xa9, 0xff)) } as const;
  const parsed = parseArf(formatArf({ ...draft, report: { ...empty, original } }));
  expect(parsed.ok && bytesFromString(parsed.value.original?.text ?? "")).toEqual(
    Uint8Array.of(65, 58, 0xc3, 0xa9, 0xff),
  );
});
