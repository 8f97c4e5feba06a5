// The demo's small world: three mail domains, their DNS as a map, one CA for TLS, ports, and the configuration of two bridges:
// the reader's (home.example) and the senders' (bank.example, whose DNS is signed and all of whose mail is declared, and
// letters.example, which has neither).
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { ok, perm, type Result } from "../../shared/result.ts";
import { formatPem } from "../../shared/x509/pem.ts";
import { formatDiscoveryRecord } from "../../shared/ipp/discovery.ts";
import { parseConfig } from "../config.ts";
import type { Zone } from "../dns/zone.ts";
import { issueCertificate, type Issuer } from "../keys/issue.ts";
import { formatPrivateKey, generateKey } from "../keys/key-file.ts";
import type { Setup } from "../cli/setup.ts";

/** The demo's reader. */
export const reader = "reader@home.example";
/** Domains and the loopback addresses their servers speak from; whoever is nobody speaks from `stranger`. */
export const senders = { bank: "bank.example", letters: "letters.example" } as const;
export const addresses = {
  bank: "127.0.0.11",
  letters: "127.0.0.12",
  relay: "127.0.0.13",
  stranger: "127.0.0.66",
} as const;
/** Seconds a complaint can be taken back in the demo: long enough to try, short enough to see it travel. */
export const undoSeconds = 20;

const reverse: ReadonlyMap<string, string> = new Map([
  [addresses.bank, "mail.bank.example"],
  [addresses.letters, "mail.letters.example"],
  [addresses.relay, "relay.elsewhere.example"],
]);

/** Reverse DNS, as the demo's mail server sees it. */
export function reverseName(address: string): string | null {
  return reverse.get(address) ?? null;
}

/** Where things listen. */
export interface Ports {
  /** The reading room. */
  readonly http: number;
  /** The embedded mail server. */
  readonly smtp: number;
  /** A mail server of the house without a bridge. */
  readonly bypass: number;
  readonly homeHttps: number;
  readonly sendersHttps: number;
}

/** A certificate for TLS with its key, PEM. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly key: string;
}

/** One CA and what it issued. */
export interface Pki {
  readonly ca: string;
  readonly issue: (hosts: readonly string[]) => Promise<TlsIdentity>;
}

const day = 86_400;

/** A CA of the demo's own, made anew at each start. `now`: Unix seconds. */
export async function makePki(now: number): Promise<Pki> {
  const times = { notBefore: now - day, notAfter: now + 30 * day };
  const key = generateKey("p256");
  const kind = { of: "authority", domain: null } as const;
  const chain = await issueCertificate({ commonName: "Waybill demo CA", key, ...times, kind, issuer: null });
  const issuer: Issuer = { key, chain };
  return {
    ca: chain.map((der) => formatPem(der)).join(""),
    async issue(hosts) {
      const key = generateKey("p256");
      const kind = { of: "server", hosts, addresses: [] } as const;
      const made = await issueCertificate({ commonName: hosts[0] ?? "", key, ...times, kind, issuer });
      return { certificate: made.map((der) => formatPem(der)).join(""), key: formatPrivateKey(key) };
    },
  };
}

/** A free port on loopback. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Whether nobody listens on this port of loopback. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

const hostOf = (domain: string): string => `ipp.${domain}`;
const baseUrl = (domain: string, port: number): string => `https://${hostOf(domain)}:${port}`;

/** DNS of the demo. It is changed once the senders' CA is known. */
export function makeZone(ports: Ports): Zone {
  const record = (domain: string, port: number, allMail: boolean): string =>
    formatDiscoveryRecord({ url: `${baseUrl(domain, port)}/ipp/{d}/`, ca: [], allMail, subaddress: null });
  const entry = (txt: readonly string[], secure: boolean): Zone["names"][string] => ({
    txt: [...txt],
    addresses: [],
    dnssec: secure ? "secure" : "insecure",
    ttl: 0,
    fail: undefined,
  });
  const host: Zone["names"][string] = { ...entry([], false), addresses: ["127.0.0.1"] };
  const { homeHttps, sendersHttps } = ports;
  return {
    names: {
      "_ipp.home.example": entry([record("home.example", homeHttps, false)], true),
      "_ipp.bank.example": entry([record(senders.bank, sendersHttps, true)], true),
      "_ipp.letters.example": entry([record(senders.letters, sendersHttps, false)], false),
      "ipp.home.example": host,
      "ipp.bank.example": host,
      "ipp.letters.example": host,
    },
    default_dnssec: "insecure",
    documents: null,
  };
}

/** Puts a domain's CA into its record. */
export function vouch(zone: Zone, domain: string, digest: string): void {
  const name = `_ipp.${domain}`;
  const before = zone.names[name];
  if (before === undefined) return;
  const txt = before.txt.map((record) => `${record}; ca=sha256:${digest}`);
  zone.names[name] = { ...before, txt };
}

/** Configuration of one of the two bridges. */
export function demoSetup(wish: {
  readonly side: "home" | "senders";
  readonly state: string;
  readonly ports: Ports;
  readonly ca: string;
}): Result<Setup> {
  const { side, state, ports, ca } = wish;
  const home = side === "home";
  const text = `
hostname = "${home ? "mx.home.example" : "mail.bank.example"}"
domains = ${JSON.stringify(home ? ["home.example"] : Object.values(senders))}
state = ${JSON.stringify(join(state, side))}
[http]
listen = "127.0.0.1:${home ? ports.http : ports.sendersHttps}"
${home ? "" : `url = "${baseUrl(senders.bank, ports.sendersHttps)}"`}
[fetch]
allow_loopback = true
[mail]
smtp = "127.0.0.1:${ports.smtp}"
[reports]
undo_seconds = ${undoSeconds}
delay_min_seconds = 0
delay_max_seconds = 0
`;
  const config = parseConfig(text);
  if (!config.ok) return perm(config.code, `the demo's own configuration: ${config.detail}`);
  const { login_is_address: loginIsAddress, purposes } = config.value.signing;
  return ok({
    path: "the demo",
    config: config.value,
    floor: null,
    policy: { id: "demo", maxAgeSeconds: 86_400, default: "accept", undeclared: "accept", rules: [] },
    grants: { users: [], domains: config.value.domains, loginIsAddress, purposes },
    anchors: [],
    extraCa: [ca],
    tls: null,
    otherKeys: [],
  });
}
