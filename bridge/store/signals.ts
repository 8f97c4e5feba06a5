// What is kept of each received mail, by its `ref`: the signal as sealed, the finding behind it, and what a report about
// it will need. Recipients are kept as digests salted with the ref: enough to ask "did this reader get it?".
import type { DatabaseSync } from "node:sqlite";
import type { FeedbackLoop } from "../../shared/cfbl/loop.ts";
import { readHopSignal } from "../../shared/hop/parse.ts";
import type { HopSignal } from "../../shared/hop/types.ts";
import { parseDeclaration } from "../../shared/ipp/declaration.ts";
import { parseSignature, signerClaim } from "../../shared/ipp/signature.ts";
import type { DeclarationFinding } from "../../shared/ipp/types.ts";
import type { Eventually, SignalRow, Signals } from "../pipeline/ports.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { digest, sameAddress } from "./digest.ts";
import type { MailboxOf } from "./subaddress.ts";

/** A stored mail. */
export interface StoredSignal {
  readonly ref: string;
  readonly at: number;
  readonly signal: HopSignal;
  readonly finding: DeclarationFinding;
  readonly envelopeFrom: string;
  readonly from: string | null;
  readonly messageId: string | null;
  readonly purposeField: string | null;
  readonly signatureField: string | null;
  readonly feedback: FeedbackLoop | null;
  /** Whether the mail went to this address, a subaddress of it included. */
  receivedBy(address: string): boolean;
}

/** The table of signals. */
export interface SignalStore extends Signals {
  /** What was kept under `ref`; null: nothing, or no longer. */
  find(ref: string): Eventually<StoredSignal | null>;
  /** Removes up to `limit` rows older than `before`; how many it removed. */
  forget(before: number, limit: number): Eventually<number>;
}

function recipientDigests(ref: string, recipients: readonly string[], mailboxOf: MailboxOf): string {
  const all = recipients.flatMap((recipient) => {
    const address = sameAddress(recipient);
    const base = mailboxOf(address);
    return base === null ? [digest(ref, address)] : [digest(ref, address), digest(ref, base)];
  });
  return all.join(" ");
}

/** What stands in the fields kept beside it is not kept a second time. */
function shortFinding({ finding, purposeField, signatureField }: SignalRow): string {
  if (purposeField === null || signatureField === null) return JSON.stringify(finding);
  return JSON.stringify({ ...finding, declaration: undefined, signer: undefined });
}

function wholeFinding(
  text: string,
  { purposeField, signatureField }: Pick<StoredSignal, "purposeField" | "signatureField">,
): DeclarationFinding {
  const finding = JSON.parse(text) as DeclarationFinding;
  if (purposeField === null || signatureField === null || Object.hasOwn(finding, "signer")) return finding;
  const declaration = parseDeclaration(purposeField);
  const signature = parseSignature(signatureField);
  return {
    ...finding,
    declaration: declaration.ok ? declaration.value : null,
    signer: signature.ok ? signerClaim(signature.value) : null,
  };
}

/** A Hop-Signal's value; of rows from before the step "0011-short-signals" JSON. */
function signalOf(text: string): HopSignal {
  if (text.startsWith("{")) return JSON.parse(text) as HopSignal;
  const signal = readHopSignal(text);
  if (!signal.ok) throw new Error(`store: a signal that cannot be read: ${signal.detail}`);
  return signal.value;
}

function stored(row: Record<string, unknown>): StoredSignal {
  const text = (name: string): string => String(row[name]);
  const optional = (name: string): string | null => (row[name] === null ? null : text(name));
  const fields = { purposeField: optional("purpose_field"), signatureField: optional("signature_field") };
  const ref = text("ref");
  const recipients = new Set(text("recipients").split(" "));
  return {
    ref,
    at: Number(row["at"]),
    signal: signalOf(text("signal")),
    finding: wholeFinding(text("finding"), fields),
    envelopeFrom: text("envelope_from"),
    from: optional("author"),
    messageId: optional("message_id"),
    ...fields,
    feedback: JSON.parse(optional("feedback") ?? "null") as FeedbackLoop | null,
    receivedBy: (address) => recipients.has(digest(ref, sameAddress(address))),
  };
}

/** Signals in SQLite; writes go through `queue`. */
export function signalStore(database: DatabaseSync, queue: CommitQueue, mailboxOf: MailboxOf): SignalStore {
  const insert = database.prepare(
    `insert or replace into signals (ref, at, signal, finding, recipients, envelope_from, author, message_id,
       purpose_field, signature_field, feedback) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const select = database.prepare("select * from signals where ref = ?");
  // Rows come in the order of time, so the oldest are the first: no index on `at` is kept. Some more are looked at than go,
  // for a clock that was ahead for a moment must not keep all rows after that moment.
  const remove = database.prepare(
    "delete from signals where id in (select id from (select id, at from signals order by id limit 2000) where at < ? limit ?)",
  );
  return {
    record(row: SignalRow): Promise<void> {
      queue.push(insert, () => [
        row.ref,
        row.at,
        row.signalValue,
        shortFinding(row),
        recipientDigests(row.ref, row.recipients, mailboxOf),
        row.envelopeFrom,
        row.from,
        row.messageId,
        row.purposeField,
        row.signatureField,
        row.feedback === null ? null : JSON.stringify(row.feedback),
      ]);
      return queue.committed();
    },
    find(ref) {
      const row = select.get(ref);
      return row === undefined ? null : stored(row);
    },
    forget(before, limit) {
      return Number(remove.run(before, limit).changes);
    },
  };
}
