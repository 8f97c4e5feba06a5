// Carries what only policy services are told to the milter: by memory in one process, by a MACed field in another.
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { clientHeader, formatClientHeader } from "../pipeline/client-header.ts";
import type { ClientFacts } from "../pipeline/client-facts.ts";
import type { Clock } from "../pipeline/ports.ts";
import { certificateOf, connectionOf } from "./client.ts";
import type { PolicyRule } from "./rules.ts";

/** Milter and policy service in one process: every request refreshes what is remembered of its connection. */
export function rememberClient(facts: ClientFacts): PolicyRule {
  return (request) => {
    const connection = connectionOf(request);
    if (connection !== null) facts.remember(connection, certificateOf(request));
    return null;
  };
}

/**
 * Milter and policy service in two processes: a field is prepended to the mail, which the milter checks and removes. At
 * DATA, once a mail (RFC 5321 section 4.1.1.4); at RCPT there would be one for every recipient.
 */
export function prependClient(deps: {
  readonly secret: Uint8Array;
  readonly crypto: Crypto;
  readonly clock: Clock;
}): PolicyRule {
  return async (request) => {
    const connection = connectionOf(request);
    const certificate = certificateOf(request);
    if (request.get("protocol_state") !== "DATA" || connection === null || certificate === null) return null;
    const moment = { address: connection.clientAddress, port: connection.clientPort, at: deps.clock.now() };
    return `PREPEND ${clientHeader}: ${await formatClientHeader(moment, certificate, deps.secret, deps.crypto)}`;
  };
}
