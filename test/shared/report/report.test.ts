import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import { bindRecipients } from "../../../shared/ipp/recipients.ts";
import { checkToken, issueToken } from "../../../shared/ipp/token.ts";
import { blindRecipient } from "../../../shared/report/blind.ts";
import { parseComplaint } from "../../../shared/report/complaint.ts";
import {
  formatReport,
  isAttested,
  isReportInTime,
  parseReport,
  reportClaims,
  type Report,
} from "../../../shared/report/report.ts";

describe("parseComplaint", () => {
  const rows: { name: string; input: unknown; want: unknown }[] = [
    {
      name: "all of it",
      input: { ref: "abc_-1", code: "misrepresented", actual: "marketing", tellSender: true },
      want: { ref: "abc_-1", code: "misrepresented", actual: "marketing", tellSender: true },
    },
    {
      name: "nothing of the sender without a yes",
      input: { ref: "a", code: "phishing" },
      want: { ref: "a", code: "phishing", actual: null, tellSender: false },
    },
    { name: "an unknown code", input: { ref: "a", code: "boring" }, want: "complaint/shape" },
    { name: "no ref", input: { code: "phishing" }, want: "complaint/shape" },
    { name: "a ref that is a path", input: { ref: "../x", code: "phishing" }, want: "complaint/shape" },
    { name: "a ref that is long", input: { ref: "a".repeat(65), code: "phishing" }, want: "complaint/shape" },
    { name: "a yes that is none", input: { ref: "a", code: "phishing", tellSender: "yes" }, want: "complaint/shape" },
    {
      name: "actual with another code",
      input: { ref: "a", code: "phishing", actual: "marketing" },
      want: "complaint/actual",
    },
    {
      name: "an actual that is no purpose",
      input: { ref: "a", code: "misrepresented", actual: "A\r\nB" },
      want: "complaint/actual",
    },
    { name: "null", input: null, want: "complaint/shape" },
    { name: "text", input: "hello", want: "complaint/shape" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    const parsed = parseComplaint(input);
    expect(parsed.ok ? parsed.value : parsed.code).toEqual(want);
  });
  test("never throws", () => {
    fc.assert(fc.property(fc.anything(), (value) => void parseComplaint(value)));
  });
});

const report: Report = {
  address: "billing@bank.example",
  purpose: "transactional.invoice",
  classification: "individual",
  signedAt: 1_795_352_531,
  rh: ["A".repeat(22)],
  rd: ["B".repeat(22)],
  blinded: "C".repeat(43),
  actual: "marketing",
};

describe("parseReport", () => {
  const text = formatReport(report);
  const rows: { name: string; input: string; want: unknown }[] = [
    { name: "what format writes", input: text, want: report },
    {
      name: "without what may be absent",
      input: formatReport({ ...report, classification: null, actual: null }),
      want: { ...report, classification: null, actual: null },
    },
    { name: "members nobody knows", input: text.replace("{", '{"x":[1],'), want: report },
    { name: "a member twice", input: text.replace("{", '{"t":1,'), want: "ijson/duplicate" },
    { name: "a binding of another length", input: text.replace("AAAA", "AAA"), want: "report/shape" },
    { name: "d not of i", input: text.replace('"d":"bank', '"d":"other'), want: "report/shape" },
    { name: "no address", input: text.replace("billing@", ""), want: "report/shape" },
    { name: "no purpose", input: text.replace("transactional.invoice", "Invoice"), want: "report/shape" },
    { name: "a blinded reader of another length", input: text.replace("CC", ""), want: "report/shape" },
    { name: "a time that is none", input: text.replace("1795352531", "1.5"), want: "report/shape" },
    {
      name: "too many recipients",
      input: formatReport({ ...report, rh: Array.from({ length: 101 }, () => "A".repeat(22)) }),
      want: "report/shape",
    },
    { name: "too long", input: `${text}${" ".repeat(20_000)}`, want: "ijson/too-long" },
    { name: "nothing", input: "", want: "ijson/syntax" },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    const parsed = parseReport(input);
    expect(parsed.ok ? parsed.value : parsed.code).toEqual(want);
  });
  test("never throws", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void parseReport(JSON.stringify(value))));
  });
});

test("a report's token is checked by what the report says, and the mail's recipients' domains attest", async () => {
  const nonce = new Uint8Array(12).fill(3);
  const key = { id: 1, secret: new Uint8Array(32).fill(9) };
  const bindings = await bindRecipients(nonce, ["reader@example.net"], webCrypto);
  const sent: Report = { ...report, ...bindings };
  const token = await issueToken(reportClaims(sent), key, nonce, webCrypto);
  const check = async (claimed: Report) =>
    await checkToken({ token, keys: [key], claims: reportClaims(claimed), crypto: webCrypto });
  expect((await check(sent)).ok).toBe(true);
  expect((await check({ ...sent, purpose: "newsletter" })).ok).toBe(false);
  expect((await check({ ...sent, rd: ["B".repeat(22)] })).ok).toBe(false);
  expect((await check({ ...sent, address: "billing@other.example" })).ok).toBe(false);
  expect(await isAttested(sent, token, "example.net", webCrypto)).toBe(true);
  expect(await isAttested(sent, token, "evil.example", webCrypto)).toBe(false);
  expect(await isAttested(sent, "made up", "example.net", webCrypto)).toBe(false);
});

test("a report counts for 60 days", () => {
  expect(isReportInTime(report, report.signedAt)).toBe(true);
  expect(isReportInTime(report, report.signedAt + 60 * 86_400)).toBe(true);
  expect(isReportInTime(report, report.signedAt + 60 * 86_400 + 1)).toBe(false);
  expect(isReportInTime(report, report.signedAt - 301)).toBe(false);
});

test("a reader is the same within one mail, another in another", async () => {
  const key = new Uint8Array(32).fill(1);
  const blind = async (token: string, recipient: string, secret = key) =>
    await blindRecipient(secret, token, recipient, webCrypto);
  const one = await blind("t1", "Reader@example.net");
  expect(one).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(await blind("t1", "reader@example.net")).toBe(one);
  expect(await blind("t2", "reader@example.net")).not.toBe(one);
  expect(await blind("t1", "other@example.net")).not.toBe(one);
  expect(await blind("t1", "reader@example.net", new Uint8Array(32))).not.toBe(one);
});
