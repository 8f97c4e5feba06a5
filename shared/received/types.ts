// Received, typed as far as wordings agree. RFC 5321 section 4.4.

/** The `from` clause: what the client said of itself and what the server saw. */
export interface ReceivedFrom {
  /** HELO or EHLO name; null where the wording has none. */
  readonly helo: string | null;
  /** Reverse DNS name. */
  readonly rdns: string | null;
  readonly ip: string | null;
}

export interface Received {
  readonly from: ReceivedFrom | null;
  readonly by: string | null;
  readonly with: string | null;
  readonly tls: {
    readonly version: string | null;
    readonly cipher: string | null;
    readonly bits: number | null;
  } | null;
  readonly id: string | null;
  readonly for: string | null;
  /** Unix seconds. */
  readonly date: number | null;
}
