// Content-Digest: the body's digest as a field, so that a signature over fields covers the body. RFC 9530 section 2.
// SHA-256 only; other algorithms are read over.
import type { Crypto } from "../crypto/crypto.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { ok, perm, type Result } from "../result.ts";
import { formatDictionary, parseDictionary } from "./structured.ts";

/** The field's value for a body. */
export async function formatContentDigest(body: Uint8Array, crypto: Crypto): Promise<string> {
  const bytes = await crypto.digest(body);
  return formatDictionary(new Map([["sha-256", { kind: "bytes", bytes, parameters: new Map() }]]));
}

/** Whether the field fits the body. Fails with `httpsig/field`, `httpsig/digest`. */
export async function checkContentDigest(value: string, body: Uint8Array, crypto: Crypto): Promise<Result<void>> {
  const digests = parseDictionary(value);
  if (!digests.ok) return digests;
  const written = digests.value.get("sha-256");
  if (written?.kind !== "bytes") return perm("httpsig/digest", "no sha-256 in Content-Digest");
  const fits = equalBytes(written.bytes, await crypto.digest(body));
  return fits ? ok(undefined) : perm("httpsig/digest", "Content-Digest is of another body");
}
