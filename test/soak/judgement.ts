// The end of a soak: every mail, every record, every complaint, against what must be.
import { DatabaseSync } from "node:sqlite";
import { readHopSignal } from "../../shared/hop/parse.ts";
import type { HopSignal } from "../../shared/hop/types.ts";
import { must } from "../fakes/mail.ts";
import type { Entry, Ledger } from "./ledger.ts";
import { senderDomain, wanted } from "./mails.ts";
import type { World } from "./world.ts";

interface Stored {
  readonly signal: HopSignal;
  readonly messageId: string;
}

function storedUnder(path: string): (ref: string) => Stored | null {
  const database = new DatabaseSync(path, { readOnly: true });
  const select = database.prepare("select signal, message_id from signals where ref = ?");
  return (ref) => {
    const row = select.get(ref);
    if (row === undefined) return null;
    return { signal: must(readHopSignal(String(row["signal"]))), messageId: String(row["message_id"]) };
  };
}

/** What is wrong with one mail at the end. */
function faultsOf(entry: Entry, find: (ref: string) => Stored | null, refs: Set<string>): readonly string[] {
  const { sealed, queueId, delivered } = entry;
  if (queueId === null) return ["never accepted"];
  if (delivered !== 1) return [`delivered ${delivered} times`];
  if (sealed === null) return entry.wrong;
  const faults = [...entry.wrong];
  const ref = sealed.ref ?? "";
  const stored = find(ref);
  if (refs.has(ref)) faults.push("a ref that another mail has");
  refs.add(ref);
  // The id its sender was told with the 250: the seal of this mail, and of this try.
  if (sealed.queueId !== queueId) faults.push(`accepted as ${queueId}, sealed as ${sealed.queueId}`);
  if (stored === null) return [...faults, "no record"];
  const same = (["queueId", "bodyHash", "declaration", "at", "recipientCommitment"] as const).every(
    (name) => stored.signal[name] === sealed[name],
  );
  if (!same || stored.messageId !== entry.messageId) faults.push("the record of another mail");
  return faults;
}

/** Every mail's faults, a line each. */
export function judgeMails(ledger: Ledger, database: string): readonly string[] {
  const find = storedUnder(database);
  const refs = new Set<string>();
  return ledger.entries.flatMap((entry) =>
    faultsOf(entry, find, refs).map((fault) => `mail ${entry.number} (${entry.kind}, ${entry.phase}): ${fault}`),
  );
}

function rowsOf(path: string, query: string): number {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  const rows = database.prepare(query).get()?.["rows"];
  database.close();
  return Number(rows);
}

/** Rows of the past that are still there: what was migrated was not lost. */
export function pastRows(database: string): number {
  return rowsOf(database, "select count(*) as rows from signals where ref like 'old-%'");
}

/** Where the complaints are. */
export interface Whereabouts {
  /** At the sending side, the attested ones about its own mail. */
  readonly counted: number;
  /** On their way: not yet told, or told and not yet judged; one whose 202 got lost may be counted as well. */
  readonly underWay: number;
}

/** Looks for them on both sides. */
export function complaintsAt({ reader, sender }: Pick<World, "reader" | "sender">): Whereabouts {
  const { received } = JSON.parse(sender.command("reports", "--json")) as {
    readonly received: readonly { signer: string; code: string; attested: boolean; count: number }[];
  };
  const ours = received.filter(({ signer, code }) => signer.endsWith(`@${senderDomain}`) && code === "phishing");
  const counted = ours.filter(({ attested }) => attested).reduce((sum, { count }) => sum + count, 0);
  const queued = rowsOf(reader.database, "select count(*) as rows from reports where state = 'queued'");
  return { counted, underWay: queued + rowsOf(sender.database, "select count(*) as rows from arrivals") };
}

/** Mails and verdicts by kind, as rows. */
export function byKind(ledger: Ledger): readonly (readonly string[])[] {
  return Object.keys(wanted).map((kind) => {
    const all = ledger.entries.filter((entry) => entry.kind === kind);
    const words = Map.groupBy(all, ({ sealed }) => sealed?.declaration ?? "not delivered");
    const verdicts = [...words].map(([word, { length }]) => `${word} ${length}`).join(", ");
    const accepted = all.filter(({ queueId }) => queueId !== null).length;
    const delivered = all.reduce((sum, entry) => sum + entry.delivered, 0);
    return [kind, all.length, accepted, delivered, verdicts].map(String);
  });
}
