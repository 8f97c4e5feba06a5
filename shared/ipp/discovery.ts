// The `_ipp` TXT record: where a domain publishes its keys, and what it says about all its mail. Protocol section 1.
import { isBase64Url } from "../encoding/base64.ts";
import { parseTagList } from "../header/taglist.ts";
import { limits } from "../limits.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import type { DiscoveryRecord } from "./types.ts";

/** Where the record of a domain stands in DNS. */
export function discoveryName(domain: string): string {
  return `_ipp.${domain}`;
}

/** Records of other protocols below the same name (wildcards) are none of ours, as in RFC 7489 section 6.6.3 step 2. */
const version = /^[ \t]*v[ \t]*=[ \t]*IPP1[ \t]*(?:;|$)/;
/** A digest per CA: more are no longer "the CAs a domain vouches for". */
const maxAuthorities = 20;
/** Characters that may start a subaddress: RFC 5322 section 3.2.3's atext without letters and digits. */
const separators = "!#$%&'*+-/=?^_`{|}~";

/** The base URL with `{d}` filled in and a final slash, or null where it is no plain https URL. */
function baseUrl(template: string, domain: string): string | null {
  const text = template.replaceAll("{d}", domain);
  if (!text.startsWith("https://") || !URL.canParse(text)) {
    return null;
  }
  const url = new URL(text);
  const plain = url.protocol === "https:" && url.username === "" && url.password === "";
  // A "?" or "#", even with nothing behind it, would swallow what is appended.
  if (!plain || /[?#\\]/.test(text)) {
    return null;
  }
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}

function authorities(value: string): readonly string[] {
  return value
    .split(",", maxAuthorities)
    .map((entry) => entry.trim())
    .filter((entry) => entry.startsWith("sha256:"))
    .map((entry) => entry.slice("sha256:".length))
    .filter((digest) => isBase64Url(digest, 32));
}

/**
 * The record of `domain` (A-labels) among the TXT records of `_ipp.<domain>`, each with its character-strings joined.
 * null: none is ours. Fails with ipp/record-several, ipp/record-type (unknown `t`), ipp/record-url, ipp/record-syntax.
 */
export function parseDiscoveryRecords(records: readonly string[], domain: string): Result<DiscoveryRecord | null> {
  const ours = records.filter((record) => version.test(record));
  const [record] = ours;
  if (record === undefined) {
    return ok(null);
  }
  if (ours.length > 1) {
    return perm("ipp/record-several", `${ours.length} records at ${discoveryName(domain)}`);
  }
  const list = record.length > limits.txtBytes ? perm("ipp/record-syntax", "too long") : parseTagList(record);
  if (!list.ok) {
    return perm("ipp/record-syntax", list.detail);
  }
  const tags = list.value;
  const type = tags.get("t");
  if (type !== undefined && type !== "url") {
    return perm("ipp/record-type", `unknown t=${type.slice(0, 40)}`);
  }
  const template = tags.get("url");
  const url = template === undefined ? null : baseUrl(template, domain);
  if (url === null && (template !== undefined || type !== undefined)) {
    return perm("ipp/record-url", "url is missing or no https URL");
  }
  const subaddress = tags.get("sub") ?? "";
  return ok({
    url,
    ca: authorities(tags.get("ca") ?? ""),
    allMail: tags.get("m") === "all",
    subaddress: subaddress.length === 1 && separators.includes(subaddress) ? subaddress : null,
  });
}

/** The record as text, for the operator who is told what to publish; `url` as it shall be written, `{d}` and all. */
export function formatDiscoveryRecord(record: DiscoveryRecord): string {
  const tags = ["v=IPP1"];
  if (record.url !== null) {
    tags.push("t=url", `url=${record.url}`);
  }
  if (record.ca.length > 0) {
    tags.push(`ca=${record.ca.map((digest) => `sha256:${digest}`).join(",")}`);
  }
  if (record.allMail) {
    tags.push("m=all");
  }
  if (record.subaddress !== null) {
    tags.push(`sub=${record.subaddress}`);
  }
  return tags.join("; ");
}
