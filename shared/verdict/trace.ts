// The fields that servers put on a mail on its way, sorted by whether one's own server stands behind them:
// Authentication-Results (RFC 8601) and Received (RFC 5321 section 4.4).
import { checkMethods, sameAuthservId } from "../authres/checks.ts";
import { claimsId } from "../authres/claims.ts";
import { parseAuthenticationResults } from "../authres/parse.ts";
import type { AuthenticationResults } from "../authres/types.ts";
import type { HeaderField } from "../header/field.ts";
import type { HopFinding, HopFindings } from "../hop/types.ts";
import { parseReceived } from "../received/parse.ts";
import type { Received } from "../received/types.ts";
import type { Evidence } from "./types.ts";

/** Fields of either name that are looked at, from the top: below stands what came from far away. */
const maxFields = 100;

interface Placed<T> {
  readonly index: number;
  readonly value: T;
}

function placed<T>(fields: readonly HeaderField[], name: string, read: (value: string) => T): Placed<T>[] {
  return fields
    .flatMap((field, index) => (field.name.toLowerCase() === name ? [{ index, field }] : []))
    .slice(0, maxFields)
    .map(({ index, field }) => ({ index, value: read(field.value) }));
}

function resultsOf(value: string): AuthenticationResults | null {
  const parsed = parseAuthenticationResults(value);
  return parsed.ok ? parsed.value : null;
}

/**
 * Without a seal anybody may have written the lower ones of several fields of a trusted name, where the provider does not
 * remove them: of each method only the topmost field that speaks of it counts, and none below one that can't be read.
 */
function topmostOnly(values: readonly string[], trustedAuthservIds: readonly string[]): AuthenticationResults[] {
  const spoken = new Set<string>();
  const found: AuthenticationResults[] = [];
  for (const value of values) {
    if (!claimsId(value, trustedAuthservIds)) continue;
    const field = resultsOf(value);
    if (field === null) break;
    const results = field.results.filter(({ method }) => !spoken.has(method));
    for (const method of checkMethods) if (results.some((result) => result.method === method)) spoken.add(method);
    if (results.length > 0) found.push({ ...field, results });
  }
  return found;
}

/**
 * Results that count: those under a verified seal, written under its server's name; without a seal those of the
 * authserv-ids the reader trusts, as claims. With no id configured nothing is trusted.
 */
export function trustedChecks(
  fields: readonly HeaderField[],
  { verified }: HopFindings,
  trustedAuthservIds: readonly string[],
): Evidence["checks"] {
  const all = placed(fields, "authentication-results", (value) => value);
  const isCovered = (index: number, { authservId }: AuthenticationResults): boolean =>
    verified.some((hop) => index > hop.index && sameAuthservId(authservId, hop.signal.by));
  if (verified.length > 0) {
    const results = all.flatMap(({ index, value }) => {
      const field = resultsOf(value);
      return field !== null && isCovered(index, field) ? [field] : [];
    });
    return { results, sealed: true };
  }
  const values = all.map(({ value }) => value);
  return { results: topmostOnly(values, trustedAuthservIds), sealed: false };
}

function sameHost(a: string | null, b: string): boolean {
  return a !== null && a.toLowerCase() === b.toLowerCase();
}

/** The Received that the sealing server itself wrote for the hop it sealed: told by the seal already. */
function ownReceived(all: readonly Placed<Received | null>[], { index, signal }: HopFinding): number | null {
  const next = all.find((field) => field.index > index);
  const same = next?.value !== undefined && next.value !== null && sameHost(next.value.by, signal.by);
  return same && (signal.queueId === null || next.value?.id === signal.queueId) ? next.index : null;
}

/** The way as the mail's Received fields tell it, newest first, and which of them a trusted server wrote. */
export function receivedSteps(
  fields: readonly HeaderField[],
  { verified, oldestIndex }: HopFindings,
  trustedAuthservIds: readonly string[],
): Pick<Evidence, "received" | "trustedReceived"> {
  const all = placed(fields, "received", (value) => {
    const parsed = parseReceived(value);
    return parsed.ok ? parsed.value : null;
  });
  const repeated = new Set(verified.map((hop) => ownReceived(all, hop)));
  const received = all
    .filter(({ index }) => !repeated.has(index))
    .map(({ index, value }) => ({ received: value, own: index < oldestIndex }));
  const isTrusted = (by: string): boolean =>
    trustedAuthservIds.some((id) => sameHost(by, id) || by.toLowerCase().endsWith(`.${id.toLowerCase()}`));
  const trusted = received.findIndex(
    ({ received }) => received?.by !== undefined && received.by !== null && isTrusted(received.by),
  );
  return { received, trustedReceived: trusted === -1 ? null : trusted };
}
