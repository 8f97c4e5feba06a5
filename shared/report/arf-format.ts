// Abuse reports (ARF), typed to mail: what a sender's feedback loop gets beside our own report. RFC 5965 section 2.
import { bytesFromString, concatBytes, encodeUtf8 } from "../encoding/bytes.ts";
import type { AbuseReport } from "./arf-types.ts";

/** What a report to be sent says. */
export interface ArfDraft {
  /** Header of the mail that carries it: addresses, Date and Message-ID are the caller's. */
  readonly header: readonly (readonly [name: string, value: string])[];
  /** The part for people. */
  readonly text: string;
  readonly report: AbuseReport;
  /** 1 to 70 letters and digits, random. */
  readonly boundary: string;
}

/** One line: no line ends or control characters, whatever the value held. */
function line(name: string, text: string): string {
  return `${name}: ${text.replaceAll(/[\u0000-\u001f\u007f]+/g, " ").trim()}`;
}

function mailDate(unixSeconds: number): string {
  return new Date(unixSeconds * 1_000).toUTCString().replace("GMT", "+0000");
}

function reportLines(report: AbuseReport): string[] {
  const angled = (address: string): string => `<${address}>`;
  const rows: [name: string, text: string | null][] = [
    ["Feedback-Type", report.feedbackType],
    ["User-Agent", report.userAgent ?? "Waybill/1"],
    ["Version", String(report.version ?? 1)],
    ["Original-Envelope-Id", report.originalEnvelopeId],
    ["Original-Mail-From", report.originalMailFrom === null ? null : angled(report.originalMailFrom)],
    ...report.originalRecipients.map((address): [string, string] => ["Original-Rcpt-To", angled(address)]),
    ["Arrival-Date", report.arrivedAt === null ? null : mailDate(report.arrivedAt)],
    ["Reporting-MTA", report.reportingMta === null ? null : `dns; ${report.reportingMta}`],
    ["Source-IP", report.sourceIp],
    ["Incidents", report.incidents === 1 ? null : String(report.incidents)],
    ...report.authenticationResults.map((text): [string, string] => ["Authentication-Results", text]),
    ...report.reportedDomains.map((text): [string, string] => ["Reported-Domain", text]),
    ...report.reportedUris.map((text): [string, string] => ["Reported-URI", text]),
    ["Auth-Failure", report.authFailure],
    ["DKIM-Domain", report.dkimDomain],
    ["DKIM-Identity", report.dkimIdentity],
    ["DKIM-Selector", report.dkimSelector],
  ];
  return rows.flatMap(([name, text]) => (text === null ? [] : [line(name, text)]));
}

/** The whole mail, CRLF line ends. Throws where the boundary stands in what it bounds: draw another. */
export function formatArf({ header, text, report, boundary }: ArfDraft): Uint8Array {
  if (!/^[A-Za-z0-9]{1,70}$/.test(boundary)) throw new RangeError("a boundary is 1 to 70 letters and digits");
  const { original } = report;
  const fields = reportLines(report).join("\r\n");
  if ([text, fields, original?.text ?? ""].some((body) => body.includes(`--${boundary}`))) {
    throw new RangeError("the boundary stands in a part");
  }
  const head = [
    ...header.map(([name, value]) => line(name, value)),
    "MIME-Version: 1.0",
    `Content-Type: multipart/report; report-type=feedback-report; boundary="${boundary}"`,
    "",
    `--${boundary}`,
    "Content-Type: text/plain; charset=utf-8",
    "",
    text,
    `--${boundary}`,
    "Content-Type: message/feedback-report",
    "",
    fields,
    "",
  ].join("\r\n");
  const type = original?.kind === "headers" ? "text/rfc822-headers" : "message/rfc822";
  const third = original === null ? "" : `--${boundary}\r\nContent-Type: ${type}\r\n\r\n`;
  return concatBytes(
    encodeUtf8(`${head}${third}`),
    bytesFromString(original === null ? "" : `${original.text}\r\n`),
    encodeUtf8(`--${boundary}--\r\n`),
  );
}
