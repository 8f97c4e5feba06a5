// The product's judgement as data: what goes in, and what a person is told. No words here: every text is a message
// key of extension/_locales with its values, so that the add-on, the webmail extension and the reading room say the same.
import type { AuthenticationResults } from "../authres/types.ts";
import type { HopFindings, HopSignal } from "../hop/types.ts";
import type { Declaration, DeclarationFinding } from "../ipp/types.ts";
import type { Received } from "../received/types.ts";

/** The five levels (panel.md point 1). */
export const levels = ["holds", "careful", "broken", "unproven", "unrecorded"] as const;
export type Level = (typeof levels)[number];

/** The rows of the judgement, by name, in their order (judgements.ts). */
export const reasons = [
  "policy-reject",
  "broken-all",
  "none-all",
  "invalid-all",
  "forged-hop",
  "expired",
  "permerror",
  "replay",
  "unchecked-all",
  "no-trust",
  "changed-key",
  "lowered-trust",
  "first-key",
  "policy-quarantine",
  "policy-tag",
  "changed-body",
  "revocation-unknown",
  "pass",
  "no-policy",
  "forwarded",
  "copy",
  "temperror",
  "broken",
  "none",
  "unjudged",
  "way-only",
  "claimed",
  "nothing",
] as const;
export type Reason = (typeof reasons)[number];

/** One text: a key of _locales and its placeholders' values. Values come from mail: hostile until shown as text. */
export interface Phrase {
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
}

/** How the reader's own recheck of a declaration ended; null: nothing to recheck. */
export type Recheck =
  | "fits"
  /** The header fits; the body is not what the server saw. */
  | "header-fits"
  | "fails"
  /** The certificate was not at hand: the seal's word stands. */
  | "unable"
  | null;

/** What judge() needs to know about one mail. */
export interface Evidence {
  /** Address of the single From, A-labels; null when there is none or several. */
  readonly from: string | null;
  /** What the sealing server found (lowered by the recheck, never raised); null: nobody of ours looked. */
  readonly declaration: DeclarationFinding | null;
  /** What IPP-Purpose says, whoever wrote it; null: nothing, or nothing readable. */
  readonly claimed: Declaration | null;
  readonly recheck: Recheck;
  /** Whether the declaration binds one of the reader's addresses; null: not known. */
  readonly addressed: boolean | null;
  readonly hops: HopFindings;
  /** Results of the reader's own servers (sealed, or of a trusted authserv-id): dkim, spf, dmarc, arc. */
  readonly checks: { readonly results: readonly AuthenticationResults[]; readonly sealed: boolean };
  /**
   * Received fields, newest first, without those that repeat a sealed hop. `own`: above the oldest verified hop, put there by
   * one's own servers. null: a field that can't be read.
   */
  readonly received: readonly { readonly received: Received | null; readonly own: boolean }[];
  /** The Received that the reader's trusted server wrote, as far as it can be told without a seal; index into `received`. */
  readonly trustedReceived: number | null;
  /** One-click unsubscribe offered by the mail (RFC 8058): the https URL, or null. */
  readonly unsubscribe: string | null;
}

/** A row of evidence below one of the three lines. `value` may be shown as code (fingerprints). */
export interface Row {
  readonly label: Phrase;
  readonly value: Phrase;
  readonly style: "text" | "code";
}

/** One server that took the mail over. */
export interface WayStep {
  readonly text: Phrase;
  readonly details: readonly Phrase[];
  /** Seen by one's own server, or only claimed. */
  readonly seen: boolean;
}

export interface Verdict {
  readonly level: Level;
  /** Row of the table that decided (judgements.ts). */
  readonly reason: Reason;
  readonly sentence: Phrase;
  /** The purpose it declares, whether or not that holds; null: none. */
  readonly declared: string | null;
  /** Domain whose signature the declaration carries, whether or not it holds; null: none. */
  readonly signer: string | null;
  /** What to do, with every bad level (panel.md point 5). */
  readonly advice: Phrase | null;
  readonly says: { readonly gist: Phrase; readonly rows: readonly Row[]; readonly open: boolean };
  readonly way: { readonly gist: Phrase; readonly steps: readonly WayStep[]; readonly open: boolean };
  readonly checks: { readonly gist: Phrase; readonly rows: readonly Row[]; readonly open: boolean };
  /** What the complaint can do for this very mail (panel.md point 6). */
  readonly complaint: {
    /** `sender`: the sender's side can be told; `provider`: only one's own provider. */
    readonly reach: "sender" | "provider";
    /** Nobody beside the reader is known to have got the mail at his domain: a report names him, so he is asked. */
    readonly namesReader: boolean;
    /** How many readers the report may be of, for the words; see readersTogether. */
    readonly boundRecipients: number;
    readonly ref: string | null;
    readonly unsubscribe: string | null;
  };
  /** The newest verified own hop, for whoever wants more. */
  readonly hop: HopSignal | null;
}
