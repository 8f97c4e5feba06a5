// PEM: the textual encoding of certificates and CRLs. RFC 7468, read strictly enough that no two readers disagree.
import { fromBase64, toBase64 } from "../encoding/base64.ts";
import { limits } from "../limits.ts";
import { type Result, ok, perm } from "../result.ts";

const boundary = /-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END ([A-Z0-9 ]{1,64})-----/gu;

/**
 * The DER contents of all blocks with this label, in order; other blocks and text around them are passed over (RFC 7468
 * section 5.2). Fails with "x509/pem" for a block that is cut off or no base64, or where there are too many.
 */
export function parsePem(text: string, label = "CERTIFICATE"): Result<Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  let found = 0;
  for (const [, begin, body = "", end] of text.matchAll(boundary)) {
    found += 1;
    if (begin !== end) return perm("x509/pem", `${begin} ends as ${end}`);
    if (begin !== label) continue;
    const der = fromBase64(body.replaceAll(/[\t\n\v\f\r ]/gu, ""));
    if (der === null || der.length === 0) return perm("x509/pem", `block ${found} is not base64`);
    if (blocks.length >= limits.pathCandidates) return perm("x509/pem", "too many blocks");
    blocks.push(der);
  }
  if (text.split("-----BEGIN ").length - 1 !== found) return perm("x509/pem", "a block is cut off");
  return ok(blocks);
}

/** One PEM block with lines of 64 characters (RFC 7468 section 2). */
export function formatPem(der: Uint8Array, label = "CERTIFICATE"): string {
  const lines = toBase64(der).match(/.{1,64}/gu) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
