// The tables, typed for Kysely. Times are Unix seconds, truth values 0 or 1, JSON is text: what SQLite and PostgreSQL share.
import type { Generated } from "kysely";

/** What a bridge kept of one received mail (bridge/store/signals.ts). */
export interface SignalTable {
  id: Generated<number>;
  ref: string;
  at: number;
  signal: string;
  finding: string;
  /** Salted digests of the envelope recipients, joined by spaces. */
  recipients: string;
  envelope_from: string;
  author: string | null;
  message_id: string | null;
  purpose_field: string | null;
  signature_field: string | null;
  /** JSON: {"address", "id"}. */
  feedback: string | null;
}

/** One recipient that one token reached (bridge/store/tokens.ts). */
export interface TokenTable {
  /** `x` of the declaration; first in the key, so that rows of one time lie together and forgetting is a range. */
  expires_at: number;
  token: string;
  recipient: string;
  client: string;
  at: number;
  bound: number;
}

/** A key that an address used (bridge/store/known-keys.ts). */
export interface KnownKeyTable {
  address: string;
  key_id: string;
  level: string;
  dkim_aligned: number;
  first_at: number;
  last_at: number;
}

/** A chain that a kept mail was verified with (bridge/store/certificates.ts). */
export interface CertificateTable {
  key_id: string;
  fingerprint: string;
  chain: string;
  /** 0: the leaf is left of it. */
  whole: number;
  used_at: number;
  /** Digest of the leaf's issuer's name, and its serial number; null where they can't be read, or an older version kept it. */
  issuer: string | null;
  serial: string | null;
  revoked_from: number | null;
  /** JSON of WithdrawnPath[]; null: no CA above it is known to have been revoked. */
  withdrawn: string | null;
}

/** When a mail was first put off (bridge/store/deferrals.ts). */
export interface DeferralTable {
  identity: string;
  at: number;
}

/** What a reader said about a mail (bridge/store/complaints.ts). */
export interface ComplaintTable {
  id: string;
  ref: string;
  /** Digest of the paired reader's address; "" for a complaint by `ref` alone. */
  reader: string;
  code: string;
  actual: string | null;
  at: number;
  undo_hash: string;
  undo_until: number;
  /** "report", "count" or "local": how far it goes. */
  route: string;
  undone: number;
  domain: string | null;
  purpose: string | null;
}

/** A report on its way to a sender (bridge/store/reports.ts). */
export interface ReportTable {
  id: string;
  complaint: string | null;
  /** "report", "arf", "counts" or "sums". */
  kind: string;
  domain: string;
  payload: string;
  /** "queued", "sent" or "failed". */
  state: string;
  created_at: number;
  next_at: number;
  give_up_at: number;
  attempts: number;
  error: string | null;
  sent_at: number | null;
}

/** A report as it arrived, not yet judged (bridge/store/arrivals.ts). */
export interface ArrivalTable {
  id: Generated<number>;
  at: number;
  next_at: number;
  attempts: number;
  request: string;
}

/** A report that counted, at the sending side (bridge/store/received.ts). */
export interface ReceivedTable {
  token: string;
  reporter: string;
  blinded: string;
  attested: number;
  at: number;
  signer: string;
  purpose: string;
  code: string;
  actual: string | null;
}

/** Weekly counts that other bridges told, at the sending side. */
export interface ReceivedCountTable {
  week: number;
  reporter: string;
  domain: string;
  purpose: string;
  code: string;
  count: number;
  at: number;
}

/** Mails of one day whose declaration does not hold (bridge/store/sightings.ts). */
export interface SightingTable {
  /** Unix day. */
  day: number;
  domain: string;
  result: string;
  /** "": not known, or one of too many. */
  purpose: string;
  count: number;
}

/** Digest of one of the first readers behind such a number. */
export interface SightingReaderTable {
  day: number;
  domain: string;
  result: string;
  purpose: string;
  reader: string;
}

/** Daily sums that other bridges told, at the sending side (bridge/store/received-sums.ts). */
export interface ReceivedSumTable {
  id: Generated<number>;
  day: number;
  reporter: string;
  domain: string;
  result: string;
  /** "": not told. */
  purpose: string;
  count: number;
}

/** A pairing that waits for its mailed code (bridge/store/pairings.ts). */
export interface PairingTable {
  id: string;
  address: string;
  code_hash: string;
  attempts: number;
  expires_at: number;
}

/** What a paired add-on shows (bridge/store/bearers.ts). */
export interface BearerTable {
  token_hash: string;
  address: string;
  created_at: number;
  used_at: number;
}

/** A reader's own policy (bridge/store/reader-policies.ts). */
export interface ReaderPolicyTable {
  address: string;
  /** The name that `.pol` has it under, "@" and the domain. null: a version before wrote it, unpublished. */
  alias: string | null;
  policy: string;
  published: number;
  changed_at: number;
}

/** A CRL that was fetched (bridge/store/revocation-lists.ts). */
export interface RevocationListTable {
  place: string;
  /** JSON. */
  urls: string;
  /** base64 of DER, joined by spaces. */
  issuers: string;
  /** JSON: base64 of DER, and ListedAuthority's time; null where an older version kept it. */
  authorities: string | null;
  domain: string;
  own: number;
  list: Uint8Array | null;
  good_until: number | null;
  refresh_at: number;
  used_at: number;
}

/** Small facts about the database itself and about jobs that run once. */
export interface FactTable {
  name: string;
  value: string;
}

/** Every table by its name. */
export interface Tables {
  signals: SignalTable;
  tokens: TokenTable;
  known_keys: KnownKeyTable;
  certificates: CertificateTable;
  deferrals: DeferralTable;
  complaints: ComplaintTable;
  reports: ReportTable;
  arrivals: ArrivalTable;
  received: ReceivedTable;
  received_counts: ReceivedCountTable;
  sightings: SightingTable;
  sighting_readers: SightingReaderTable;
  received_sums: ReceivedSumTable;
  pairings: PairingTable;
  bearers: BearerTable;
  reader_policies: ReaderPolicyTable;
  revocation_lists: RevocationListTable;
  facts: FactTable;
}
