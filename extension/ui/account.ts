// A mailbox and its bridge, as the first-run page and the settings show it.
import type { Phrase } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";
import { codeWords } from "./code-words.ts";

/** What a page waits for: a bridge is looked for, confirmed, given up. */
export type UnderWay = "searching" | "connecting" | "disconnecting";

/** How far a mailbox has come with its provider's bridge. */
export type AccountState =
  /** Nobody has looked yet. */
  | { readonly kind: "new" }
  /** What the reader asked for is under way. */
  | { readonly kind: UnderWay }
  /** Looked: the provider doesn't take part. */
  | { readonly kind: "absent" }
  /** A bridge answered; the reader has not confirmed it. `keys`: ids of its seal keys. */
  | { readonly kind: "found"; readonly domain: string; readonly host: string; readonly keys: readonly string[] }
  /** Confirmed and pinned; the mail with the code is awaited. */
  | { readonly kind: "waiting"; readonly domain: string; readonly address: string }
  /** Confirmed and pinned, not paired: verdicts work, complaints stay local. */
  | { readonly kind: "pinned"; readonly domain: string; readonly failure: string | null }
  | { readonly kind: "paired"; readonly domain: string; readonly address: string }
  /** The bridge shows keys that the pinned ones don't vouch for. */
  | { readonly kind: "changed"; readonly domain: string; readonly host: string; readonly keys: readonly string[] }
  /** What was believed can't be read any more. */
  | { readonly kind: "lost" }
  /** The same, and a bridge answers whose keys can't be compared with what was believed. */
  | { readonly kind: "again"; readonly domain: string; readonly host: string; readonly keys: readonly string[] }
  /** Stable code of what went wrong. */
  | { readonly kind: "failed"; readonly code: string };

/** What is wrong with the keys of the mailbox that a mail lies in; null: nothing. */
export type Trouble = "lost" | "changed" | null;

export interface AccountView {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly state: AccountState;
  /** The bridge's address as the reader typed it; null: none. */
  readonly typedBridge: string | null;
  /** Address of the bridge that is believed; null: none is. */
  readonly usedBridge: string | null;
  /** Servers whose Authentication-Results are believed as claims, typed in by the reader. */
  readonly trusted: readonly string[];
}

/** A bridge as the reader has it before his eyes when he confirms it: where the bearer goes, and key ids. */
export interface ShownBridge {
  readonly host: string;
  readonly keys: readonly string[];
}

/** The bridge that is to be confirmed; null: none is, and connecting only pairs with the one that was. */
export function shownBridge(state: AccountState): ShownBridge | null {
  return "keys" in state ? { host: state.host, keys: state.keys } : null;
}

/** Why looking or connecting did not work; the code for what nobody can do anything about. */
export const failedText = codeWords(
  {
    "client/unreachable": "settings_failed_unreachable",
    "client/address": "settings_failed_address",
    "client/not-json": "settings_failed_other",
    "client/well-known": "settings_failed_other",
    "client/too-large": "settings_failed_other",
    "api/too-often": "settings_failed_often",
    "api/other-domain": "settings_failed_domain",
    "api/unauthorized": "settings_failed_forgotten",
  },
  "settings_state_failed",
);

/** Why what the reader typed for a mailbox is not kept. */
export const notSavedText = codeWords({ "client/refused": "settings_not_saved_refused" }, "settings_not_saved");

/** Why a webmail was not added. */
export const siteProblemText = codeWords(
  {
    "sites/address": "settings_site_problem_address",
    "sites/mail-address": "settings_site_problem_mail",
    "sites/refused": "settings_site_problem_refused",
  },
  "settings_site_problem",
);

/** One line on the state, for people. */
export function stateText(state: AccountState): Phrase {
  switch (state.kind) {
    case "new":
    case "searching":
    case "connecting":
    case "disconnecting":
    case "absent":
    case "lost":
      return phrase(`settings_state_${state.kind}`);
    case "found":
    case "changed":
    case "again":
      return phrase(`settings_state_${state.kind}`, { domain: state.domain, host: state.host });
    case "waiting":
    case "paired":
      return phrase(`settings_state_${state.kind}`, { domain: state.domain, address: state.address });
    case "pinned":
      return phrase("settings_state_pinned", { domain: state.domain });
    case "failed":
      return failedText(state.code);
  }
}

/** A key id in groups of four, short enough to compare by eye. */
export function shortKey(keyId: string): string {
  return (keyId.slice(0, 16).match(/.{1,4}/g) ?? []).join(" ");
}
