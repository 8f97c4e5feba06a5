// What a DNS answer says: response code, the CNAME chain, lifetimes. RFC 1034 section 3.6.2, RFC 2308, RFC 8914.
// Known gap: DNAME is left to the resolver, which synthesises the CNAMEs (RFC 6672 section 3.2).
import type { Answer, DecodedPacket, SoaAnswer, StringAnswer } from "dns-packet";
import { ok, temp, type Result } from "../../shared/result.ts";
import type { Question } from "./exchange.ts";

/** Records of the type asked for, at the end of the CNAME chain, as byte strings. Empty: no such name or type. */
export interface Records {
  readonly data: readonly string[];
  /** The AD bit, whoever set it. */
  readonly authentic: boolean;
  /** Seconds these records (or their absence) may be kept. */
  readonly ttlSeconds: number;
}

/** CNAMEs followed in one answer; longer chains are loops or attacks. */
const maxAliases = 8;
/** Longest an answer is kept, and longest its absence (RFC 2308 section 5: one to three hours work well). */
const maxTtlSeconds = 86_400;
const maxNegativeTtlSeconds = 3_600;
/** Absence without an SOA that says for how long. */
const bareNegativeTtlSeconds = 60;

/** Extended DNS Errors that mean the zone's signatures do not hold (RFC 8914 section 4). */
const bogusCodes: ReadonlySet<number> = new Set([6, 7, 8, 9, 10, 11, 12]);

function extendedErrors(answer: DecodedPacket): readonly number[] {
  const options = (answer.additionals ?? []).flatMap((record) => (record.type === "OPT" ? record.options : []));
  return options.flatMap((option: { code: number; data?: unknown }) =>
    option.code === 15 && Buffer.isBuffer(option.data) && option.data.length >= 2 ? [option.data.readUInt16BE(0)] : [],
  );
}

function textOf(record: Answer): string | null {
  if (record.type === "A" || record.type === "AAAA") return record.data;
  if (record.type !== "TXT") return null;
  const strings = Array.isArray(record.data) ? record.data : [record.data];
  // RFC 7208 section 3.3: the character-strings of one record are joined without spaces.
  return strings.map((part) => (typeof part === "string" ? part : part.toString("latin1"))).join("");
}

function negativeTtl(answer: DecodedPacket): number {
  const soa = (answer.authorities ?? []).find((record): record is SoaAnswer => record.type === "SOA");
  if (soa === undefined) return bareNegativeTtlSeconds;
  return Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0, maxNegativeTtlSeconds);
}

/** RFC 1034 section 3.6.2: follows the aliases inside the answer, then takes the records of the type asked for. */
function follow(answer: DecodedPacket, question: Question): Result<Records> {
  const records = answer.answers ?? [];
  let name = question.name;
  let ttlSeconds = maxTtlSeconds;
  for (let aliases = 0; aliases <= maxAliases; aliases += 1) {
    const here = records.filter((record) => record.name.toLowerCase() === name);
    const wanted = here.filter((record) => record.type === question.type);
    if (wanted.length > 0) {
      const ttls = wanted.map((record) => ("ttl" in record ? (record.ttl ?? 0) : 0));
      const data = wanted.flatMap((record) => textOf(record) ?? []);
      return ok({ data, authentic: answer.flag_ad, ttlSeconds: Math.min(ttlSeconds, ...ttls) });
    }
    const alias = here.find((record): record is StringAnswer => record.type === "CNAME");
    if (alias === undefined) {
      return ok({ data: [], authentic: answer.flag_ad, ttlSeconds: Math.min(ttlSeconds, negativeTtl(answer)) });
    }
    ttlSeconds = Math.min(ttlSeconds, alias.ttl ?? 0);
    name = alias.data.toLowerCase();
  }
  return temp("dns/alias-loop", `${question.name}: more than ${maxAliases} CNAMEs`);
}

/**
 * Temporary failures: dns/bogus (the resolver says why it refuses: RFC 8914), dns/servfail, dns/refused, dns/alias-loop.
 * SERVFAIL is what a validating resolver says of bogus data (RFC 4035 section 5.5): never "no record".
 */
export function readAnswer(answer: DecodedPacket, question: Question): Result<Records> {
  const rcode = (answer as { rcode?: string }).rcode ?? "";
  switch (rcode) {
    case "NOERROR":
      return follow(answer, question);
    case "NXDOMAIN":
      return ok({ data: [], authentic: answer.flag_ad, ttlSeconds: negativeTtl(answer) });
    case "SERVFAIL": {
      const bogus = extendedErrors(answer).some((code) => bogusCodes.has(code));
      return temp(bogus ? "dns/bogus" : "dns/servfail", `${question.type} ${question.name}`);
    }
    default:
      return temp("dns/refused", `${question.type} ${question.name}: ${rcode}`);
  }
}
