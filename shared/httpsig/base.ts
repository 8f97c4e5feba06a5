// The signature base: what an HTTP signature signs. RFC 9421 sections 2.2 (derived components) and 2.5.
import { ok, perm, type Result } from "../result.ts";
import { formatMember, type Parameters } from "./structured.ts";

/** One request, as far as signatures look at it. */
export interface SignedRequest {
  readonly method: string;
  /** The absolute URI that was asked for, as the client wrote it. */
  readonly targetUri: string;
  /** A field's value by lower-case name, several joined by ", " (RFC 9421 section 2.1); null where there is none. */
  field(name: string): string | null;
}

/** RFC 9421 sections 2.2.1 to 2.2.6. "@authority" is the normalised host, with the port where it is not the scheme's. */
function derived(name: string, request: SignedRequest): string | null {
  if (name === "@method") return request.method;
  if (name === "@target-uri") return request.targetUri;
  if (!URL.canParse(request.targetUri)) return null;
  const url = new URL(request.targetUri);
  if (name === "@authority") return url.host;
  return name === "@path" ? url.pathname : null;
}

/** The base for `components` (lower-case names). Fails with `httpsig/component` where one can't be had. */
export function signatureBase(
  request: SignedRequest,
  components: readonly string[],
  parameters: Parameters,
): Result<string> {
  const lines: string[] = [];
  for (const name of components) {
    const value = name.startsWith("@") ? derived(name, request) : request.field(name);
    // RFC 9421 section 2.5: each component once, and no line ends, or two messages would give one base.
    if (value === null || /[\r\n]/.test(value) || !/^@?[a-z0-9-]+$/.test(name)) {
      return perm("httpsig/component", `no usable "${name}"`);
    }
    lines.push(`"${name}": ${value.trim()}`);
  }
  if (new Set(components).size !== components.length) return perm("httpsig/component", "a component twice");
  lines.push(`"@signature-params": ${formatMember({ kind: "strings", strings: components, parameters })}`);
  return ok(lines.join("\n"));
}
