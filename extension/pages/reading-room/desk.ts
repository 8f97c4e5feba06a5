// The reading room's stand-in for an extension's background: one mailbox, one bridge, nothing kept.
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import { parseBridgeKeys } from "../../../shared/hop/keys.ts";
import { ok } from "../../../shared/result.ts";
import type { Result } from "../../../shared/result.ts";
import { assess } from "../../../shared/verdict/assess.ts";
import type { ReaderSources } from "../../../shared/verdict/assess.ts";
import { type KeptKey, nothingKept } from "../../../shared/verdict/recheck.ts";
import type { Verdict } from "../../../shared/verdict/types.ts";
import { mailDomain } from "../../client/bridge-url.ts";
import { decodeKey, fetchCertificates } from "../../client/certificates.ts";
import type { ComplaintDesk } from "../../client/complaints.ts";
import type { Fetch } from "../../client/request.ts";
import { fetchWellKnown } from "../../client/well-known.ts";
import { demoSession } from "./demo.ts";

export interface Desk {
  /** Whose mailbox it is. */
  readonly address: string;
  readonly complaints: ComplaintDesk;
  judge(raw: Uint8Array): Promise<Result<Verdict>>;
}

/** Finds the bridge that serves this page and takes its word for its keys: the page comes from there. */
export async function openDesk(fetchIt: Fetch, base: URL): Promise<Result<Desk>> {
  const session = await demoSession(fetchIt, base);
  if (!session.ok) return session;
  const { address, token } = session.value;
  const bridge = await fetchWellKnown(fetchIt, base, mailDomain(address) ?? "");
  if (!bridge.ok) return bridge;
  const { api, domain, authserv } = bridge.value;
  const keys = await parseBridgeKeys({ keys: bridge.value.keys }, webCrypto);
  if (!keys.ok) return keys;
  const known = new Map<string, KeptKey>();
  const sources: Omit<ReaderSources, "now"> = {
    crypto: webCrypto,
    domains: [domain],
    keys: async () => keys.value,
    certificates: async (keyId) => {
      const kept = known.get(keyId);
      if (kept !== undefined) return kept;
      const fetched = await fetchCertificates(fetchIt, api, keyId);
      if (!fetched.ok) return nothingKept;
      const key = decodeKey(fetched.value);
      if (key.chains.length > 0) known.set(keyId, key);
      return key;
    },
    trustedAuthservIds: authserv,
    readerAddresses: [address],
  };
  return ok({
    address,
    complaints: { fetch: fetchIt, api, token },
    async judge(raw) {
      const assessed = await assess(raw, { ...sources, now: Math.floor(Date.now() / 1000) });
      return assessed.ok ? ok(assessed.value.verdict) : assessed;
    },
  });
}
