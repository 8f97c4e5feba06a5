// GET /api/v1/certificates/{keyId}: the chains that kept mail was verified with, so that an add-on rechecks old mail without
// asking the sender's side, and whether the key was revoked since (protocol section 4.4).
import * as v from "valibot";
import { isBase64Url } from "../../shared/encoding/base64.ts";
import { errorSchema, json, refuse } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { ApiDeps } from "./ports.ts";

const answerSchema = v.object({
  chains: v.array(v.pipe(v.array(v.string()), v.description("base64 of DER, leaf first"))),
  revokedFrom: v.pipe(
    v.nullable(v.number()),
    v.description("Unix seconds from which its issuer says that the key's signatures are worth nothing, 0 where ever"),
  ),
  withdrawnPaths: v.pipe(
    v.array(v.object({ level: v.picklist(["pkix", "domain"]), from: v.number(), until: v.number() })),
    v.description("A CA above the key was revoked: from when on, and when that was heard of, Unix seconds"),
  ),
});

const cacheSeconds = 3_600;

/** The endpoint. */
export function certificateEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/api/v1/certificates/{keyId}",
      summary: "Certificate chains of a key that signed kept mail",
      answers: {
        200: { description: "The chains, the latest used first", schema: answerSchema },
        404: { description: "No kept mail was signed by this key", schema: errorSchema },
      },
      async handle({ path }) {
        const keyId = path("keyId");
        const chains = isBase64Url(keyId, 32) ? await deps.store.certificates.chains(keyId) : [];
        if (chains.length === 0) return refuse(404, "certificates/unknown", "no kept mail was signed by this key");
        const encoded = chains.map((chain) => chain.map((der) => Buffer.from(der).toString("base64")));
        const revokedFrom = await deps.store.certificates.revokedFrom(keyId);
        const withdrawnPaths = await deps.store.certificates.withdrawnPaths(keyId);
        return json({ chains: encoded, revokedFrom, withdrawnPaths }, 200, cacheSeconds);
      },
    }),
  ];
}
