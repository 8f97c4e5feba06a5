// The outside world of commands and of the bridge: resolver, https, documents, as configured.
import { networkInterfaces } from "node:os";
import type { Result } from "../../shared/result.ts";
import { ok, perm } from "../../shared/result.ts";
import type { Config } from "../config.ts";
import type { DnsServer } from "../dns/exchange.ts";
import type { Resolver } from "../dns/resolver.ts";
import { stubResolver } from "../dns/stub.ts";
import { isAddress, parseEndpoint } from "../endpoint/endpoint.ts";
import { listRates, requestBudget, type Budget } from "../fetch/budget.ts";
import type { Reach } from "../fetch/destination.ts";
import { fetchedDocuments, type Documents } from "../fetch/documents.ts";
import { httpsAsk, type HttpsAsk } from "../fetch/https.ts";
import { fetchedRevocations, type RevocationOptions, type Revocations } from "../trust/revocation.ts";

/** Who asks, as others' logs show it. */
export const userAgent = "waybill/0.1";

/** Monotonic milliseconds. */
export function monotonic(): number {
  return performance.now();
}

/** A resolver's place. */
export function dnsServer({ host, port }: { readonly host: string; readonly port: number }): DnsServer {
  return { address: host === "localhost" ? "127.0.0.1" : host, port };
}

/** "127.0.0.1", "127.0.0.1:5353" or "[::1]:53". */
export function parseResolver(text: string): Result<DnsServer> {
  const endpoint = parseEndpoint(text) ?? parseEndpoint(text.includes(":") ? `[${text}]:53` : `${text}:53`);
  // Who resolves names can't be found by a name.
  return endpoint?.kind === "tcp" && endpoint.port > 0 && isAddress(endpoint.host)
    ? ok(dnsServer(endpoint))
    : perm("cli/usage", `--resolver: expected "address:port", got "${text}"`);
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
export function resolverOf(config: Pick<Config, "dns">): Resolver {
  const { resolver, timeout_ms: timeoutMs } = config.dns;
  return stubResolver({ server: dnsServer(resolver), timeoutMs, now: monotonic });
}

/** https with the configured reach and CAs, with a budget of its own where none is given. */
export function askOf(
  resolver: Resolver,
  reach: Reach,
  extraCa: readonly string[],
  budget: Budget = requestBudget(monotonic),
): HttpsAsk {
  return httpsAsk({ resolver, reach, extraCa, userAgent, budget });
}

/** Documents over `ask`, with a budget of their own where none is given. */
export function documentsOf(ask: HttpsAsk, budget: Budget = requestBudget(monotonic)): Documents {
  return fetchedDocuments({ ask, budget, now: monotonic });
}

/** CRLs over `ask`, with a budget of their own. */
export function revocationsOf(options: Omit<RevocationOptions, "budget">): Revocations {
  return fetchedRevocations({ ...options, budget: requestBudget(monotonic, listRates) });
}
