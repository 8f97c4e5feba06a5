// One header field as it stood on the wire. RFC 5322 section 2.2.

/**
 * A header field. Both strings are byte strings: one UTF-16 unit per octet, U+0000 to U+00FF, so that what was signed is
 * kept exactly and UTF-8 (RFC 6532) is decoded only for showing.
 */
export interface HeaderField {
  /** As written, without the colon: "Subject", "subject". Compare lower-cased. */
  readonly name: string;
  /** Everything after the colon, leading space and folding included, without the final line end. */
  readonly value: string;
}

/** A mail taken apart, not interpreted. */
export interface Message {
  readonly fields: readonly HeaderField[];
  /** The octets after the empty line, line ends as they came. */
  readonly body: Uint8Array;
}
