// SubjectPublicKeyInfo: which kind of key, and how big. RFC 5280 section 4.1.2.7, RFC 3279, RFC 5480, RFC 8410.
import { DerReader, tags } from "./der.ts";
import { readBitString, readInteger, readOid } from "./values.ts";

/** What the key is; `other`: nothing here verifies with it. */
export type KeyType = "ed25519" | "p256" | "p384" | "p521" | "rsa" | "other";

/** A public key as a certificate carries it. */
export interface PublicKey {
  /** The DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly keyType: KeyType;
  /** Bits of the RSA modulus; null for other keys. */
  readonly rsaBits: number | null;
}

const namedCurves = new Map<string, KeyType>([
  ["1.2.840.10045.3.1.7", "p256"],
  ["1.3.132.0.34", "p384"],
  ["1.3.132.0.35", "p521"],
]);

// Octets of an uncompressed point: 04 and two coordinates (RFC 5480 section 2.2).
const pointOctets: Partial<Record<KeyType, number>> = { p256: 65, p384: 97, p521: 133 };

const rsaEncryption = "1.2.840.113549.1.1.1";
const ecPublicKey = "1.2.840.10045.2.1";
const ed25519 = "1.3.101.112";

/** Reads a SubjectPublicKeyInfo; a well-formed key of an unknown kind or in an unusable form is `other`. */
export function readPublicKey(reader: DerReader): PublicKey {
  const start = reader.position;
  const info = reader.enter(tags.sequence);
  const algorithm = info.enter(tags.sequence);
  const type = readOid(algorithm);
  const parameters = algorithm.more() ? algorithm.element() : null;
  algorithm.finish();
  const { octets, unused } = readBitString(info);
  info.finish();
  const spki = reader.since(start);
  if (reader.failure !== null || unused !== 0) return { spki, keyType: "other", rsaBits: null };
  if (type === rsaEncryption) {
    const rsaBits = modulusBits(octets);
    return { spki, keyType: rsaBits === null ? "other" : "rsa", rsaBits };
  }
  return { spki, keyType: curveOf(type, parameters, octets), rsaBits: null };
}

function curveOf(type: string, parameters: Uint8Array | null, octets: Uint8Array): KeyType {
  if (type === ed25519) return parameters === null && octets.length === 32 ? "ed25519" : "other";
  // RFC 5480 section 2.1.1: named curves only; explicit parameters are how CVE-2020-0601 came in.
  if (type !== ecPublicKey || parameters?.[0] !== tags.oid) return "other";
  const curve = namedCurves.get(readOid(new DerReader(parameters))) ?? "other";
  return octets.length === pointOctets[curve] && octets[0] === 0x04 ? curve : "other";
}

/** RSAPublicKey (RFC 3279 section 2.3.1): bits of its modulus, or null unless it is a plausible key. */
function modulusBits(key: Uint8Array): number | null {
  const outer = new DerReader(key);
  const sequence = outer.enter(tags.sequence);
  const modulus = readInteger(sequence);
  const exponent = readInteger(sequence);
  sequence.finish();
  outer.finish();
  if (outer.failure !== null || (modulus[0] ?? 0x80) >= 0x80 || (exponent[0] ?? 0x80) >= 0x80) return null;
  // An exponent of 1 or an even one signs nothing.
  if (((exponent.at(-1) ?? 0) & 1) === 0 || (exponent.length === 1 && exponent[0] === 1)) return null;
  const leading = modulus[0] === 0 ? modulus.subarray(1) : modulus;
  return leading.length === 0 ? null : leading.length * 8 - Math.clz32(leading[0] ?? 0) + 24;
}
