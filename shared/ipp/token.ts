// The token of a declaration: what lets the sender check a report without having stored anything. Protocol section 3.
// 30 octets: version ‖ key id ‖ 12-octet nonce ‖ first 16 octets of
//   HMAC-SHA-256(token key; "ipp1-token" 0 version ‖ key id ‖ nonce ‖ d 0 i 0 p 0 cls 0 t 0 SHA-256(rh) ‖ SHA-256(rd)),
// rh and rd as they stand in the signature, joined by ":". No field can hold a NUL, so the encoding is unambiguous.
// rd is covered too, beyond the starting design: the sender attests a report by whether its signer is one of rd, and
// must be able to believe the list it is shown.
import type { Crypto } from "../crypto/crypto.ts";
import { fromBase64Url, isBase64Url, toBase64Url } from "../encoding/base64.ts";
import { concatBytes, encodeUtf8, equalBytes } from "../encoding/bytes.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";

/** A token key of the sending bridge. Several may be valid at once; the token names its own. */
export interface TokenKey {
  /** 0 to 255. */
  readonly id: number;
  /** 32 random octets. */
  readonly secret: Uint8Array;
}

/** What a token vouches for. `rh` and `rd` are the lists as they stand in the signature. */
export interface TokenClaims {
  /** `d` and `i`. */
  readonly domain: string;
  readonly address: string;
  readonly purpose: string;
  readonly classification: string | null;
  /** `t`, Unix seconds. */
  readonly signedAt: number;
  readonly rh: readonly string[];
  readonly rd: readonly string[];
}

/** Octets of a token, of its nonce, and where the MAC begins. */
export const tokenBytes = 30;
export const nonceBytes = 12;
const macOffset = 2 + nonceBytes;
const tokenVersion = 1;

/** Whether the text has the form of a token of this version. Checked before anything is fetched. */
export function isToken(text: string): boolean {
  // The first octet is the version: 1 gives "AQ" to "AR…": decoding decides.
  return isBase64Url(text, tokenBytes) && fromBase64Url(text)?.[0] === tokenVersion;
}

/** The nonce of a token: the salt of its `rh` and `rd`. null where it has not a token's form. */
export function tokenNonce(token: string): Uint8Array | null {
  const bytes = fromBase64Url(token);
  return bytes?.length === tokenBytes && bytes[0] === tokenVersion ? bytes.subarray(2, macOffset) : null;
}

async function mac(head: Uint8Array, secret: Uint8Array, claims: TokenClaims, crypto: Crypto): Promise<Uint8Array> {
  const { domain, address, purpose, classification, signedAt, rh, rd } = claims;
  const data = concatBytes(
    encodeUtf8("ipp1-token\0"),
    head,
    encodeUtf8(`${domain}\0${address}\0${purpose}\0${classification ?? ""}\0${signedAt}\0`),
    await crypto.digest(encodeUtf8(rh.join(":"))),
    await crypto.digest(encodeUtf8(rd.join(":"))),
  );
  return (await crypto.hmac(secret, data)).subarray(0, tokenBytes - macOffset);
}

/** A token for these claims. `nonce`: 12 fresh random octets, the same that salted `rh` and `rd`. */
export async function issueToken(
  claims: TokenClaims,
  key: TokenKey,
  nonce: Uint8Array,
  crypto: Crypto,
): Promise<string> {
  if (nonce.length !== nonceBytes || !Number.isInteger(key.id) || key.id < 0 || key.id > 255) {
    throw new RangeError("a token needs a nonce of 12 octets and a key id from 0 to 255");
  }
  const head = concatBytes(Uint8Array.of(tokenVersion, key.id), nonce);
  return toBase64Url(concatBytes(head, await mac(head, key.secret, claims, crypto)));
}

/**
 * Whether one of our keys issued this token for these claims. Fails with ipp/token (not a token's form),
 * ipp/token-key (a key we do not have, or no longer) or ipp/token-mac (never issued, or for something else).
 */
export async function checkToken(question: {
  readonly token: string;
  readonly keys: readonly TokenKey[];
  readonly claims: TokenClaims;
  readonly crypto: Crypto;
}): Promise<Result<void>> {
  const { token, keys, claims, crypto } = question;
  const bytes = fromBase64Url(token);
  if (bytes?.length !== tokenBytes || bytes[0] !== tokenVersion) {
    return perm("ipp/token", "not the form of a token");
  }
  const key = keys.find((candidate) => candidate.id === bytes[1]);
  if (key === undefined) {
    return perm("ipp/token-key", `no token key ${bytes[1]}`);
  }
  const expected = await mac(bytes.subarray(0, macOffset), key.secret, claims, crypto);
  return equalBytes(expected, bytes.subarray(macOffset))
    ? ok(undefined)
    : perm("ipp/token-mac", "not issued for this mail");
}
