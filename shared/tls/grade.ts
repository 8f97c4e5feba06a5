// How good a hop's encryption was, in four words, and its one-line description. RFC 9325 (BCP 195) sections 3.1 and 4.2,
// RFC 8996 (TLS 1.0 and 1.1), RFC 7568 (SSL 3), RFC 7465 (RC4).
import { cipherFacts, cipherWords } from "./ciphers.ts";
import { tlsVersion, tlsVersionAtLeast, tlsVersionWords } from "./versions.ts";

/** `strong`: as recommended. `fair`: not recommended, not broken. `weak`: advised against. `none`: not encrypted. */
export const tlsGrades = ["strong", "fair", "weak", "none"] as const;
export type TlsGrade = (typeof tlsGrades)[number];

const weakCiphers = /^(RC4|RC2|DES|3DES|IDEA|SEED)/;

/**
 * The grade of version and suite, each in any spelling; null when neither can be read: nothing is said then. A suite
 * that is not known grades as its version's weakest use would.
 */
export function gradeTls(version: string | null, cipher: string | null): TlsGrade | null {
  const facts = cipher === null ? null : cipherFacts(cipher);
  if (facts?.cipher === "NULL") return "none";
  if (facts !== null && weakCiphers.test(facts.cipher)) return "weak";
  if (version === null || tlsVersion(version) === null) return facts === null ? null : "fair";
  if (!tlsVersionAtLeast(version, "1.2")) return "weak";
  if (tlsVersionAtLeast(version, "1.3")) return "strong";
  const authenticated = facts !== null && /GCM|CCM|POLY1305/.test(facts.cipher);
  return facts !== null && facts.forwardSecret && authenticated ? "strong" : "fair";
}

/** "TLS 1.3 · AES-256-GCM", as much of it as is known; null when nothing is. Safe to show: only our own words. */
export function tlsWords(version: string | null, cipher: string | null): string | null {
  const parts = [version === null ? null : tlsVersionWords(version), cipher === null ? null : cipherWords(cipher)];
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.join(" · ");
}
