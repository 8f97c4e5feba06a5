// The product's judgement as data: what goes in, and what a person is told. No words here: every text is a message
// key of extension/_locales with its values, so that the add-on, the webmail extension and the reading room say the same.
import type { AuthenticationResults } from "../authres/types.ts";
import type { HopFindings, HopSignal } from "../hop/types.ts";
import type { DeclarationFinding } from "../ipp/types.ts";
import type { Received } from "../received/types.ts";

/** The five levels (panel.md point 1). */
export const levels = ["holds", "careful", "broken", "unproven", "unrecorded"] as const;
export type Level = (typeof levels)[number];

/** One text: a key of _locales and its placeholders' values. Values come from mail: hostile until shown as text. */
export interface Phrase {
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
}

/** What judge() needs to know about one mail. */
export interface Evidence {
  /** Address of the single From, A-labels; null when there is none or several. */
  readonly from: string | null;
  /** Rechecked declaration (lowered by the recheck, never raised); null: nobody of ours looked. */
  readonly declaration: DeclarationFinding | null;
  readonly hops: HopFindings;
  /** Results of the reader's own trusted servers (sealed, or of a trusted authserv-id), other checks: dkim, spf, dmarc. */
  readonly checks: { readonly results: readonly AuthenticationResults[]; readonly sealed: boolean };
  /** Received fields, newest first; `own`: at or above the oldest verified hop. */
  readonly received: readonly { readonly received: Received; readonly own: boolean }[];
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
  /** Stable code of the row of the table that decided ("pass", "broken-all", "forged-hop" …). */
  readonly reason: string;
  readonly sentence: Phrase;
  /** What to do, with every bad level (panel.md point 5). */
  readonly advice: Phrase | null;
  readonly says: { readonly gist: Phrase; readonly rows: readonly Row[]; readonly open: boolean };
  readonly way: { readonly gist: Phrase; readonly steps: readonly WayStep[]; readonly open: boolean };
  readonly checks: { readonly gist: Phrase; readonly rows: readonly Row[]; readonly open: boolean };
  /** What the complaint can do for this very mail (panel.md point 6). */
  readonly complaint: {
    /** `sender`: the sender's side can be told; `provider`: only one's own provider. */
    readonly reach: "sender" | "provider";
    /** The mail binds one recipient only: a report names the reader, so he is asked. */
    readonly namesReader: boolean;
    /** How many recipients the declaration binds, for the words. */
    readonly boundRecipients: number;
    readonly ref: string | null;
    readonly unsubscribe: string | null;
  };
  /** The newest verified own hop, for whoever wants more. */
  readonly hop: HopSignal | null;
}
