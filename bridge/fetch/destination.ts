// Where the bridge lets itself be sent by what strangers publish: public unicast addresses, https, nowhere else
// (protocol section 1); http on its own port for what carries its own signature, which is CRLs (section 2). A URL's host is looked at first, then every address it resolves to, then the address that was
// really connected to: IP literals never reach a look-up, and a name may answer differently the second time.
// Known gap: a NAT64 prefix of one's own network (RFC 6052 section 2.2) can't be recognised; name it in `refuse`.
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { ok, perm, type Result } from "../../shared/result.ts";

/** Which addresses may be connected to. */
export interface Reach {
  /** Loopback too: labs and the demo only. */
  readonly allowLoopback: boolean;
  /** CIDR ranges never connected to, beside all that isn't public: one's own networks, NAT64 prefixes. */
  readonly refuse: readonly string[];
  /** This machine's own addresses, asked anew each time. */
  readonly own: () => readonly string[];
}

/** Global unicast (RFC 4291 section 2.4): what IANA has not opened is not there. */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  // ipaddr.js has the special-purpose registries (RFC 6890): NAT64, 6to4, Teredo, mapped and documentation ranges are
  // names of their own there, so "unicast" leaves them out.
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || (address as ipaddr.IPv6).match(globalUnicast);
}

function inRange(address: ipaddr.IPv4 | ipaddr.IPv6, cidr: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return network.kind() === address.kind() && address.match(network, bits);
}

/** Whether `cidr` can stand in `Reach.refuse`. */
export function isCidr(cidr: string): boolean {
  return ipaddr.isValidCIDR(cidr);
}

/** Whether the bridge may connect to this address, as a resolver or the kernel writes it. */
export function mayConnect(address: string, reach: Reach): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() === "loopback") return reach.allowLoopback;
  if (!isPublic(parsed)) return false;
  const canonical = parsed.toString();
  const isOwn = reach.own().some((own) => isIP(own) !== 0 && ipaddr.parse(own).toString() === canonical);
  return !isOwn && !reach.refuse.some((cidr) => inRange(parsed, cidr));
}

/** Below 1024 live other protocols' servers; talking TLS to them on a stranger's word helps nobody. Plain text hurts. */
function isOwnPort({ port, protocol }: URL, { allowLoopback }: Reach): boolean {
  if (port === "") return true;
  return Number(port) >= 1024 && (protocol === "https:" || allowLoopback);
}

/**
 * The URL, when it may be fetched as far as its text tells; `plainToo`: http: will do. Permanent failures: fetch/url (no
 * URL, not https, user name, a port of another protocol), fetch/address (an IP literal, however spelled, that is not public).
 */
export function checkUrl(text: string, reach: Reach, plainToo = false): Result<URL> {
  if (!URL.canParse(text)) return perm("fetch/url", "not a URL");
  const url = new URL(text);
  if (url.protocol !== "https:" && !(plainToo && url.protocol === "http:"))
    return perm("fetch/url", `${url.protocol} where only https: is fetched`);
  if (url.username !== "" || url.password !== "") return perm("fetch/url", "a user name in the URL");
  if (!isOwnPort(url, reach)) return perm("fetch/url", `port ${url.port} is another protocol's`);
  const literal = addressLiteral(url);
  if (literal !== null && !mayConnect(literal, reach))
    return perm("fetch/address", `${literal} is not a public address`);
  return ok(url);
}

/** The host as an IP address where it is one: WHATWG URL parsing has already turned 0x7f.1 and 2130706433 into 127.0.0.1. */
export function addressLiteral(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? null : host;
}
