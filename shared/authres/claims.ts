// In whose name an Authentication-Results field speaks, be it readable or not. RFC 8601 section 5.
import { sameAuthservId } from "./checks.ts";
import { parseAuthenticationResults } from "./parse.ts";

/**
 * Whether a value claims one of `ids`. What does not parse does, if it so much as names one: quotes and escapes left out, as
 * some reader may understand it.
 */
export function claimsId(value: string, ids: readonly string[]): boolean {
  const parsed = parseAuthenticationResults(value);
  if (parsed.ok) return ids.some((id) => sameAuthservId(id, parsed.value.authservId));
  const lower = value.replaceAll(/["\\\r\n]/g, "").toLowerCase();
  return ids.some((id) => lower.includes(id.toLowerCase()));
}
