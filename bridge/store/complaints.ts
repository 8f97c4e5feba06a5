// What readers said about mails: one word per reader and mail, to be taken back for a while. A complaint and the reports
// that carry it are written in one transaction, so that no crash parts them.
import type { Kysely, Transaction } from "kysely";
import { dayByDay, firstAt } from "./days.ts";
import { digest, sameAddress } from "./digest.ts";
import type { Tables } from "./schema.ts";

/** How far a complaint goes: a report to the sender, the weekly counts only, or no further than the own provider. */
export type ComplaintRoute = "report" | "count" | "local";

/** A complaint to be filed. */
export interface NewComplaint {
  /** Random, base64url. */
  readonly id: string;
  readonly ref: string;
  /** Address of the paired reader; null: whoever knows the ref. */
  readonly reader: string | null;
  readonly code: string;
  /** The purpose it really has, with "misrepresented". */
  readonly actual: string | null;
  readonly at: number;
  /** secretDigest of what undoes it. */
  readonly undoHash: string;
  readonly undoUntil: number;
  readonly route: ComplaintRoute;
  /** Of the mail, for the counts, which live longer than its signal. */
  readonly domain: string | null;
  readonly purpose: string | null;
  /** What travels, once `undoUntil` is over. */
  readonly reports: readonly NewReport[];
}

/** A report to be queued. */
export interface NewReport {
  /** Random, base64url: the same for every try. */
  readonly id: string;
  readonly kind: "report" | "arf" | "counts" | "sums";
  readonly domain: string;
  /** JSON that bridge/reports understands. */
  readonly payload: string;
  /** First try; never before the complaint's `undoUntil`. */
  readonly dueAt: number;
  readonly giveUpAt: number;
}

/**
 * How filing ended. "changed": the same reader's word within its undo time took the place of his earlier one, whose id and
 * undo time stay. "already": it was too late for that.
 */
export type Filing =
  | { readonly kind: "filed" | "changed"; readonly id: string; readonly undoUntil: number }
  | { readonly kind: "already" };

/** A complaint as its reader sees it again. */
export interface FiledComplaint {
  readonly id: string;
  readonly code: string;
  readonly actual: string | null;
  readonly at: number;
  readonly undoUntil: number;
  readonly state: "pending" | "queued" | "counted" | "local" | "undone";
}

/** One line of the postmaster's counts. */
export interface ComplaintCount {
  /** Unix day. */
  readonly day: number;
  readonly domain: string | null;
  readonly purpose: string | null;
  readonly code: string;
  readonly route: ComplaintRoute;
  readonly count: number;
}

/** How often one reader said something of mail of one domain and purpose. */
export interface ReaderSum {
  readonly domain: string;
  readonly purpose: string;
  readonly code: string;
  /** Digest of his address. */
  readonly reader: string;
  readonly count: number;
}

/** The table of complaints. */
export interface ComplaintStore {
  /** Files it. */
  file(complaint: NewComplaint): Promise<Filing>;
  /** Takes it back together with its reports. */
  undo(id: string, undoHash: string, now: number): Promise<"undone" | "unknown" | "late">;
  /** The reader's own complaint about a mail. */
  find(reader: string, ref: string, now: number): Promise<FiledComplaint | null>;
  /** Counts since a time, undone ones left out. */
  counts(since: number): Promise<readonly ComplaintCount[]>;
  /** Sums of complaints of the route "count" within [from, to), per domain, purpose, code and reader. */
  sums(from: number, to: number): Promise<readonly ReaderSum[]>;
  /** Removes up to `limit` complaints from before `before`; how many it removed. */
  forget(before: number, limit: number): Promise<number>;
}

function readerKey(reader: string | null): string {
  return reader === null ? "" : digest("reader", sameAddress(reader));
}

/** Rows of the reports that carry a complaint. */
export function reportRows(reports: readonly NewReport[], complaint: string | null, now: number): Tables["reports"][] {
  return reports.map((report) => ({
    id: report.id,
    complaint,
    kind: report.kind,
    domain: report.domain,
    payload: report.payload,
    state: "queued",
    created_at: now,
    next_at: report.dueAt,
    give_up_at: report.giveUpAt,
    attempts: 0,
    error: null,
    sent_at: null,
  }));
}

/** One transaction that outlives a loss of power: the reader was told that it is kept. */
function durably<T>(db: Kysely<Tables>, job: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel("serializable").execute(job);
}

/** Whether a report of it was tried: the sender may know of it, though a clock that went back says it can be undone. */
async function wasTold(tx: Transaction<Tables>, id: string): Promise<boolean> {
  const tried = await tx
    .selectFrom("reports")
    .select("id")
    .where("complaint", "=", id)
    .where("attempts", ">", 0)
    .limit(1)
    .executeTakeFirst();
  return tried !== undefined;
}

