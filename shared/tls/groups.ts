// Key exchange groups: IANA's "TLS Supported Groups" names, and what OpenSSL (and so Postfix) calls them.

/** IANA's name first, other spellings behind it. */
const groups: readonly (readonly [iana: string, ...others: string[]])[] = [
  ["secp256r1", "P-256", "prime256v1"],
  ["secp384r1", "P-384"],
  ["secp521r1", "P-521"],
  ["x25519"],
  ["x448"],
  ["brainpoolP256r1"],
  ["brainpoolP384r1"],
  ["brainpoolP512r1"],
  ["brainpoolP256r1tls13"],
  ["brainpoolP384r1tls13"],
  ["brainpoolP512r1tls13"],
  ["ffdhe2048"],
  ["ffdhe3072"],
  ["ffdhe4096"],
  ["ffdhe6144"],
  ["ffdhe8192"],
  ["MLKEM512"],
  ["MLKEM768"],
  ["MLKEM1024"],
  ["X25519MLKEM768"],
  ["SecP256r1MLKEM768"],
  ["SecP384r1MLKEM1024"],
];

const ianaByAny: ReadonlyMap<string, string> = new Map(
  groups.flatMap(([iana, ...others]) => [iana, ...others].map((name) => [name.toLowerCase(), iana] as const)),
);

/** IANA's name of a group in any spelling; null when it is not known. */
export function ianaGroupName(name: string): string | null {
  return ianaByAny.get(name.toLowerCase()) ?? null;
}

/** Whether a later quantum computer leaves what was exchanged by this group closed. Unknown groups: no. */
export function isPostQuantum(name: string): boolean {
  return ianaGroupName(name)?.includes("MLKEM") ?? false;
}
