// A complaint as it travels to the sender's side: the JSON body of POST …/<alias>.report/<tok>/<code>. Protocol section 6.
// It carries all that the token's MAC covers, so that the sender can check what it never stored (shared/ipp/token.ts);
// beyond the starting design these are `d`, `i`, `cls` and `rd_list`.
import * as v from "valibot";
import { addressDomain, parseAddress } from "../header/address.ts";
import { parseIJson } from "../ijson/parse.ts";
import { bindDomain, bindingCharacters } from "../ipp/recipients.ts";
import { isRegistryWord, parsePurpose } from "../ipp/registry.ts";
import { maySign } from "../ipp/signature.ts";
import { tokenNonce, type TokenClaims } from "../ipp/token.ts";
import { limits } from "../limits.ts";
import { ok, perm, type Result } from "../result.ts";
import type { Crypto } from "../crypto/crypto.ts";

/** One report's body. */
export interface Report {
  /** `i`: the signer's address as the declaration has it. Its domain is `d`. */
  readonly address: string;
  /** `p`, `cls` and `t` of the declaration. */
  readonly purpose: string;
  readonly classification: string | null;
  readonly signedAt: number;
  /** `rh_list`, `rd_list`: the lists as they stand in the signature. */
  readonly rh: readonly string[];
  readonly rd: readonly string[];
  /** The reader, as only his own bridge can tell him (blind.ts). */
  readonly blinded: string;
  /** What he says it really is. */
  readonly actual: string | null;
}

const binding = v.pipe(v.string(), v.regex(new RegExp(`^[A-Za-z0-9_-]{${bindingCharacters}}$`)));
const bindings = v.pipe(v.array(binding), v.maxLength(limits.boundRecipients));
const purpose = v.pipe(
  v.string(),
  v.check((text) => parsePurpose(text).ok, "a purpose"),
);

/** An address as `i` of a signature is: the only form of one that a token was ever made for. */
function isSigner(text: string): boolean {
  const parsed = parseAddress(text);
  return parsed.ok && parsed.value.address === text && maySign(parsed.value);
}

const schema = v.object({
  d: v.string(),
  i: v.pipe(v.string(), v.check(isSigner, "an address as the signature has it")),
  p: purpose,
  cls: v.optional(v.pipe(v.string(), v.check(isRegistryWord, "a registry word"))),
  t: v.pipe(v.number(), v.integer(), v.minValue(0)),
  rh_list: bindings,
  rd_list: bindings,
  blinded: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
  actual: v.optional(purpose),
});

/** Reads a body. Fails with `ijson/…`, `report/shape`; the detail names the member. */
export function parseReport(text: string): Result<Report> {
  const json = parseIJson(text, { maxChars: limits.reportChars, maxDepth: 3 });
  if (!json.ok) return json;
  const read = v.safeParse(schema, json.value, { abortEarly: true });
  if (!read.success) {
    const [issue] = read.issues;
    return perm("report/shape", `${v.getDotPath(issue) ?? "the body"}: ${issue.message}`);
  }
  const { d, i, p, cls, t, rh_list: rh, rd_list: rd, blinded, actual } = read.output;
  if (d !== addressDomain(i)) return perm("report/shape", "d: not the domain of i");
  const classification = cls ?? null;
  return ok({ address: i, purpose: p, classification, signedAt: t, rh, rd, blinded, actual: actual ?? null });
}

/** The body. */
export function formatReport(report: Report): string {
  return JSON.stringify({
    d: addressDomain(report.address),
    i: report.address,
    p: report.purpose,
    ...(report.classification === null ? {} : { cls: report.classification }),
    t: report.signedAt,
    rh_list: report.rh,
    rd_list: report.rd,
    blinded: report.blinded,
    ...(report.actual === null ? {} : { actual: report.actual }),
  });
}

/** What the report's token must vouch for. */
export function reportClaims(report: Report): TokenClaims {
  const { address, purpose, classification, signedAt, rh, rd } = report;
  return { domain: addressDomain(address), address, purpose, classification, signedAt, rh, rd };
}

/** Whether the sender still counts it (protocol section 6: t + 60 d, and no clock runs that far ahead). */
export function isReportInTime(report: Report, now: number): boolean {
  return report.signedAt <= now + limits.skewSeconds && now <= report.signedAt + limits.reportSeconds;
}

/**
 * Whether the mail went to somebody of the reporting bridge's domain: only then the report is *attested*. The token must
 * have been checked before, as it vouches for `rd`.
 */
export async function isAttested(
  report: Report,
  token: string,
  reporterDomain: string,
  crypto: Crypto,
): Promise<boolean> {
  const nonce = tokenNonce(token);
  return nonce !== null && report.rd.includes(await bindDomain(nonce, reporterDomain, crypto));
}
