// Received, typed as far as wordings agree. RFC 5321 section 4.4.

/** The `from` clause: what the client said of itself and what the server saw. All of it as written: hostile. */
export interface ReceivedFrom {
  /** The word behind "from", brackets undone. Postfix, Sendmail, Exchange: the HELO; qmail, Exim: the reverse DNS name. */
  readonly name: string | null;
  /** HELO or EHLO name; null where the wording has none. */
  readonly helo: string | null;
  /** Reverse DNS name. */
  readonly rdns: string | null;
  /** As RFC 5952 writes it. */
  readonly ip: string | null;
}

/** One Received field. What it does not tell is null. */
export interface Received {
  readonly from: ReceivedFrom | null;
  readonly by: string | null;
  /** A mail transmission type ("ESMTPS", IANA; RFC 3848), or "HTTP", "POP3", "Local"; null for inventions. */
  readonly with: string | null;
  /** What the field tells of TLS. null: nothing, which need not mean none ("ESMTPS" says that there was). */
  readonly tls: {
    /** "TLSv1.3". */
    readonly version: string | null;
    /** As written: OpenSSL's, GnuTLS' or IANA's name. */
    readonly cipher: string | null;
    readonly bits: number | null;
  } | null;
  readonly id: string | null;
  readonly for: string | null;
  /** Unix seconds. */
  readonly date: number | null;
}
