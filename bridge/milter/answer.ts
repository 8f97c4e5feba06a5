// What the pipeline decided, as milter packets: all of one decision's in one string, for one write.
import type { HeaderEdit, Outcome, Reply } from "../pipeline/mail.ts";
import type { Agreement } from "./negotiate.ts";
import { formatLong, formatPacket } from "./packet.ts";
import { responses } from "./protocol.ts";

/** How a mail is answered that a bug of ours kept from being looked at (config `on_failure`). */
export type FailureAnswer = "tempfail" | "accept" | "reject";

/** "Go on"; at the end of a message: deliver it. */
export const continueAnswer = formatPacket(responses.continue, "");
/** "Still at work, keep waiting." */
export const progressAnswer = formatPacket(responses.progress, "");

/** Longest text of a reply: one SMTP line has 512 octets (RFC 5321 section 4.5.3.1.5), codes and room for the MTA taken off. */
const replyTextUnits = 400;

/** A reply as one line of ASCII. "%" is doubled: Sendmail takes the text for a format. */
export function formatReply(reply: Reply): string {
  const text = reply.text
    .slice(0, replyTextUnits)
    .replace(/[^\x20-\x7e]/g, "?")
    .replaceAll("%", "%%");
  return formatPacket(responses.reply, `${reply.code} ${reply.enhanced} ${text}\0`);
}

function formatEdit(edit: HeaderEdit, leadingSpace: boolean): string {
  if (edit.kind === "delete") {
    return formatPacket(responses.changeHeader, `${formatLong(edit.instance)}${edit.name}\0\0`);
  }
  // Milters fold by LF alone. A line that does not begin with WSP would be a field of its own, a NUL the end: our
  // formatters write neither.
  const value = edit.value.replace(/\r\n/g, "\n");
  if (/[\0\r]|\n(?![ \t])/.test(value) || !/^[\x21-\x39\x3b-\x7e]+$/.test(edit.name)) {
    throw new Error(`a malformed value for ${JSON.stringify(edit.name)}`);
  }
  const bare = value.startsWith(" ") ? value.slice(1) : value;
  const payload = `${edit.name}\0${leadingSpace ? " " : ""}${bare}\0`;
  return edit.kind === "insert"
    ? formatPacket(responses.insertHeader, formatLong(edit.index) + payload)
    : formatPacket(responses.changeHeader, formatLong(edit.instance) + payload);
}

/** The answer to an end of message: edits, then the decision. */
export function formatOutcome(outcome: Outcome, agreement: Agreement): string {
  const edits = (): string => outcome.edits.map((edit) => formatEdit(edit, agreement.leadingSpace)).join("");
  switch (outcome.action) {
    case "accept":
      return edits() + continueAnswer;
    case "quarantine": {
      const reason = (outcome.reply?.text ?? "policy").replace(/[^\x20-\x7e]/g, "?");
      return (
        edits() + (agreement.mayQuarantine ? formatPacket(responses.quarantine, `${reason}\0`) : "") + continueAnswer
      );
    }
    case "reject":
      return outcome.reply === null ? formatPacket(responses.reject, "") : formatReply(outcome.reply);
    case "tempfail":
      return outcome.reply === null ? formatPacket(responses.tempfail, "") : formatReply(outcome.reply);
    case "discard":
      return formatPacket(responses.discard, "");
  }
}

/** The answer to a recipient or an end of message after a bug of ours. */
export function formatFailure(answer: FailureAnswer): string {
  switch (answer) {
    case "tempfail":
      return formatReply({ code: 451, enhanced: "4.3.0", text: "Mail filter out of order, please try again later" });
    case "accept":
      return continueAnswer;
    case "reject":
      return formatReply({ code: 554, enhanced: "5.3.0", text: "Mail filter out of order" });
  }
}
