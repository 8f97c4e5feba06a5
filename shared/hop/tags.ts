// The tags of a Hop-Signal and how each value is written. Protocol section 4.
// Text that others chose (HELO, names, queue ids, rule ids) is DKIM-Quoted-Printable (RFC 6376 section 2.11), so that no
// control, `;` or line end of theirs ever reaches the header; cut at 255 characters, which is longer than any true one.
import { decodeDkimQuoted, encodeDkimQuoted } from "../encoding/dkim-quoted.ts";

/** The field's name. */
export const hopSignalField = "Hop-Signal";

/** One tag and its meaning in one sentence, as docs/protocol.md renders it. */
export interface HopTag {
  readonly name: string;
  readonly meaning: string;
}

/** All tags, in the order they are written. Only `v a s k hop by t bh b` are required: what is not known is left out. */
export const hopTags = [
  { name: "v", meaning: "Version: 1." },
  { name: "a", meaning: "Algorithm of the seal, the one of its key: ecdsa-p256-sha256, ed25519-sha256 (RFC 8463)." },
  { name: "s", meaning: "Domain whose keys seal, A-labels." },
  { name: "k", meaning: "Key id: base64url SHA-256 of the key's SubjectPublicKeyInfo." },
  { name: "hop", meaning: "1 for the border, one more for each inner MTA." },
  { name: "by", meaning: "Host name of this MTA, and the authserv-id of its Authentication-Results." },
  { name: "id", meaning: "Queue id there." },
  { name: "t", meaning: "When, Unix seconds." },
  { name: "ip", meaning: "Address of the SMTP client." },
  { name: "rdns", meaning: "Its name by reverse DNS, confirmed by the MTA." },
  { name: "helo", meaning: "What it called itself." },
  { name: "with", meaning: "Mail transmission type (IANA's registry, RFC 3848): ESMTPS and so on." },
  { name: "tls", meaning: "TLS version of the connection." },
  { name: "cs", meaning: "Cipher suite, IANA's name (RFC 8314 section 4.3)." },
  { name: "bits", meaning: "Bits of the symmetric key." },
  { name: "grp", meaning: "Key exchange group." },
  { name: "sni", meaning: "Server name the client asked for." },
  { name: "cc", meaning: "Client certificate: none, present, verified." },
  { name: "ccfp", meaning: "sha256: and the digest of the client certificate." },
  { name: "ccpk", meaning: "sha256: and the digest of its public key." },
  { name: "pub", meaning: "What this MX publishes: dane, sts. Never what the sender checked." },
  { name: "pol", meaning: "Rule that decided (local: one reader's own) and its action, joined by a colon." },
  { name: "wot", meaning: "Web of trust among servers: level and depth, joined by a slash." },
  { name: "ipp", meaning: "Result of the declaration (section 3)." },
  { name: "p", meaning: "Declared purpose." },
  { name: "tr", meaning: "Trust level of the signer's key (section 2)." },
  {
    name: "warn",
    meaning:
      "key: another key than before; level: a lower trust level than before; rev: not known whether the certificate was withdrawn.",
  },
  { name: "m", meaning: "all: the From domain says m=all; some: it does not. Left out: nobody could tell." },
  { name: "act", meaning: "What policy did: accept, tag, quarantine, reject." },
  { name: "ref", meaning: "Handle to look this signal up at the bridge." },
  { name: "rc", meaning: "Commitment to the envelope's recipients, by a secret of the bridge." },
  { name: "bh", meaning: "base64url SHA-256 of the relaxed body." },
  { name: "b", meaning: "The seal, base64." },
] as const satisfies readonly HopTag[];
export type HopTagName = (typeof hopTags)[number]["name"];

/** Longest text in one tag, characters. */
export const textCharacters = 255;

/** Text as a tag value. `also`: characters that separate values in this tag. */
export function formatText(text: string, also = ""): string {
  return encodeDkimQuoted(text.length > textCharacters ? text.slice(0, textCharacters) : text, also);
}

/** The text of a tag value; null where it is none, empty, or too long. */
export function parseText(value: string): string | null {
  const text = value.length <= 3 * 4 * textCharacters ? decodeDkimQuoted(value) : null;
  return text === null || text === "" || text.length > textCharacters ? null : text;
}

const decimal = /^(?:0|[1-9][0-9]{0,11})$/;

/** A whole number without sign or leading zeros, or null. */
export function parseNumber(value: string): number | null {
  return decimal.test(value) ? Number(value) : null;
}

/** "<text><separator><word>" cut at its last separator, or null. */
export function cutLast(value: string, separator: string): readonly [before: string, after: string] | null {
  const at = value.lastIndexOf(separator);
  return at <= 0 ? null : [value.slice(0, at), value.slice(at + 1)];
}
