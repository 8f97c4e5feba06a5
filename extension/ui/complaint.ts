// What a reader can say about a mail, as data: the choices of the complaint step, and how a complaint stands afterwards.
import type { ComplaintCode } from "../../shared/ipp/registry.ts";
import type { Phrase } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";
import { codeWords } from "./code-words.ts";

/** One answer to "What is it really?". */
export interface ComplaintChoice {
  readonly id: string;
  readonly label: Phrase;
  readonly code: ComplaintCode;
  /** With `misrepresented`: the purpose the reader says it has. */
  readonly actual: string | null;
}

/** What the reader decided in the complaint step. */
export interface ComplaintOrder {
  readonly code: ComplaintCode;
  readonly actual: string | null;
  /** Only ever true where the sender's side can be told; where a report names the reader, only after his yes. */
  readonly tellSender: boolean;
  readonly moveToJunk: boolean;
  readonly unsubscribe: boolean;
}

/** Who hears a complaint made here: one's own provider as a known reader, as anybody, or nobody. */
export type Channel = "paired" | "unpaired" | "none";

/** A complaint that was made. Times are Unix seconds. */
export interface ReportedComplaint {
  readonly code: ComplaintCode;
  readonly actual: string | null;
  readonly at: number;
  /** Until when it can be taken back; past: that time ran out while this was shown; null: no longer. */
  readonly undoUntil: number | null;
  readonly state: "pending" | "queued" | "counted" | "local";
}

/** How the complaint about the shown mail stands. */
export type ComplaintState =
  | { readonly kind: "none" }
  | { readonly kind: "sending" }
  | { readonly kind: "undoing" }
  | { readonly kind: "failed"; readonly code: string }
  /** Taken back; `inJunk`: the mail itself still lies where it was moved with the report. */
  | { readonly kind: "undone"; readonly inJunk: boolean }
  | { readonly kind: "reported"; readonly complaint: ReportedComplaint }
  /** It was to be taken back, and that did not work: it stands. `code`: why. */
  | { readonly kind: "stands"; readonly code: string; readonly complaint: ReportedComplaint };

/** First labels of the purposes a mail may really have, in the order in which readers meet them. */
const otherPurposes = [
  "newsletter",
  "notification",
  "transactional",
  "account",
  "discussion",
  "personal",
  "political",
  "automated",
  "report",
] as const;

function choice(id: string, code: ComplaintCode, actual: string | null = null): ComplaintChoice {
  return { id, label: phrase(`ui_choice_${id}`), code, actual };
}

/** The answers offered for a mail that declares `declared` (null: nothing); what it already says is not among them. */
export function complaintChoices(declared: string | null): readonly ComplaintChoice[] {
  const claimed = declared?.split(".")[0] ?? null;
  const advertising = choice("advertising", "misrepresented", "marketing");
  return [
    ...(claimed === "marketing" ? [] : [advertising]),
    choice(claimed === "newsletter" ? "newsletter" : "unsolicited", "unsolicited"),
    choice("cheat", "phishing"),
    choice("attachment", "malware"),
    choice("somebody", "wrong-recipient"),
  ];
}

/** Purposes for "Something else", without the one it declares and the one that is a choice of its own. */
export function otherChoices(declared: string | null): readonly ComplaintChoice[] {
  const claimed = declared?.split(".")[0] ?? null;
  return otherPurposes
    .filter((purpose) => purpose !== claimed)
    .map((purpose) => ({
      id: `other_${purpose}`,
      label: phrase(`ui_kind_${purpose}`),
      code: "misrepresented" as const,
      actual: purpose,
    }));
}

/** What was reported, in words: "advertising", "an attempt to cheat". */
export function reportedAs(complaint: Pick<ReportedComplaint, "code" | "actual">): Phrase {
  if (complaint.code === "misrepresented" && complaint.actual !== null)
    return phrase(`ui_kind_${complaint.actual.split(".")[0] ?? ""}`);
  return phrase(`ui_reported_${complaint.code.replace("-", "_")}`);
}

/** What the reader is told, before he reports, about who learns what (panel.md point 6). */
export function consequence(reach: {
  readonly channel: Channel;
  readonly reach: "sender" | "provider";
  readonly namesReader: boolean;
  readonly boundRecipients: number;
}): Phrase {
  if (reach.channel === "none") return phrase("ui_learns_nobody");
  if (reach.channel === "unpaired") return phrase("ui_learns_unpaired");
  if (reach.reach === "provider") return phrase("ui_learns_provider");
  if (reach.namesReader) return phrase("ui_learns_named");
  return phrase("ui_learns_counted", { count: String(reach.boundRecipients) });
}

/** Why it did not work; the code for what nobody can do anything about. */
export const failureText = codeWords(
  {
    "client/unreachable": "ui_report_failed",
    "complaints/already": "ui_report_already",
    "complaints/late": "ui_report_late",
    "api/too-often": "ui_report_often",
    "api/unauthorized": "ui_report_forgotten",
    "signals/unknown": "ui_report_unknown",
    "mail/gone": "ui_report_gone",
  },
  "ui_report_refused",
);

/** Why taking it back did not work. */
export const undoFailureText = codeWords(
  { "client/unreachable": "ui_undo_failed", "complaints/late": "ui_report_late", "api/too-often": "ui_report_often" },
  "ui_undo_refused",
);

/** The complaint that was made, and until when it can be taken back; null: none. */
export function standing(state: ComplaintState): ReportedComplaint | null {
  return state.kind === "reported" || state.kind === "stands" ? state.complaint : null;
}

/** How a complaint stands after the reader took it back and `answer` came: what was not taken back still stands. */
export function afterUndo(before: ComplaintState, answer: ComplaintState): ComplaintState {
  const complaint = standing(before);
  if (answer.kind !== "failed" || complaint === null) return answer;
  const isLate = answer.code === "complaints/late";
  return { kind: "stands", code: answer.code, complaint: isLate ? { ...complaint, undoUntil: null } : complaint };
}
