// A resolver that is a plain map, for tests, the demo and `waybill verify --dns ZONE.json`: a vector carries its own DNS.
// The file: {"names": {"_ipp.bank.example": {"txt": ["v=IPP1; …"], "dnssec": "secure", "ttl": 300}, "ipp.bank.example":
// {"addresses": ["192.0.2.1"]}, "dead.example": {"fail": "servfail"}}, "documents": {"https://…": "PEM or JSON text"}}
import * as v from "valibot";
import { dnssecStates } from "../../shared/ipp/types.ts";
import { ok, perm, temp, type Result } from "../../shared/result.ts";
import type { Resolver } from "./resolver.ts";

const nameSchema = v.strictObject({
  /** TXT records, each one string. */
  txt: v.optional(v.array(v.string()), []),
  /** A and AAAA. */
  addresses: v.optional(v.array(v.string()), []),
  /** What a validating resolver would say; absent names are as `default_dnssec`. */
  dnssec: v.optional(v.picklist(dnssecStates)),
  /** Seconds. */
  ttl: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 300),
  /** Answers with this failure instead. */
  fail: v.optional(v.picklist(["servfail", "timeout"])),
});

const zoneSchema = v.strictObject({
  names: v.optional(v.record(v.string(), nameSchema), {}),
  /** State of every name that doesn't say its own, and of absence. */
  default_dnssec: v.optional(v.picklist(dnssecStates), "insecure"),
  /** What https would answer with 200, by URL; every other URL is 404. null here: https is really asked. */
  documents: v.optional(v.nullable(v.record(v.string(), v.string())), null),
});

/** A zone as data. Names are lower-case without a final dot. */
export type Zone = v.InferOutput<typeof zoneSchema>;

/** Reads a ZONE.json. Permanent failure dns/zone names the place that is wrong. */
export function parseZone(text: string): Result<Zone> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return perm("dns/zone", `not JSON: ${error instanceof Error ? error.message : "?"}`);
  }
  if (Array.isArray(json)) return perm("dns/zone", "an array, expected an object");
  const parsed = v.safeParse(zoneSchema, json);
  if (parsed.success) return ok(parsed.output);
  const [issue] = parsed.issues;
  return perm("dns/zone", `${v.getDotPath(issue) ?? "the file"}: ${issue.message}`);
}

/** A Resolver over the map. The map may change while in use: each question looks anew. */
export function zoneResolver(zone: Zone): Resolver {
  const absent = { txt: [], addresses: [], dnssec: undefined, ttl: 60, fail: undefined };
  const entry = (name: string): Result<v.InferOutput<typeof nameSchema>> => {
    const key = name.toLowerCase().replace(/\.$/, "");
    const found = (Object.hasOwn(zone.names, key) ? zone.names[key] : undefined) ?? absent;
    if (found.fail !== undefined) return temp(`dns/${found.fail}`, name);
    return found.dnssec === "bogus" ? temp("dns/bogus", name) : ok(found);
  };
  return {
    txt: async (name) => {
      const found = entry(name);
      if (!found.ok) return found;
      const { txt, dnssec, ttl } = found.value;
      return ok({ records: txt, dnssec: dnssec ?? zone.default_dnssec, ttlSeconds: ttl });
    },
    addresses: async (host) => {
      const found = entry(host);
      return found.ok ? ok(found.value.addresses) : found;
    },
  };
}
