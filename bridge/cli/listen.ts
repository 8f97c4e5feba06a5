// Gives a bridge its sockets: milter listeners, policy service, HTTP. Each place that can't be had is a failure that names
// the setting and what to do.
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { startHttp, type HttpListener } from "../api/http.ts";
import { formatEndpoint, type Endpoint } from "../endpoint/endpoint.ts";
import type { Place } from "../endpoint/listen.ts";
import { serveMilter, type MilterServer } from "../milter/server.ts";
import { prependClient, rememberClient } from "../policyd/handover.ts";
import { servePolicy, type PolicydServer } from "../policyd/server.ts";
import { ClientFacts } from "../pipeline/client-facts.ts";
import type { Clock, Log } from "../pipeline/ports.ts";
import { ok, perm, type Failure, type Result } from "../../shared/result.ts";
import type { Bridge } from "./assemble.ts";
import type { FixedConfig } from "./live.ts";
import type { Setup } from "./setup.ts";

/** Everything that listens. */
export interface Listeners {
  readonly http: HttpListener;
  readonly milters: readonly MilterServer[];
  /** Settles when all connections have ended, after the signal. */
  readonly stopped: Promise<unknown>;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another program; stop that, or choose another place",
  EACCES: "is not allowed to this user; choose a place it may use",
  EADDRNOTAVAIL: "is no address of this machine",
};

/** A place that could not be listened on, in words. */
export function unavailable(setting: string, place: string, error: unknown): Failure {
  const { code, message } = error as NodeJS.ErrnoException;
  // libuv says EACCES for a socket path whose folder is missing.
  const folderless = place.startsWith("/") && !existsSync(dirname(place));
  const why = folderless ? "its folder is not there; make it, or choose another place" : reasons[code ?? ""];
  return perm("cli/listen", `${setting}: ${place} ${why ?? message}`);
}

function socketEndpoint(endpoint: Endpoint, mode: string): Place {
  return endpoint.kind === "unix"
    ? { path: endpoint.path, mode: Number.parseInt(mode, 8) }
    : { host: endpoint.host, port: endpoint.port };
}

async function listenMilters(
  bridge: Bridge,
  config: FixedConfig,
  parts: { readonly facts: ClientFacts; readonly log: Log; readonly signal: AbortSignal },
): Promise<Result<readonly MilterServer[]>> {
  const servers: MilterServer[] = [];
  for (const milter of config.milter) {
    const isWhole = milter.kind === "submission" || milter.pass !== "strip";
    try {
      servers.push(
        await serveMilter(
          {
            endpoint: socketEndpoint(milter.listen, milter.mode),
            listener: milter.kind,
            open: bridge.passage(milter),
            wants: { body: isWhole, newBody: milter.kind === "submission" },
            recipientsDiffer: () => milter.kind !== "submission" && isWhole && bridge.policies.differ(),
            facts: parts.facts,
            onFailure: config.on_failure,
            log: parts.log,
            counters: bridge.metrics,
          },
          parts.signal,
        ),
      );
    } catch (error) {
      return unavailable("milter.listen", formatEndpoint(milter.listen), error);
    }
  }
  return ok(servers);
}

async function listenPolicy(
  bridge: Bridge,
  config: FixedConfig,
  parts: { readonly facts: ClientFacts; readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<Result<PolicydServer>> {
  const { listen, handover } = config.policy_service;
  const { log, clock, facts, signal } = parts;
  const secret = bridge.live.current().secrets.handover;
  const rule = handover === "memory" ? rememberClient(facts) : prependClient({ secret, crypto: bridge.crypto, clock });
  const endpoint = socketEndpoint(listen, "0660");
  try {
    return ok(await servePolicy({ endpoint, rules: [rule], log, counters: bridge.metrics }, signal));
  } catch (error) {
    return unavailable("policy_service.listen", formatEndpoint(listen), error);
  }
}

/** Starts listening; what was opened before a failure closes with the signal. */
export async function listen(
  bridge: Bridge,
  setup: Setup,
  parts: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<Result<Listeners>> {
  const { tls } = setup;
  const config: FixedConfig = setup.config;
  const { signal } = parts;
  const facts = new ClientFacts(parts.clock);
  const milters = await listenMilters(bridge, config, { ...parts, facts });
  if (!milters.ok) return milters;
  const policy = await listenPolicy(bridge, config, { ...parts, facts });
  if (!policy.ok) return policy;
  const { host, port } = config.http.listen;
  try {
    const secure = tls === null ? {} : { tls: { key: tls.key, cert: tls.certificate } };
    const http = await startHttp({
      app: bridge.app,
      host,
      port,
      signal,
      proxies: config.http.trusted_proxies,
      ...secure,
    });
    const stopped = Promise.all([http.closed, policy.value.stopped, ...milters.value.map((milter) => milter.stopped)]);
    return ok({ http, milters: milters.value, stopped });
  } catch (error) {
    return unavailable("http.listen", `${host}:${port}`, error);
  }
}
