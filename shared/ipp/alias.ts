// Names below a domain's `_ipp` URL. Protocol section 1.
import type { Crypto } from "../crypto/crypto.ts";
import { toBase64Url } from "../encoding/base64.ts";
import { encodeUtf8 } from "../encoding/bytes.ts";
import { asciiLower } from "../header/address.ts";
import type { ComplaintCode } from "./registry.ts";
import type { DiscoveryRecord } from "./types.ts";

/** What may stand in a path as it is. */
const plain = /^(?!\.)[A-Za-z0-9._+-]+$/;

/** The name a local part (unquoted, Unicode) is published under: itself lower-cased, or "~" and its digest. */
export async function aliasFor(localPart: string, crypto: Pick<Crypto, "digest">): Promise<string> {
  const lower = asciiLower(localPart);
  return plain.test(lower) ? lower : `~${toBase64Url(await crypto.digest(encodeUtf8(lower)))}`;
}

/**
 * Where the keys ("pub") or the policy ("pol") of an alias are, or null where the domain publishes nothing.
 * `keyId` asks for one key that a mail named (`?ks=`).
 */
export function publicationUrl(
  record: DiscoveryRecord,
  alias: string,
  kind: "pub" | "pol",
  keyId?: string,
): string | null {
  if (record.url === null) {
    return null;
  }
  return `${record.url}${alias}.${kind}${keyId === undefined ? "" : `?ks=${keyId}`}`;
}

/** Where a complaint about the mail with this token is reported to, or null where the domain publishes nothing. */
export function reportUrl(record: DiscoveryRecord, alias: string, token: string, code: ComplaintCode): string | null {
  return record.url === null ? null : `${record.url}${alias}.report/${token}/${code}`;
}

/** Where the domain's bridge keys are, or null where the domain publishes nothing. */
export function keysUrl(record: DiscoveryRecord): string | null {
  return record.url === null ? null : `${record.url}keys`;
}

/** The address without its subaddress: "alice+x@example.org" → "alice@example.org" (`sub=+`). Addresses as Mailbox.address. */
export function withoutSubaddress(localPart: string, separator: string | null): string {
  const at = separator === null ? -1 : localPart.indexOf(separator);
  return at > 0 ? localPart.slice(0, at) : localPart;
}
