// Certificates that the reader's own bridge keeps as long as the mail: the only place the extension asks for them.
import * as v from "valibot";
import { fromBase64 } from "../../shared/encoding/base64.ts";
import { limits } from "../../shared/limits.ts";
import { ok, perm } from "../../shared/result.ts";
import type { Result } from "../../shared/result.ts";
import type { KeptKey, WithdrawnPath } from "../../shared/verdict/recheck.ts";
import { bodyOf, exchange } from "./request.ts";
import type { Fetch } from "./request.ts";

const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** More times than CAs above one key are ever revoked. */
export const maxWithdrawnPaths = 200;
const withdrawnPath = v.object({ level: v.picklist(["pkix", "domain"]), from: seconds, until: seconds });
const certificate = v.pipe(v.string(), v.maxLength(Math.ceil(limits.certificateBytes / 3) * 4));
/** What a bridge answers. */
export const chainsSchema = v.object({
  chains: v.pipe(
    v.array(v.pipe(v.array(certificate), v.minLength(1), v.maxLength(limits.chainCertificates))),
    v.maxLength(20),
  ),
  // An older bridge does not say.
  revokedFrom: v.optional(v.nullable(seconds), null),
  withdrawnPaths: v.optional(v.pipe(v.array(withdrawnPath), v.maxLength(maxWithdrawnPaths)), []),
});

/** KeptKey as it is kept in storage: chains of base64 DER certificates, leaf first. */
export interface StoredKey {
  readonly chains: readonly (readonly string[])[];
  readonly revokedFrom: number | null;
  readonly withdrawnPaths: readonly WithdrawnPath[];
}

/** A key that the bridge does not know has no chains. */
export async function fetchCertificates(fetchIt: Fetch, api: string, keyId: string): Promise<Result<StoredKey>> {
  const url = `${api}certificates/${encodeURIComponent(keyId)}`;
  const answer = await exchange(fetchIt, { method: "GET", url });
  if (!answer.ok) return answer;
  if (answer.value.status === 404) return ok({ chains: [], revokedFrom: null, withdrawnPaths: [] });
  const body = bodyOf(answer.value);
  if (!body.ok) return body;
  const parsed = v.safeParse(chainsSchema, body.value);
  return parsed.success ? ok(parsed.output) : perm("client/certificates", "not what a bridge answers");
}

/** The chains as octets; one that is not base64 is left out. */
export function decodeKey({ chains, revokedFrom, withdrawnPaths }: StoredKey): KeptKey {
  const decoded = chains.flatMap((chain) => {
    const octets = chain.map((text) => fromBase64(text)).filter((each) => each !== null);
    return octets.length === chain.length && octets.length > 0 ? [octets] : [];
  });
  return { chains: decoded, revokedFrom, withdrawnPaths };
}
