// What the pipeline needs from the rest of the bridge, as small interfaces: the store, trust, keys, log and metrics
// implement them, main.ts wires them, tests and the demo hand in plain ones. An answer may come at once or later.
import type { FeedbackLoop } from "../../shared/cfbl/loop.ts";
import type { SealSigner } from "../../shared/hop/key-types.ts";
import type { BridgeKey, HopSignal } from "../../shared/hop/types.ts";
import type { Crypto, Signer } from "../../shared/crypto/crypto.ts";
import type { TokenKey } from "../../shared/ipp/token.ts";
import type { Declaration, DeclarationFinding, TrustLevel } from "../../shared/ipp/types.ts";
import type { PolicyLayers } from "../../shared/policy/types.ts";

/** Now, or later. */
export type Eventually<T> = Promise<T> | T;

/** The time. Unix seconds. */
export interface Clock {
  now(): number;
}

/** Random octets of the operating system's quality. */
export type Randomness = (bytes: number) => Uint8Array;

/** The log's three voices; pino's loggers fit. At info level no facts hold personal data. */
export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** What the pipeline counts, with the label names of each (bridge/metrics turns them into Prometheus counters). */
export interface CounterLabels {
  /** Every mail's end. `result`: the declaration's result, or "unsigned"/"signed" at submission. */
  mails: { readonly listener: string; readonly result: string; readonly action: string };
  /** Fields removed at a border: `kind` is "hop", "wish" (X-IPP-*) or "authres". */
  stripped: { readonly kind: string };
  /** Recipients asked to come in a transaction of their own (452 4.5.3). */
  splits: Readonly<Record<string, never>>;
  /** Mails sent on without a declaration that is made unasked or was wished, by reason: "no-certificate", "eight-bit" … */
  unsigned: { readonly reason: string };
  /** Bugs of ours, answered as `on_failure` says. */
  failures: { readonly where: string };
}

/** Counts what happened. */
export interface Counters {
  count<Name extends keyof CounterLabels>(name: Name, labels: CounterLabels[Name]): void;
}

/** Policies by recipient. Objects are kept as long as they are unchanged, so that comparing identity is a fast "same". */
export interface Policies {
  /** `recipient`: the envelope's addr-spec, Unicode (RFC 6531), as the client spelt it. */
  effective(recipient: string): Eventually<PolicyLayers>;
}

/** What the memory of tokens is asked and told at once about one mail whose declaration verified. */
export interface TokenSighting {
  readonly token: string;
  /** `d` of the signature: a token is its signer's, two domains' equal strings are two tokens. */
  readonly domain: string;
  /** Envelope recipients, each with whether the declaration binds it. */
  readonly recipients: readonly { readonly address: string; readonly bound: boolean }[];
  /** The client's address; "" where the MTA told none. */
  readonly client: string;
  /** Unix seconds. */
  readonly at: number;
  /** `x` of the signature: kept until x + 1 d (decisions). */
  readonly expiresAt: number;
}

/**
 * Tokens seen so far (protocol section 3, Results). Remembers the sighting before it answers:
 * - "replay": with this one the token has reached more than `limits.replayRecipients` distinct unbound recipients;
 * - "copy": a bound recipient of this sighting had the token before, from another client or over `limits.retrySeconds` ago;
 * - "retry": had before by the same client within that time; "first": nothing of it was seen.
 */
export interface TokenMemory {
  sighted(sighting: TokenSighting): Eventually<"first" | "retry" | "copy" | "replay">;
}

/** What is kept of one received mail, under its `ref` (nothing of a body, ever). */
export interface SignalRow {
  /** Random look-up handle, base64url, also in the Hop-Signal. */
  readonly ref: string;
  /** Unix seconds. */
  readonly at: number;
  readonly signal: HopSignal;
  /** The signal as the mail carries it, but for its seal: `formatHopSignal(signal, null)`. */
  readonly signalValue: string;
  readonly finding: DeclarationFinding;
  readonly envelopeFrom: string;
  readonly recipients: readonly string[];
  /** The From field's single address (Unicode, domain as A-labels); null when there is none or more than one. */
  readonly from: string | null;
  readonly messageId: string | null;
  /** Values of IPP-Purpose and IPP-Signature as received (a report needs `rh` and `tok`); null but for a `pass`. */
  readonly purposeField: string | null;
  readonly signatureField: string | null;
  /** Where the sender wants complaints to go beside the report, as far as DKIM signed it (RFC 9477); only of a `pass`. */
  readonly feedback: FeedbackLoop | null;
}

/** Keeps signals. */
export interface Signals {
  /** The mail is only accepted once this has settled; what it throws defers the mail. Group-commit within milliseconds. */
  record(row: SignalRow): Eventually<void>;
}

/** What the border sees of declarations that do not hold, summed per day (protocol section 6). */
export interface Sightings {
  /** Told of every mail from outside that was judged, refused ones too. Never throws, and no mail waits for it. */
  saw(sighting: {
    readonly finding: DeclarationFinding;
    readonly recipients: readonly string[];
    /** Unix seconds. */
    readonly at: number;
  }): void;
}

/** Which keys addresses used, for the trust level `pinned` and its warnings (protocol section 2). */
export interface KeyMemory {
  /** Told of every mail whose signature verified, after it is judged. */
  sighted(sighting: {
    readonly address: string;
    readonly keyId: string;
    readonly level: TrustLevel;
    /** DKIM passed for the domain of `address` or a parent of it, by our own Authentication-Results. */
    readonly dkimAligned: boolean;
    readonly at: number;
  }): Eventually<void>;
}

/** When a mail was first put off because its declaration could not be checked (protocol section 3, temperror). */
export interface Deferrals {
  /**
   * Unix seconds of the first call with this identity (now, when it is the first). Remembered for at least
   * `limits.temperrorSeconds` and a day. Throws where nothing can be remembered: such a mail could not be recorded either.
   */
  firstSeen(identity: string, now: number): Eventually<number>;
}

/** The organisation's seal keys. Asked for every mail, so that a rotation counts at once. */
export interface SealKeys {
  /** Seals what arrives now. */
  current(): SealSigner;
  /** Those that verify what an inner listener gets sealed; all that are still published. */
  published(): Eventually<readonly BridgeKey[]>;
}

/** What an authenticated user may sign. */
export type SigningGrant =
  | {
      /** The login may not write as this address. */
      readonly kind: "foreign-address";
    }
  | {
      /** The address is his, and has no certificate. */
      readonly kind: "no-certificate";
      /** As in a grant. */
      readonly unasked: Declaration | null;
    }
  | {
      readonly kind: "granted";
      readonly signer: Signer;
      /** Purposes he may declare: "transactional.*" covers the purpose and everything below, "*" everything. */
      readonly purposes: readonly string[];
      /** Declared where he wishes nothing; null: such mail passes undeclared. */
      readonly unasked: Declaration | null;
      /** MACs the tokens. */
      readonly tokenKey: TokenKey;
    };

/** Who may sign as whom (decisions: `[[users]]`, by default the login is the address). */
export interface Users {
  /** At once: a body is on its way. `address`: the From's mailbox (Unicode), domain as lower-case A-labels. */
  signing(login: string, address: string): SigningGrant;
}

/** What inbound and outbound share. */
export interface PipelineDeps {
  readonly clock: Clock;
  readonly random: Randomness;
  readonly crypto: Crypto;
  readonly log: Log;
  readonly counters: Counters;
}
