// Short digests: what the store keeps instead of addresses and secrets.
import { hash } from "node:crypto";
import { isAscii } from "../../shared/encoding/bytes.ts";
import { asciiLower, withAsciiDomain } from "../../shared/header/address.ts";

/** The address as everything here compares it: ASCII lower case (protocol section 1, alias), its domain in A-labels. */
export function sameAddress(address: string): string {
  const lower = asciiLower(address);
  return isAscii(lower) ? lower : withAsciiDomain(lower);
}

/** 120 bits of SHA-256 over the parts, base64url: no two inputs of one table meet by chance. Parts hold no NUL. */
export function digest(...parts: readonly string[]): string {
  return hash("sha256", parts.join("\0"), "base64url").slice(0, 20);
}

/** All of SHA-256, hex: for secrets that are compared by their digest. */
export function secretDigest(secret: string): string {
  return hash("sha256", secret, "hex");
}
