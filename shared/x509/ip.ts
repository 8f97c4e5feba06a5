// IP addresses as text. RFC 4291 section 2.2 for IPv6, dotted decimal without leading zeros for IPv4.

/** The 4 or 16 octets of an address, or null where it is none. No zone, no brackets, no prefix length. */
export function parseIp(text: string): Uint8Array | null {
  if (text.length > 45) return null;
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/u.test(part))) return null;
  const octets = parts.map(Number);
  return octets.every((octet) => octet <= 255) ? Uint8Array.from(octets) : null;
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => (half === "" ? [] : groups(half)));
  if (head === undefined || head === null || tail === null) return null;
  const missing = 16 - head.length - (tail?.length ?? 0);
  // "::" stands for at least one group; without it nothing may be missing.
  if (tail === undefined ? missing !== 0 : missing < 2) return null;
  return Uint8Array.from([...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])]);
}

function groups(text: string): number[] | null {
  const octets: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const dotted = last && part.includes(".") ? parseIpv4(part) : null;
    if (dotted !== null) octets.push(...dotted);
    else if (/^[0-9a-f]{1,4}$/iu.test(part)) {
      const value = Number.parseInt(part, 16);
      octets.push(value >> 8, value & 0xff);
    } else return null;
  }
  return octets;
}
