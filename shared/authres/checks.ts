// What Authentication-Results say about the four checks people know, read so that nothing gets better by being said
// twice. RFC 8601 section 2.7; ARC: RFC 8617 section 5.1. The caller decides whose fields to hand in.
import type { AuthenticationMethod, AuthenticationResults } from "./types.ts";

/** The checks that are told, in the order they are told. */
export const checkMethods = ["dkim", "spf", "dmarc", "arc"] as const;
export type CheckMethod = (typeof checkMethods)[number];

/** How a check ended, for people. `error`: it could not be finished; `unsure`: it ended without a yes or a no. */
export const checkOutcomes = ["pass", "fail", "unsure", "error", "none"] as const;
export type CheckOutcome = (typeof checkOutcomes)[number];

/** One check's summary. */
export interface Check {
  readonly method: CheckMethod;
  readonly outcome: CheckOutcome;
  /** Whose pass or fail it is: the signing domain, the envelope's or the From domain. As written: hostile. */
  readonly identity: string | null;
}

const outcomes: ReadonlyMap<string, CheckOutcome> = new Map([
  ["pass", "pass"],
  ["fail", "fail"],
  ["hardfail", "fail"],
  ["softfail", "fail"],
  ["perm_fail", "fail"],
  ["policy", "unsure"],
  ["neutral", "unsure"],
  ["temperror", "error"],
  ["permerror", "error"],
  ["temp_fail", "error"],
  ["none", "none"],
]);

/** Worst first: of two contradicting statements about one thing the worse one counts. */
const worstFirst: readonly CheckOutcome[] = ["fail", "error", "unsure", "none", "pass"];
/** Several DKIM signatures are several things: one good one is enough (RFC 6376 section 6.1). */
const dkimOrder: readonly CheckOutcome[] = ["pass", "fail", "error", "unsure", "none"];

/** Which property names the identity, by method; the first that is there. */
const identities: Record<CheckMethod, readonly string[]> = {
  dkim: ["header.d", "header.i"],
  spf: ["smtp.mailfrom", "smtp.helo"],
  dmarc: ["header.from"],
  arc: [],
};

function identityOf(method: CheckMethod, result: AuthenticationMethod): string | null {
  for (const wanted of identities[method]) {
    const found = result.properties.find(({ type, name }) => `${type}.${name}` === wanted);
    if (found !== undefined && found.value !== "") return found.value;
  }
  return null;
}

function summarize(method: CheckMethod, results: readonly AuthenticationMethod[]): Check | null {
  const order = method === "dkim" ? dkimOrder : worstFirst;
  const checks = results
    .filter((result) => result.method === method && result.version === 1)
    .map((result): Check => ({
      method,
      outcome: outcomes.get(result.result) ?? "unsure",
      identity: identityOf(method, result),
    }));
  return checks.sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))[0] ?? null;
}

/** One check for each of the four methods that the fields speak of. Fields of an unknown version say nothing. */
export function summarizeChecks(fields: readonly AuthenticationResults[]): readonly Check[] {
  const results = fields.filter(({ version }) => version === 1).flatMap((field) => field.results);
  return checkMethods.flatMap((method) => summarize(method, results) ?? []);
}

/** Whether two authserv-ids are the same: domain names are, whatever their case (RFC 8601 section 2.5). */
export function sameAuthservId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
