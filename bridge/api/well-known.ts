// GET /.well-known/ipp: how an add-on, which cannot ask DNS for TXT records, finds its reader's bridge and pins its keys
// (decisions).
import * as v from "valibot";
import { asciiDomain } from "../../shared/header/address.ts";
import { formatBridgeKeys } from "../../shared/hop/keys.ts";
import { errorSchema, json, refuse } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { ApiDeps } from "./ports.ts";

/** A bridge key as JWK (RFC 7518 section 6.2, RFC 8037). */
export const keySchema = v.object({
  kid: v.pipe(v.string(), v.description("base64url SHA-256 of the SubjectPublicKeyInfo")),
  kty: v.picklist(["EC", "OKP"]),
  crv: v.picklist(["P-256", "Ed25519"]),
  x: v.string(),
  y: v.optional(v.pipe(v.string(), v.description("of P-256 keys"))),
  nbf: v.pipe(v.number(), v.integer()),
  exp: v.pipe(v.number(), v.integer()),
  revoked: v.boolean(),
  sig: v.optional(v.pipe(v.string(), v.description("<kid of the predecessor>.<its signature>"))),
});

const answerSchema = v.object({
  v: v.literal("IPP1"),
  domain: v.pipe(v.string(), v.description("`s` of this bridge's seals")),
  authserv: v.pipe(v.array(v.string()), v.description("names it writes into Authentication-Results")),
  api: v.pipe(v.string(), v.description("base of the API, with a final slash")),
  keys: v.array(keySchema),
});

const cacheSeconds = 300;

/** The endpoint. */
export function wellKnownEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/.well-known/ipp",
      summary: "Who this bridge is, and the keys of its seals",
      query: { domain: "mail domain of the asking reader" },
      answers: {
        200: { description: "This bridge answers for the domain", schema: answerSchema },
        404: { description: "It does not", schema: errorSchema },
      },
      handle({ c }) {
        const { sealDomain, domains, authservIds, publicUrl } = deps.site();
        const asked = c.req.query("domain");
        const domain = asked === undefined ? sealDomain : asciiDomain(asked);
        if (domain === null || (domain !== sealDomain && !domains.includes(domain))) {
          return refuse(404, "api/other-domain", "this bridge does not answer for that domain");
        }
        const keys = formatBridgeKeys(deps.bridgeKeys(sealDomain));
        const api = `${publicUrl}/api/v1/`;
        return json({ v: "IPP1", domain: sealDomain, authserv: authservIds, api, keys }, 200, cacheSeconds);
      },
    }),
  ];
}
