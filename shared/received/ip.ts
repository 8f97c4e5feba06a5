// IP addresses as mail fields write them, brought to one form. RFC 5321 section 4.1.3 (literals), RFC 5952 (IPv6 text).

const ipv4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;

function normalizeIpv4(text: string): string | null {
  if (!ipv4.test(text)) return null;
  const octets = text.split(".").map(Number);
  return octets.every((octet) => octet <= 255) ? octets.join(".") : null;
}

/** Sixteen-bit groups of one side of "::"; null when one is none. */
function groupsOf(side: string): number[] | null {
  if (side === "") return [];
  const groups = side.split(":");
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : null;
}

/** All eight groups, or null. */
function expand(text: string): number[] | null {
  const sides = text.split("::");
  const [head, tail] = [groupsOf(sides[0] ?? ""), groupsOf(sides[1] ?? "")];
  if (head === null || tail === null || sides.length > 2) return null;
  if (sides.length === 1) return head.length === 8 ? head : null;
  const zeros = 8 - head.length - tail.length;
  return zeros < 1 ? null : [...head, ...Array.from({ length: zeros }, () => 0), ...tail];
}

/** The first of the longest runs of two or more zero groups becomes "::" (RFC 5952 section 4.2). */
function compress(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(":");
  const runs = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const longest = runs.reduce((best, run) => (run[0].length > best.length ? run[0] : best), "");
  if (longest === "") return text;
  const at = runs.find((run) => run[0] === longest)?.index ?? 0;
  return `${text.slice(0, at).replace(/:$/, "")}::${text.slice(at + longest.length).replace(/^:/, "")}`;
}

function normalizeIpv6(text: string): string | null {
  if (text.length > 45 || !/^[0-9a-f:.]+$/i.test(text)) return null;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const embedded = dotted === null ? null : normalizeIpv4(dotted[2] ?? "");
  if (dotted !== null && embedded === null) return null;
  const octets = embedded?.split(".").map(Number) ?? [];
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  const hex =
    embedded === null ? text : `${dotted?.[1] ?? ""}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  const groups = expand(hex);
  if (groups === null) return null;
  // IPv4-mapped ones keep the dotted form (RFC 5952 section 5).
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const [high = 0, low = 0] = groups.slice(6);
  return mapped ? `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}` : compress(groups);
}

/**
 * The address in `text`, with or without brackets, "IPv6:", and an IPv4 port ("[192.0.2.1:25]"); null when it is no
 * address.
 */
export function parseIpAddress(text: string): string | null {
  const bare = text.replace(/^\[(.*)\]$/, "$1").replace(/^ipv6:/i, "");
  return normalizeIpv4(bare.replace(/:\d{1,5}$/, "")) ?? normalizeIpv6(bare);
}
