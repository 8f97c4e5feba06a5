// The key that signed a report, found in the `keys` of the domain that the signature names. Protocol section 6.
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { parseBridgeKeys } from "../../shared/hop/keys.ts";
import type { ReportKeyId } from "../../shared/httpsig/report-signature.ts";
import { parseIJson } from "../../shared/ijson/parse.ts";
import { keysUrl } from "../../shared/ipp/alias.ts";
import type { Discovery } from "../../shared/ipp/sources.ts";
import { limits } from "../../shared/limits.ts";
import { ok, perm, type Result, temp } from "../../shared/result.ts";
import type { Documents } from "../fetch/documents.ts";
import type { Eventually } from "../pipeline/ports.ts";

/** What finding keys needs. */
export interface ReporterKeysDeps {
  readonly discover: (domain: string) => Eventually<Result<Discovery>>;
  readonly documents: Documents;
  readonly crypto: Crypto;
}

/**
 * The SubjectPublicKeyInfo of a key that was valid at `at`. A domain that does not answer is a temporary failure, and so is
 * a key that its list does not have yet ("reports/unknown-key"): the list may be an older copy.
 */
export async function reporterKey(
  { discover, documents, crypto }: ReporterKeysDeps,
  id: ReportKeyId,
  at: number,
): Promise<Result<Uint8Array>> {
  const found = await discover(id.domain);
  if (!found.ok) return found;
  const url = found.value.record === null ? null : keysUrl(found.value.record);
  if (url === null) return perm("reports/no-keys", `${id.domain} publishes no keys`);
  const document = await documents.get(url, id.domain);
  if (!document.ok) return document;
  if (document.value.body === null) return temp("reports/no-keys", `nothing at ${url}`);
  const text = new TextDecoder().decode(document.value.body);
  const json = parseIJson(text, { maxChars: limits.fetchBytes, maxDepth: 5 });
  if (!json.ok) return json;
  const keys = await parseBridgeKeys(json.value, crypto);
  if (!keys.ok) return keys;
  const key = keys.value.find((candidate) => candidate.keyId === id.keyId);
  if (key === undefined) return temp("reports/unknown-key", `${id.domain} has no key ${id.keyId}`);
  const usable = !key.revoked && key.notBefore <= at && at <= key.notAfter;
  return usable ? ok(key.spki) : perm("reports/key-over", `key ${id.keyId} of ${id.domain} is not valid`);
}
