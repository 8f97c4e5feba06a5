// The kinds of keys that seal and sign reports: P-256, which new keys are, and Ed25519, which old ones are until they retire.
// Of which kind a key is stands in its own octets; what a seal or a report calls itself must agree with that.
import type { SignatureAlgorithm, Signer } from "../crypto/crypto.ts";
import { fromBase64Url, toBase64Url } from "../encoding/base64.ts";
import { concatBytes, equalBytes } from "../encoding/bytes.ts";

/** `a` of a Hop-Signal. Signatures of either are 64 octets. */
export const sealAlgorithms = ["ecdsa-p256-sha256", "ed25519-sha256"] as const satisfies readonly SignatureAlgorithm[];
export type SealAlgorithm = (typeof sealAlgorithms)[number];

/** Holds a private key that may seal. */
export interface SealSigner extends Signer {
  readonly algorithm: SealAlgorithm;
}

/** Whether its key is of a kind that may seal. */
export function isSealSigner(signer: Signer): signer is SealSigner {
  return sealAlgorithms.some((algorithm) => algorithm === signer.algorithm);
}

/** The public half as a JSON Web Key: RFC 7518 section 6.2 (P-256, which has a `y`), RFC 8037 section 2 (Ed25519). */
export interface PublicJwk {
  readonly kty: "EC" | "OKP";
  readonly crv: "P-256" | "Ed25519";
  readonly x: string;
  readonly y?: string;
}

interface KeyType extends Pick<PublicJwk, "kty" | "crv"> {
  readonly algorithm: SealAlgorithm;
  /** DER of a SubjectPublicKeyInfo before the key's coordinates, which end it. */
  readonly spkiPrefix: Uint8Array;
  readonly coordinates: readonly ("x" | "y")[];
}

/** Octets of a coordinate. */
const coordinateBytes = 32;

const keyTypes: readonly KeyType[] = [
  {
    algorithm: "ecdsa-p256-sha256",
    kty: "EC",
    crv: "P-256",
    // RFC 5480 section 2: ecPublicKey, secp256r1, an uncompressed point.
    spkiPrefix: new Uint8Array([
      0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
      0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]),
    coordinates: ["x", "y"],
  },
  {
    algorithm: "ed25519-sha256",
    kty: "OKP",
    crv: "Ed25519",
    // RFC 8410 section 4.
    spkiPrefix: new Uint8Array([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]),
    coordinates: ["x"],
  },
];

function keyTypeOf(spki: Uint8Array): KeyType | null {
  const fits = ({ spkiPrefix, coordinates }: KeyType): boolean =>
    spki.length === spkiPrefix.length + coordinates.length * coordinateBytes &&
    equalBytes(spki.subarray(0, spkiPrefix.length), spkiPrefix);
  return keyTypes.find(fits) ?? null;
}

/** The one algorithm a key may seal by, told from its SubjectPublicKeyInfo; null: a key of another kind. */
export function sealAlgorithmOf(spki: Uint8Array): SealAlgorithm | null {
  return keyTypeOf(spki)?.algorithm ?? null;
}

/** A SubjectPublicKeyInfo as JWK; null: a key of another kind. */
export function formatPublicJwk(spki: Uint8Array): PublicJwk | null {
  const type = keyTypeOf(spki);
  if (type === null) {
    return null;
  }
  const { kty, crv, spkiPrefix, coordinates } = type;
  const [x = "", y] = coordinates.map((_, index) => {
    const start = spkiPrefix.length + index * coordinateBytes;
    return toBase64Url(spki.subarray(start, start + coordinateBytes));
  });
  return { kty, crv, x, ...(y === undefined ? {} : { y }) };
}

/** The SubjectPublicKeyInfo of a JWK; "other": of another kind; null: malformed. */
export function parsePublicJwk(entry: Readonly<Record<string, unknown>>): Uint8Array | "other" | null {
  const type = keyTypes.find(({ kty, crv }) => kty === entry["kty"] && crv === entry["crv"]);
  if (type === undefined) {
    return "other";
  }
  const parts = type.coordinates.map((name) => {
    const text = entry[name];
    return typeof text === "string" ? fromBase64Url(text) : null;
  });
  return parts.every((part) => part?.length === coordinateBytes)
    ? concatBytes(type.spkiPrefix, ...parts.filter((part) => part !== null))
    : null;
}
