// Requests of Postfix' policy delegation protocol (SMTPD_POLICY_README): lines "name=value", ended by an empty one; many a
// connection, one answer each. Values are octets: SMTPUTF8 addresses are UTF-8, HELO names whatever the client sent.
import { decodeUtf8 } from "../../shared/encoding/bytes.ts";
import { limits } from "../../shared/limits.ts";
import { ok, perm, type Result } from "../../shared/result.ts";

/** Attributes by name; values decoded as UTF-8, what is not UTF-8 shown as U+FFFD. The first of a repeated name counts. */
export type PolicyRequest = ReadonlyMap<string, string>;

/** Reads one request, without its final empty line. `text` is a byte string. */
export function parsePolicyRequest(text: string): Result<PolicyRequest> {
  const attributes = new Map<string, string>();
  const lines = text.split("\n");
  if (lines.length > limits.policydAttributes) return perm("policyd/attributes", `${lines.length} attributes`);
  for (const line of lines) {
    const equals = line.indexOf("=");
    if (equals < 1) return perm("policyd/syntax", "a line that is not name=value");
    const name = line.slice(0, equals);
    if (!attributes.has(name)) attributes.set(name, decodeUtf8(line.slice(equals + 1)));
  }
  if (attributes.get("request") !== "smtpd_access_policy") return perm("policyd/request", "not smtpd_access_policy");
  return ok(attributes);
}

/** Takes a stream of octets apart into requests. */
export class PolicyRequestReader {
  #text = "";

  push(chunk: Uint8Array): void {
    this.#text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
  }

  /** Whether a request has begun and is not whole. */
  get partial(): boolean {
    return this.#text !== "";
  }

  /** The next request, or null when more octets are needed. After a failure the stream cannot be followed any more. */
  next(): Result<PolicyRequest> | null {
    const end = this.#text.indexOf("\n\n");
    if ((end === -1 ? this.#text.length : end) > limits.policydRequestBytes) {
      return perm("policyd/too-long", `a request above ${limits.policydRequestBytes} octets`);
    }
    if (end === -1) return null;
    const request = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    return parsePolicyRequest(request);
  }
}
