// Signatures on certificates and CRLs: which algorithm, and whether it verifies. RFC 4055 (RSA), RFC 5758 (ECDSA),
// RFC 8410 (Ed25519). SHA-1, MD5, SHA-224, DSA and everything else is refused.
import { concatBytes } from "../encoding/bytes.ts";
import { DerReader, constructed, tags } from "./der.ts";
import type { KeyType, PublicKey } from "./key.ts";
import { readInteger, readOid, readSmallInteger } from "./values.ts";

/** Hash functions that are strong enough. */
export type SignatureHash = "SHA-256" | "SHA-384" | "SHA-512";

/** A signature algorithm as WebCrypto's names have it. */
export type SignatureScheme =
  | { readonly kind: "rsa"; readonly hash: SignatureHash }
  | { readonly kind: "rsa-pss"; readonly hash: SignatureHash; readonly saltLength: number }
  | { readonly kind: "ecdsa"; readonly hash: SignatureHash; readonly curve: "P-256" | "P-384" | "P-521" }
  | { readonly kind: "ed25519" };

/** What a verifier is asked. An ECDSA signature is r ‖ s, both of the curve's length (IEEE P1363). */
export interface SignatureQuestion {
  readonly scheme: SignatureScheme;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether the signature verifies; false for a key that can't be used, never an exception. */
export type SignatureVerifier = (question: SignatureQuestion) => Promise<boolean> | boolean;

const hashes = new Map<string, SignatureHash>([
  ["2.16.840.1.101.3.4.2.1", "SHA-256"],
  ["2.16.840.1.101.3.4.2.2", "SHA-384"],
  ["2.16.840.1.101.3.4.2.3", "SHA-512"],
]);
const rsaTypes = new Map<string, SignatureHash>([
  ["1.2.840.113549.1.1.11", "SHA-256"],
  ["1.2.840.113549.1.1.12", "SHA-384"],
  ["1.2.840.113549.1.1.13", "SHA-512"],
]);
const ecdsaTypes = new Map<string, SignatureHash>([
  ["1.2.840.10045.4.3.2", "SHA-256"],
  ["1.2.840.10045.4.3.3", "SHA-384"],
  ["1.2.840.10045.4.3.4", "SHA-512"],
]);
const rsaPss = "1.2.840.113549.1.1.10";
const mgf1 = "1.2.840.113549.1.1.8";
const ed25519 = "1.3.101.112";

const curves: Partial<Record<KeyType, { readonly name: "P-256" | "P-384" | "P-521"; readonly octets: number }>> = {
  p256: { name: "P-256", octets: 32 },
  p384: { name: "P-384", octets: 48 },
  p521: { name: "P-521", octets: 66 },
};

/** The scheme of a DER AlgorithmIdentifier with a key of this type; null: refused, or of another key. */
export function signatureScheme(algorithm: Uint8Array, keyType: KeyType): SignatureScheme | null {
  const outer = new DerReader(algorithm);
  const sequence = outer.enter(tags.sequence);
  const type = readOid(sequence);
  const parameters = sequence.more() ? sequence.element() : null;
  sequence.finish();
  outer.finish();
  if (outer.failure !== null) return null;
  const curve = curves[keyType];
  const ecdsaHash = ecdsaTypes.get(type);
  if (ecdsaHash !== undefined)
    return parameters === null && curve !== undefined ? { kind: "ecdsa", hash: ecdsaHash, curve: curve.name } : null;
  if (type === ed25519) return parameters === null && keyType === "ed25519" ? { kind: "ed25519" } : null;
  if (keyType !== "rsa") return null;
  const rsaHash = rsaTypes.get(type);
  if (rsaHash !== undefined) return isNullOrAbsent(parameters) ? { kind: "rsa", hash: rsaHash } : null;
  return type === rsaPss && parameters !== null ? readPssParameters(parameters) : null;
}

function isNullOrAbsent(parameters: Uint8Array | null): boolean {
  return parameters === null || (parameters.length === 2 && parameters[0] === tags.null && parameters[1] === 0);
}

/** RSASSA-PSS-params (RFC 4055 section 3.1), hash and MGF1's hash the same; their defaults, SHA-1, are refused. */
function readPssParameters(parameters: Uint8Array): SignatureScheme | null {
  const outer = new DerReader(parameters);
  const sequence = outer.enter(tags.sequence);
  const hash = explicit(sequence, 0, readHash);
  const generatorHash = explicit(sequence, 1, readGenerator);
  const saltLength = explicit(sequence, 2, readSmallInteger) ?? 20;
  if ((explicit(sequence, 3, readSmallInteger) ?? 1) !== 1) sequence.fail("unknown trailer");
  sequence.finish();
  outer.finish();
  const sound = outer.failure === null && hash === generatorHash && saltLength <= 64;
  return sound && hash !== null ? { kind: "rsa-pss", hash, saltLength } : null;
}

/** The one value behind an explicit tag; null where it is left out. */
function explicit<T>(reader: DerReader, number: number, read: (inner: DerReader) => T): T | null {
  const inner = reader.enterOptional(constructed(number));
  if (inner === null) return null;
  const value = read(inner);
  inner.finish();
  return value;
}

function readGenerator(reader: DerReader): SignatureHash | null {
  const identifier = reader.enter(tags.sequence);
  if (readOid(identifier) !== mgf1) identifier.fail("unknown mask generation function");
  const hash = readHash(identifier);
  identifier.finish();
  return hash;
}

function readHash(reader: DerReader): SignatureHash | null {
  const identifier = reader.enter(tags.sequence);
  const type = readOid(identifier);
  if (identifier.more() && !isNullOrAbsent(identifier.element())) identifier.fail("hash with parameters");
  identifier.finish();
  return hashes.get(type) ?? null;
}

/** Whether `key` signed `signed`. */
export async function verifySignature(
  key: Pick<PublicKey, "spki" | "keyType">,
  signed: {
    readonly tbs: Uint8Array;
    readonly signatureAlgorithm: Uint8Array;
    readonly signature: Uint8Array;
  },
  verifier: SignatureVerifier = webCryptoVerifier,
): Promise<boolean> {
  const scheme = signatureScheme(signed.signatureAlgorithm, key.keyType);
  if (scheme === null) return false;
  const signature = scheme.kind === "ecdsa" ? p1363(signed.signature, key.keyType) : signed.signature;
  return signature !== null && (await verifier({ scheme, spki: key.spki, signed: signed.tbs, signature }));
}

/** ECDSA-Sig-Value (RFC 3279 section 2.2.3) as r ‖ s; null where malformed or too long for the curve. */
function p1363(der: Uint8Array, keyType: KeyType): Uint8Array | null {
  const octets = curves[keyType]?.octets ?? 0;
  const outer = new DerReader(der);
  const sequence = outer.enter(tags.sequence);
  const r = padded(readInteger(sequence), octets);
  const s = padded(readInteger(sequence), octets);
  sequence.finish();
  outer.finish();
  return outer.failure !== null || r === null || s === null ? null : concatBytes(r, s);
}

function padded(integer: Uint8Array, octets: number): Uint8Array | null {
  const value = integer[0] === 0 ? integer.subarray(1) : integer;
  if ((integer[0] ?? 0x80) >= 0x80 || value.length > octets) return null;
  const result = new Uint8Array(octets);
  result.set(value, octets - value.length);
  return result;
}

/** SignatureVerifier over the platform's WebCrypto. */
export async function webCryptoVerifier(question: SignatureQuestion): Promise<boolean> {
  const { scheme } = question;
  const [keyParameters, use] = webCryptoParameters(scheme);
  try {
    const spki = question.spki as Uint8Array<ArrayBuffer>;
    const key = await crypto.subtle.importKey("spki", spki, keyParameters, false, ["verify"]);
    const signature = question.signature as Uint8Array<ArrayBuffer>;
    return await crypto.subtle.verify(use, key, signature, question.signed as Uint8Array<ArrayBuffer>);
  } catch {
    // WebCrypto throws for a key it can't import and for an algorithm it lacks: neither verifies anything.
    return false;
  }
}

type Parameters = { readonly name: string; readonly [parameter: string]: unknown };

function webCryptoParameters(scheme: SignatureScheme): readonly [key: Parameters, use: Parameters] {
  switch (scheme.kind) {
    case "rsa":
      return [{ name: "RSASSA-PKCS1-v1_5", hash: scheme.hash }, { name: "RSASSA-PKCS1-v1_5" }];
    case "rsa-pss":
      return [
        { name: "RSA-PSS", hash: scheme.hash },
        { name: "RSA-PSS", saltLength: scheme.saltLength },
      ];
    case "ecdsa":
      return [
        { name: "ECDSA", namedCurve: scheme.curve },
        { name: "ECDSA", hash: scheme.hash },
      ];
    case "ed25519":
      return [{ name: "Ed25519" }, { name: "Ed25519" }];
  }
}
