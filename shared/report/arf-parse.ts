// Abuse reports (ARF), untrusted mail to typed. RFC 5965; RFC 6591 for authentication failures.
// Known gaps: the text part for people is not kept; Content-Transfer-Encoding of the report part other than 7bit, 8bit
// or binary is refused, as RFC 5965 section 2 writes plain text.
import { bytesFromString, decodeUtf8, stringFromBytes } from "../encoding/bytes.ts";
import type { HeaderField } from "../header/field.ts";
import { splitMessage } from "../header/split.ts";
import { limits } from "../limits.ts";
import { parseMailDate } from "../received/date.ts";
import { parseIpAddress } from "../received/ip.ts";
import { ok, perm, type Result } from "../result.ts";
import type { AbuseReport, ReportedOriginal } from "./arf-types.ts";
import { parseContentType } from "../mime/content-type.ts";
import { splitParts } from "../mime/multipart.ts";

type Fields = readonly HeaderField[];

function values(fields: Fields, name: string): readonly string[] {
  const found = fields.filter((field) => field.name.toLowerCase() === name);
  return found.map(({ value }) => decodeUtf8(value.replaceAll(/\r?\n/g, "").replaceAll(/\s+/g, " ").trim()));
}

function value(fields: Fields, name: string): string | null {
  return values(fields, name)[0] ?? null;
}

function withoutAngles(address: string): string {
  return address.replace(/^<(.*)>$/, "$1");
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

interface Part {
  readonly type: string;
  readonly fields: Fields;
  readonly content: string;
}

/** One part taken apart; null where its header can't be read. A part may begin with the empty line: no header. */
function readPart(text: string): Part | null {
  const split = splitMessage(bytesFromString(text));
  if (!split.ok) return null;
  const { fields, body } = split.value;
  const type = parseContentType(fields.find(({ name }) => name.toLowerCase() === "content-type")?.value ?? "").type;
  return { type, fields, content: stringFromBytes(body) };
}

/** RFC 5965 section 2: the third part is the mail, or its header. */
function readOriginal(parts: readonly Part[]): ReportedOriginal | null {
  const message = parts.find(({ type }) => type === "message/rfc822");
  if (message !== undefined) return { kind: "message", text: message.content };
  const headers = parts.find(({ type }) => type === "text/rfc822-headers");
  return headers === undefined ? null : { kind: "headers", text: headers.content };
}

function readReport(fields: Fields, original: ReportedOriginal | null): Result<AbuseReport> {
  const feedbackType = value(fields, "feedback-type");
  if (feedbackType === null || feedbackType === "") return perm("arf/no-type", "no Feedback-Type");
  const arrived = value(fields, "arrival-date") ?? value(fields, "received-date");
  const mailFrom = value(fields, "original-mail-from");
  const sourceIp = value(fields, "source-ip")?.split(" ", 1)[0];
  return ok({
    feedbackType: feedbackType.toLowerCase(),
    userAgent: value(fields, "user-agent"),
    version: wholeNumber(value(fields, "version")),
    arrivedAt: arrived === null ? null : parseMailDate(arrived),
    incidents: wholeNumber(value(fields, "incidents")) ?? 1,
    originalEnvelopeId: value(fields, "original-envelope-id"),
    originalMailFrom: mailFrom === null ? null : withoutAngles(mailFrom),
    originalRecipients: values(fields, "original-rcpt-to").map(withoutAngles),
    reportingMta: value(fields, "reporting-mta")?.replace(/^[^;]*;\s*/, "") ?? null,
    sourceIp: sourceIp === undefined ? null : parseIpAddress(sourceIp),
    authenticationResults: values(fields, "authentication-results"),
    reportedDomains: values(fields, "reported-domain"),
    reportedUris: values(fields, "reported-uri"),
    authFailure: value(fields, "auth-failure")?.toLowerCase() ?? null,
    dkimDomain: value(fields, "dkim-domain"),
    dkimIdentity: value(fields, "dkim-identity"),
    dkimSelector: value(fields, "dkim-selector"),
    original,
  });
}

/** Parses a whole mail that is an abuse report. Fails with `arf/…`, or as splitMessage does. */
export function parseArf(raw: Uint8Array): Result<AbuseReport> {
  if (raw.length > limits.arfBytes) return perm("arf/too-long", `${raw.length} bytes`);
  const whole = readPart(stringFromBytes(raw));
  if (whole === null) return perm("arf/header", "the mail's header can't be read");
  const written = whole.fields.find(({ name }) => name.toLowerCase() === "content-type")?.value ?? "";
  const { type, parameters } = parseContentType(written);
  if (type !== "multipart/report") return perm("arf/type", "not multipart/report");
  const kind = parameters.get("report-type")?.toLowerCase();
  if (kind !== undefined && kind !== "feedback-report") return perm("arf/type", "not report-type=feedback-report");
  const texts = splitParts(whole.content, parameters.get("boundary") ?? "", limits.arfParts);
  const parts = texts.map(readPart).filter((part) => part !== null);
  const reports = parts.filter((part) => part.type === "message/feedback-report");
  const [report] = reports;
  // RFC 5965 section 2 (d): exactly one.
  if (report === undefined || reports.length > 1) return perm("arf/no-report", `${reports.length} feedback reports`);
  const encoding = value(report.fields, "content-transfer-encoding")?.toLowerCase() ?? "7bit";
  if (!["7bit", "8bit", "binary"].includes(encoding)) return perm("arf/encoding", `encoded as ${encoding}`);
  const body = readPart(`${report.content.replace(/^(?:[ \t]*\r?\n)+/, "")}\r\n`);
  return body === null ? perm("arf/fields", "the report can't be read") : readReport(body.fields, readOriginal(parts));
}
