// IP addresses as mail fields write them, brought to one form. RFC 5321 section 4.1.3 (literals), RFC 5952 (IPv6 text).
import { parseIp } from "../x509/ip.ts";

/** The first of the longest runs of two or more zero groups becomes "::" (RFC 5952 section 4.2). */
function compress(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(":");
  const runs = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const longest = runs.reduce((best, run) => (run[0].length > best.length ? run[0] : best), "");
  if (longest === "") return text;
  const at = runs.find((run) => run[0] === longest)?.index ?? 0;
  return `${text.slice(0, at).replace(/:$/, "")}::${text.slice(at + longest.length).replace(/^:/, "")}`;
}

function formatIp(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  // IPv4-mapped ones keep the dotted form (RFC 5952 section 5).
  const mapped = octets.subarray(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff;
  if (mapped) return `::ffff:${octets.subarray(12).join(".")}`;
  return compress(
    Array.from({ length: 8 }, (_, index) => (octets[2 * index] ?? 0) * 256 + (octets[2 * index + 1] ?? 0)),
  );
}

/**
 * The address in `text`, with or without brackets, "IPv6:", and an IPv4 port ("[192.0.2.1:25]"); null when it is no
 * address.
 */
export function parseIpAddress(text: string): string | null {
  const bare = text.replace(/^\[(.*)\]$/, "$1").replace(/^ipv6:/i, "");
  const octets = parseIp(bare) ?? (bare.includes(".") ? parseIp(bare.replace(/:\d{1,5}$/, "")) : null);
  return octets === null ? null : formatIp(octets);
}
