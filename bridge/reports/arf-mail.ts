// A complaint as a feedback report by mail, where the mail's sender asks for one (RFC 9477) or a feedback loop is agreed
// with his domain. RFC 5965. The third part has only what names the mail to its sender (RFC 9477 section 3.5): Message-ID,
// and its own CFBL-Feedback-ID, or `tok` where it has none. The rest of the mail would name the reader.
import type { FeedbackLoop } from "../../shared/cfbl/loop.ts";
import type { Complaint } from "../../shared/report/complaint.ts";
import { formatArf } from "../../shared/report/arf-format.ts";
import type { StoredSignal } from "../store/signals.ts";

/** What the mail will say; kept as JSON in the queue. */
export interface ArfPayload {
  readonly to: string;
  /** The mail's CFBL-Feedback-ID; where it has none, its token. */
  readonly feedbackId: string;
  readonly code: string;
  readonly actual: string | null;
  readonly messageId: string | null;
  readonly mailFrom: string;
  readonly domain: string;
  readonly arrivedAt: number;
  readonly sourceIp: string | null;
  readonly reportingMta: string;
}

/** RFC 5965 section 7.3's types. */
const feedbackTypes: Readonly<Record<Complaint["code"], "abuse" | "fraud" | "virus" | "other">> = {
  misrepresented: "abuse",
  unsolicited: "abuse",
  phishing: "fraud",
  malware: "virus",
  "wrong-recipient": "other",
};

/** What to keep of the mail for the report. */
export function arfPayload(about: {
  readonly loop: FeedbackLoop;
  readonly signal: StoredSignal;
  readonly token: string;
  readonly complaint: Complaint;
}): ArfPayload {
  const { loop, signal, token, complaint } = about;
  return {
    to: loop.address,
    feedbackId: loop.id ?? token,
    code: complaint.code,
    actual: complaint.actual,
    messageId: signal.messageId,
    mailFrom: signal.envelopeFrom,
    domain: signal.finding.signer?.domain ?? "",
    arrivedAt: signal.at,
    sourceIp: signal.signal.ip,
    reportingMta: signal.signal.by,
  };
}

/** The whole mail. `from`: the bridge's own address; `boundary`: random letters and digits. */
export function formatArfMail(payload: ArfPayload, from: string, now: number, boundary: string): Uint8Array {
  const { to, feedbackId, code, actual, messageId, mailFrom, domain, arrivedAt, sourceIp, reportingMta } = payload;
  const really = actual === null ? "" : ` The reader says that it really is: ${actual}.`;
  const line = (text: string): string => text.replaceAll(/[^ -~]+/g, " ").trim();
  const headers = [
    `CFBL-Feedback-ID: ${line(feedbackId)}`,
    ...(messageId === null ? [] : [`Message-ID: ${line(messageId)}`]),
  ];
  return formatArf({
    header: [
      ["From", `<${from}>`],
      ["To", `<${to}>`],
      ["Subject", `Complaint about a mail of ${domain}: ${code}`],
      ["Date", new Date(now * 1_000).toUTCString().replace("GMT", "+0000")],
      ["Message-ID", `<${boundary}@${reportingMta}>`],
      ["Auto-Submitted", "auto-generated"],
    ],
    text: `A reader of a mail that ${domain} declared complained: ${code}.${really}\r\n`,
    boundary,
    report: {
      feedbackType: feedbackTypes[code as Complaint["code"]] ?? "other",
      userAgent: "Waybill/1",
      version: 1,
      arrivedAt,
      incidents: 1,
      originalEnvelopeId: null,
      originalMailFrom: mailFrom === "" ? null : mailFrom,
      originalRecipients: [],
      reportingMta,
      sourceIp,
      authenticationResults: [],
      reportedDomains: [domain],
      reportedUris: [],
      authFailure: null,
      dkimDomain: null,
      dkimIdentity: null,
      dkimSelector: null,
      original: { kind: "headers", text: `${headers.join("\r\n")}\r\n` },
    },
  });
}