async function file(db: Kysely<Tables>, complaint: NewComplaint): Promise<Filing> {
  const reader = readerKey(complaint.reader);
  return durably(db, async (tx) => {
    const before = await tx
      .selectFrom("complaints")
      .select(["id", "undo_until", "undone"])
      .where("ref", "=", complaint.ref)
      .where("reader", "=", reader)
      .executeTakeFirst();
    const open = before !== undefined && before.undone === 0;
    // Without a bearer nobody knows whose word the earlier one was: it stays.
    const isLate = open && (before.undo_until <= complaint.at || (await wasTold(tx, before.id)));
    if (open && (complaint.reader === null || isLate)) return { kind: "already" };
    const id = open ? before.id : complaint.id;
    const undoUntil = open ? before.undo_until : complaint.undoUntil;
    if (before !== undefined) {
      await tx.deleteFrom("reports").where("complaint", "=", before.id).execute();
      await tx.deleteFrom("complaints").where("id", "=", before.id).execute();
    }
    await tx
      .insertInto("complaints")
      .values({
        id,
        ref: complaint.ref,
        reader,
        code: complaint.code,
        actual: complaint.actual,
        at: complaint.at,
        undo_hash: complaint.undoHash,
        undo_until: undoUntil,
        route: complaint.route,
        undone: 0,
        domain: complaint.domain,
        purpose: complaint.purpose,
      })
      .execute();
    const rows = reportRows(complaint.reports, id, complaint.at);
    if (rows.length > 0) await tx.insertInto("reports").values(rows).execute();
    return { kind: open ? "changed" : "filed", id, undoUntil };
  });
}

async function undo(
  db: Kysely<Tables>,
  id: string,
  undoHash: string,
  now: number,
): Promise<"undone" | "unknown" | "late"> {
  return durably(db, async (tx) => {
    const row = await tx
      .selectFrom("complaints")
      .select(["undo_until", "undone"])
      .where("id", "=", id)
      .where("undo_hash", "=", undoHash)
      .executeTakeFirst();
    if (row === undefined) return "unknown";
    if (row.undone === 1) return "undone";
    if (row.undo_until <= now || (await wasTold(tx, id))) return "late";
    await tx.deleteFrom("reports").where("complaint", "=", id).execute();
    await tx.updateTable("complaints").set({ undone: 1 }).where("id", "=", id).execute();
    return "undone";
  });
}

function state(
  row: { undone: number; undo_until: number; route: string; report: string | null; attempts: number | null },
  now: number,
): FiledComplaint["state"] {
  if (row.undone === 1) return "undone";
  if (row.report === "sent") return "counted";
  if (row.report === "failed" || (row.report === null && row.undo_until <= now)) return "local";
  return (row.attempts ?? 0) > 0 ? "queued" : "pending";
}

async function countsOf(db: Kysely<Tables>, from: number, until: number): Promise<readonly ComplaintCount[]> {
  const rows = await db
    .selectFrom("complaints")
    .select(["domain", "purpose", "code", "route"])
    .select((count) => count.fn.countAll<number>().as("count"))
    .where("at", ">=", from)
    .where("at", "<", until)
    .where("undone", "=", 0)
    .groupBy(["domain", "purpose", "code", "route"])
    .execute();
  const day = Math.floor(from / 86_400);
  return rows.map((row) => ({ ...row, day, route: row.route as ComplaintRoute }));
}

/** Complaints through Kysely. */
export function complaintStore(db: Kysely<Tables>): ComplaintStore {
  return {
    file: (complaint) => file(db, complaint),
    undo: (id, undoHash, now) => undo(db, id, undoHash, now),
    async find(reader, ref, now) {
      const row = await db
        .selectFrom("complaints")
        .leftJoin("reports", (join) =>
          join.onRef("reports.complaint", "=", "complaints.id").on("reports.kind", "=", "report"),
        )
        .select([
          "complaints.id",
          "complaints.code",
          "complaints.actual",
          "complaints.at",
          "complaints.undo_until",
          "complaints.undone",
          "complaints.route",
          "reports.state as report",
          "reports.attempts",
        ])
        .where("complaints.ref", "=", ref)
        .where("complaints.reader", "=", readerKey(reader))
        .executeTakeFirst();
      if (row === undefined) return null;
      const { id, code, actual, at, undo_until: undoUntil } = row;
      return { id, code, actual, at, undoUntil, state: state(row, now) };
    },
    counts(since) {
      return dayByDay(since, {
        first: firstAt(db, "complaints"),
        rows: (from, until) => countsOf(db, from, until),
      });
    },
    async sums(from, to) {
      const rows = await db
        .selectFrom("complaints")
        .select(["domain", "purpose", "code", "reader"])
        .select((count) => count.fn.countAll<number>().as("count"))
        .where("at", ">=", from)
        .where("at", "<", to)
        .where("undone", "=", 0)
        .where("route", "=", "count")
        .where("domain", "is not", null)
        .where("purpose", "is not", null)
        .groupBy(["domain", "purpose", "code", "reader"])
        .execute();
      return rows.map((row) => ({ ...row, domain: row.domain ?? "", purpose: row.purpose ?? "" }));
    },
    async forget(before, limit) {
      const old = db.selectFrom("complaints").select("id").where("at", "<", before).limit(limit);
      const { numDeletedRows } = await db.deleteFrom("complaints").where("id", "in", old).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
