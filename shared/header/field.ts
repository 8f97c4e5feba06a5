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

/** Names met before. A name is kept as a string of its own: a piece of a larger one would keep all of that. */
const metBefore = new Map<string, string>();
const metBeforeEntries = 500;
const metBeforeUnits = 60;

/**
 * A field's name as it is compared: lower case, without the white space that obsolete syntax allows before the colon
 * (RFC 5322 section 4.5). The same few names come with every mail, and the same string is answered for them.
 */
export function plainName(name: string): string {
  const before = metBefore.get(name);
  if (before !== undefined) {
    return before;
  }
  const plain = name.trimEnd().toLowerCase();
  if (name.length <= metBeforeUnits) {
    // Whoever sends mail fills it, so it is emptied where it is full.
    if (metBefore.size >= metBeforeEntries) {
      metBefore.clear();
    }
    metBefore.set(ownCopy(name), ownCopy(plain));
  }
  return plain;
}

function ownCopy(text: string): string {
  return text.split("").join("");
}
