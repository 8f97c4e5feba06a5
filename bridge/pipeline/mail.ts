// What the pipeline is told about one mail, and what it answers: the same whether Postfix speaks milter or the demo's
// embedded server speaks SMTP.
import type { ClientCertificate } from "./client-facts.ts";

/** Where the mail came in (docs/protocol.md, Words). */
export type Listener = "border" | "inner" | "submission";

/** The connected SMTP client, as far as the MTA told. */
export interface Client {
  readonly listener: Listener;
  readonly address: string | null;
  readonly port: number | null;
  readonly rdns: string | null;
  readonly helo: string | null;
  readonly tls: { readonly version: string; readonly cipher: string | null; readonly bits: number | null } | null;
  /** null: not known, or no TLS. May only be known when the mail ends (Postfix asks its policy service late): read it then. */
  readonly certificate: ClientCertificate | null;
  /** SASL login, or null. */
  readonly login: string | null;
  /** "ESMTPS" and so on, where the MTA tells. */
  readonly protocol: string | null;
}

/** One change to the header. Order matters; deletions of one name come last instance first (CVE-2022-48521). */
export type HeaderEdit =
  | { readonly kind: "insert"; readonly index: number; readonly name: string; readonly value: string }
  | {
      /** Another value, in the same place. */
      readonly kind: "change";
      readonly name: string;
      /** 1-based among fields of that name. */ readonly instance: number;
      readonly value: string;
    }
  | {
      readonly kind: "delete";
      readonly name: string;
      /** 1-based among fields of that name. */ readonly instance: number;
    };

/** An SMTP reply (RFC 5321 section 4.2, RFC 3463). */
export interface Reply {
  readonly code: number;
  readonly enhanced: string;
  readonly text: string;
}

/** The pipeline's last word on one mail. */
export interface Outcome {
  readonly action: "accept" | "quarantine" | "reject" | "tempfail" | "discard";
  /** With reject and tempfail: what the client reads. With quarantine: the reason for the log. */
  readonly reply: Reply | null;
  readonly edits: readonly HeaderEdit[];
  /** What stands in the body's place; left out where it stays. A submission's alone: no other MTA is told that we may. */
  readonly body?: Uint8Array;
  /** With a body: called once it is written or not wanted any more; its memory is then others'. */
  readonly release?: () => void;
}

/** One mail on its way through: made at MAIL FROM, fed in order, asked for its outcome once. */
export interface Passage {
  /** Another recipient: the envelope's addr-spec, Unicode. null: take it. A reply: refuse it with this (452 4.5.3 splits the transaction, protocol section 5). */
  recipient(address: string): Promise<Reply | null> | Reply | null;
  /** One header field, in order; byte strings as in HeaderField. */
  field(name: string, value: string): void;
  /** A piece of the body. The buffer is only valid during the call. */
  body(chunk: Uint8Array): void;
  /** End of message. Never rejects for mail's faults; a bug throws and the caller answers as `on_failure` says. */
  end(queueId: string | null): Promise<Outcome>;
  /** The MTA has given the mail up, or we have: nothing more comes of it. */
  abandon?(): void;
}

/** Begins a mail of a client. `from`: the envelope's sender as addr-spec, Unicode; "" for bounces. */
export type OpenPassage = (client: Client, from: string) => Passage;
