// Cipher suites by name: mail servers tell OpenSSL's or GnuTLS' names, seals carry IANA's (RFC 8314 section 4.3), people
// read the cipher alone: "AES-256-GCM".
import { cipherSuites } from "./cipher-suites.ts";

const pairs = cipherSuites
  .trim()
  .split("\n")
  .map((line) => line.split(" ") as [iana: string, openssl: string]);
const opensslByIana: ReadonlyMap<string, string> = new Map(pairs);

/** GnuTLS and others write IANA's name without "TLS" and "WITH"; rustls "TLS13_…" (all seen in Received fields). */
function otherSpellings(iana: string): string[] {
  const bare = iana.replace(/^TLS_/, "").replace("_WITH_", "_");
  return iana.includes("_WITH_") ? [bare] : [`TLS13_${bare}`];
}

const ianaByAny: ReadonlyMap<string, string> = new Map(
  pairs.flatMap(([iana, openssl]) => [openssl, iana, ...otherSpellings(iana)].map((name) => [name, iana] as const)),
);

/** IANA's name for a suite named as OpenSSL, GnuTLS, rustls or IANA does; null when nobody knows it. */
export function ianaCipherName(name: string): string | null {
  return ianaByAny.get(name) ?? null;
}

/** OpenSSL's name for IANA's; null when OpenSSL has none. */
export function opensslCipherName(ianaName: string): string | null {
  return opensslByIana.get(ianaName) ?? null;
}

/** How a suite does its work, read from IANA's name. */
export interface CipherFacts {
  /** IANA's words for the cipher, "AES_256_GCM"; "NULL": encrypts nothing. */
  readonly cipher: string;
  /** A later leak of the server's key opens nothing recorded before (RFC 9325 section 4.2). */
  readonly forwardSecret: boolean;
}

/** Facts of a suite in any spelling; null when it is not known. */
export function cipherFacts(name: string): CipherFacts | null {
  const iana = ianaCipherName(name);
  if (iana === null) return null;
  const [exchange, suite] = iana.includes("_WITH_") ? iana.slice(4).split("_WITH_") : ["", iana.slice(4)];
  const cipher = (suite ?? "").replace(/_(SHA|SHA256|SHA384|MD5)$/, "");
  return { cipher, forwardSecret: exchange === "" || /^(EC)?DHE?_|^PSK_DHE/.test(exchange ?? "") };
}

const irregular: ReadonlyMap<string, string> = new Map([
  ["CHACHA20_POLY1305", "ChaCha20-Poly1305"],
  ["3DES_EDE_CBC", "3DES"],
  ["RC4_128", "RC4"],
  ["IDEA_CBC", "IDEA"],
  ["SEED_CBC", "SEED"],
]);

/** The cipher for people, "AES-256-GCM"; null when the name is not known or the suite encrypts nothing. */
export function cipherWords(name: string): string | null {
  const cipher = cipherFacts(name)?.cipher ?? null;
  if (cipher === null || cipher === "NULL") return null;
  const words = irregular.get(cipher) ?? cipher.replaceAll("_", "-");
  return words.replace(/^CAMELLIA/, "Camellia");
}
