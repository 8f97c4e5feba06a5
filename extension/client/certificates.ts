// Certificates that the reader's own bridge keeps as long as the mail: the only place the extension asks for them.
import * as v from "valibot";
import { fromBase64 } from "../../shared/encoding/base64.ts";
import { limits } from "../../shared/limits.ts";
import { ok, perm } from "../../shared/result.ts";
import type { Result } from "../../shared/result.ts";
import { bodyOf, exchange } from "./request.ts";
import type { Fetch } from "./request.ts";

const certificate = v.pipe(v.string(), v.maxLength(Math.ceil(limits.certificateBytes / 3) * 4));
const chainsSchema = v.object({
  chains: v.pipe(
    v.array(v.pipe(v.array(certificate), v.minLength(1), v.maxLength(limits.chainCertificates))),
    v.maxLength(20),
  ),
});

/** Chains of base64 DER certificates, leaf first, as they are kept in storage. */
export type StoredChains = readonly (readonly string[])[];

/** A key that the bridge does not know has no chains. */
export async function fetchCertificates(fetchIt: Fetch, api: string, keyId: string): Promise<Result<StoredChains>> {
  const url = `${api}certificates/${encodeURIComponent(keyId)}`;
  const answer = await exchange(fetchIt, { method: "GET", url });
  if (!answer.ok) return answer;
  if (answer.value.status === 404) return ok([]);
  const body = bodyOf(answer.value);
  if (!body.ok) return body;
  const parsed = v.safeParse(chainsSchema, body.value);
  return parsed.success ? ok(parsed.output.chains) : perm("client/certificates", "not what a bridge answers");
}

/** The chains as octets; one that is not base64 is left out. */
export function decodeChains(chains: StoredChains): readonly (readonly Uint8Array[])[] {
  return chains.flatMap((chain) => {
    const decoded = chain.map((text) => fromBase64(text));
    const octets = decoded.filter((each) => each !== null);
    return octets.length === chain.length && octets.length > 0 ? [octets] : [];
  });
}
