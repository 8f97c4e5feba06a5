// An abuse report, typed. RFC 5965 section 3, with RFC 6591's fields of authentication failures.

/** RFC 5965 section 7.3 and RFC 6591 section 3.1; others are kept as written. */
export type FeedbackType = "abuse" | "auth-failure" | "fraud" | "not-spam" | "other" | "virus" | (string & {});

/** What was reported about. */
export interface ReportedOriginal {
  /** The whole mail, or its header only. */
  readonly kind: "message" | "headers";
  /** Byte string, as it stood in the report. */
  readonly text: string;
}

/** One report. Times are Unix seconds, what was not said is null or empty. All of it as written: hostile. */
export interface AbuseReport {
  readonly feedbackType: FeedbackType;
  readonly userAgent: string | null;
  readonly version: number | null;
  readonly arrivedAt: number | null;
  readonly incidents: number;
  readonly originalEnvelopeId: string | null;
  /** Addresses without angle brackets. */
  readonly originalMailFrom: string | null;
  readonly originalRecipients: readonly string[];
  readonly reportingMta: string | null;
  readonly sourceIp: string | null;
  /** Values of Authentication-Results, unfolded. */
  readonly authenticationResults: readonly string[];
  readonly reportedDomains: readonly string[];
  readonly reportedUris: readonly string[];
  /** RFC 6591 section 3.2.2, and its DKIM fields. */
  readonly authFailure: string | null;
  readonly dkimDomain: string | null;
  readonly dkimIdentity: string | null;
  readonly dkimSelector: string | null;
  readonly original: ReportedOriginal | null;
}
