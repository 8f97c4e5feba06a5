// One finding of `waybill doctor`, and what the checks share.
import type { HttpsAsk } from "../../fetch/https.ts";
import type { DeclarationKeys } from "../../keys/declaration-keys.ts";
import type { SealKeys } from "../../keys/seal-keys.ts";
import type { Resolver } from "../../dns/resolver.ts";
import type { Postconf } from "../postconf.ts";
import type { Setup } from "../setup.ts";

/** What was looked at and how it stands. A finding that is not good says what to do. */
export type Finding =
  | { readonly level: "good"; readonly what: string }
  | { readonly level: "careful" | "bad"; readonly what: string; readonly remedy: string };

/** Good, careful or bad. */
export function good(what: string): Finding {
  return { level: "good", what };
}
export function careful(what: string, remedy: string): Finding {
  return { level: "careful", what, remedy };
}
export function bad(what: string, remedy: string): Finding {
  return { level: "bad", what, remedy };
}

/** What to do where the resolver has no answer about a name. */
export function lookUpRemedy(type: "A" | "TXT", name: string): string {
  return `is the resolver running, and the zone's DNSSEC sound? try: delv ${type} ${name}`;
}

/** What every check may look at. */
export interface Patient {
  readonly setup: Setup;
  readonly keys: DeclarationKeys;
  readonly sealKeys: SealKeys;
  /** CA digests by domain, of domains that have a CA. */
  readonly authorities: ReadonlyMap<string, string>;
  readonly resolver: Resolver;
  /** Reaches one's own addresses too. */
  readonly ask: HttpsAsk;
  readonly postconf: Postconf;
  /** Unix seconds. */
  readonly now: number;
}

/** Looks at one thing. */
export type Check = (patient: Patient) => Promise<readonly Finding[]>;
