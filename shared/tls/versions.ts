// TLS versions as mail servers spell them, and which is newer.

/** Oldest first. */
export const tlsVersions = ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
export type TlsVersion = (typeof tlsVersions)[number];

/** "TLSv1.3", "TLS1.3", "TLS1_3", "TLSv1_3", "TLS13", "TLS 1.3", "TLSv1", "TLSv1/SSLv3", "SSLv3" … */
const spelling = /^(?:(tls)[ v]?1(?:[._]?([0-3]))?(?:\/sslv3)?|ssl[ v]?([23])(?:\.0)?)$/i;

/** The version in any spelling; null when it is none. */
export function tlsVersion(text: string): TlsVersion | null {
  const found = text.length <= 16 ? spelling.exec(text) : null;
  if (found === null) return null;
  const name = found[1] === undefined ? `SSLv${found[3] ?? ""}` : `TLSv1.${found[2] ?? "0"}`;
  return tlsVersions.find((version) => version === name) ?? null;
}

/** Whether the version, in any spelling, is `minimum` or newer. What can't be read is not. */
export function tlsVersionAtLeast(text: string | null, minimum: "1.2" | "1.3"): boolean {
  const version = text === null ? null : tlsVersion(text);
  return version !== null && tlsVersions.indexOf(version) >= tlsVersions.indexOf(`TLSv${minimum}`);
}

/** For people: "TLS 1.3". null when it is no version. */
export function tlsVersionWords(text: string): string | null {
  return tlsVersion(text)?.replace("v", " ") ?? null;
}
