// The outside world of commands and of the bridge: resolver, https, documents, as configured.
import { networkInterfaces } from "node:os";
import type { Result } from "../../shared/result.ts";
import { ok, perm } from "../../shared/result.ts";
import { parseEndpoint, type Config, type Endpoint } from "../config.ts";
import type { DnsServer } from "../dns/exchange.ts";
import type { Resolver } from "../dns/resolver.ts";
import { stubResolver } from "../dns/stub.ts";
import { requestBudget } from "../fetch/budget.ts";
import type { Reach } from "../fetch/destination.ts";
import { fetchedDocuments, type Documents } from "../fetch/documents.ts";
import { httpsAsk, type HttpsAsk } from "../fetch/https.ts";

/** Who asks, as others' logs show it. */
export const userAgent = "waybill/0.1";

/** Monotonic milliseconds. */
export function monotonic(): number {
  return performance.now();
}

/** A resolver's place: an IP address and a port. */
export function dnsServer(endpoint: Endpoint): Result<DnsServer> {
  return endpoint.kind === "tcp"
    ? ok({ address: endpoint.host === "localhost" ? "127.0.0.1" : endpoint.host, port: endpoint.port })
    : perm("cli/resolver", `a resolver is "address:port", not a socket path`);
}

/** "127.0.0.1", "127.0.0.1:5353" or "[::1]:53". */
export function parseResolver(text: string): Result<DnsServer> {
  const endpoint = parseEndpoint(text) ?? parseEndpoint(text.includes(":") ? `[${text}]:53` : `${text}:53`);
  return endpoint === null
    ? perm("cli/usage", `--resolver: expected "address:port", got "${text}"`)
    : dnsServer(endpoint);
}

/** This machine's own addresses. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

/** Which addresses may be connected to. `ownToo`: asking oneself, as `doctor` does. */
export function reachOf(config: Pick<Config, "fetch">, ownToo = false): Reach {
  const { allow_loopback: allowLoopback, refuse } = config.fetch;
  return { allowLoopback: allowLoopback || ownToo, refuse, own: ownToo ? () => [] : ownAddresses };
}

/** The resolver of a configuration. */
export function resolverOf(config: Pick<Config, "dns">): Result<Resolver> {
  const server = dnsServer(config.dns.resolver);
  if (!server.ok) return server;
  return ok(stubResolver({ server: server.value, timeoutMs: config.dns.timeout_ms, now: monotonic }));
}

/** https with the configured reach and CAs. */
export function askOf(resolver: Resolver, reach: Reach, extraCa: readonly string[]): HttpsAsk {
  return httpsAsk({ resolver, reach, extraCa, userAgent });
}

/** Documents over `ask`, with a budget of their own. */
export function documentsOf(ask: HttpsAsk): Documents {
  return fetchedDocuments({ ask, budget: requestBudget(monotonic), now: monotonic });
}
