// Certificates of kept mail whose issuer revokes them later, signers' and those of CAs above them: noted whenever a CRL comes,
// so that a mail that is opened months afterwards is told of it though the list is gone by then (protocol section 4.4).
// Nobody is asked because a mail is read.
import { setImmediate as turn } from "node:timers/promises";
import { parseCertificate, type Certificate } from "../../shared/x509/certificate.ts";
import type { CertificateList } from "../../shared/x509/crl.ts";
import { worthlessFrom } from "../../shared/x509/revocation.ts";
import type { WithdrawnPath } from "../../shared/verdict/recheck.ts";
import { verifySignature } from "../../shared/x509/signature.ts";
import type { ListedAuthority } from "./list-memory.ts";
import type { Eventually } from "../pipeline/ports.ts";

/** The leaf of a kept chain. */
export interface KeptLeaf {
  readonly id: number;
  readonly der: Uint8Array;
  /** Unix seconds: from when on its signatures are known to be worth nothing. */
  readonly revokedFrom: number | null;
}

/** Kept chains (bridge/store implements it). */
export interface KeptChains {
  /** Those that an issuer of this name (DistinguishedName.key) has given this serial number, hex. */
  leaves(issuer: string, serial: string): Eventually<readonly KeptLeaf[]>;
  /** Its signatures are worth nothing from then on, Unix seconds. */
  revoke(id: number, from: number): Eventually<void>;
  /** What holds of mail under all keys that have a chain with this certificate (DER) in it. */
  withdrawPaths(authority: Uint8Array, withdrawn: WithdrawnPath): Eventually<void>;
}

/** Entries looked at before mail is served again: some milliseconds of work. */
const entriesATurn = 500;

/** The list may speak of a CA of the same name: only whose key has signed a certificate may withdraw it. */
async function isIssuedBy(certificate: Certificate, issuers: readonly Certificate[]): Promise<boolean> {
  for (const { subject, spki, keyType } of issuers) {
    if (subject.key === certificate.issuer.key && (await verifySignature({ spki, keyType }, certificate))) return true;
  }
  return false;
}

/** Notes which kept leaves a list revokes that counts, and that one of `issuers` has signed. */
export async function noteRevoked(
  list: CertificateList,
  issuers: readonly Certificate[],
  kept: KeptChains,
): Promise<void> {
  // Others' certificates may stand in such a list, told apart by what is not read here.
  if (list.scope?.partial === true) return;
  let seen = 0;
  for (const entry of list.revoked.all()) {
    seen += 1;
    if (seen % entriesATurn === 0) await turn();
    const from = worthlessFrom(entry);
    if (from === null) continue;
    for (const { id, der, revokedFrom } of await kept.leaves(list.issuer.key, entry.serial)) {
      if (revokedFrom !== null && revokedFrom <= from) continue;
      const leaf = parseCertificate(der);
      if (leaf.ok && (await isIssuedBy(leaf.value, issuers))) await kept.revoke(id, from);
    }
  }
}

/** What a CA's paths are withdrawn for: heard of `now`. */
interface Hearing {
  readonly level: WithdrawnPath["level"];
  readonly now: number;
  /** One of them has signed the list. */
  readonly issuers: readonly Certificate[];
  readonly kept: KeptChains;
}

async function noteAuthority(list: CertificateList, authority: ListedAuthority, hearing: Hearing) {
  const { der, revokedFrom } = authority;
  const { level, now, issuers, kept } = hearing;
  const ca = parseCertificate(der);
  const entry = ca.ok && ca.value.issuer.key === list.issuer.key ? list.revoked.get(ca.value.serial) : undefined;
  const from = entry === undefined ? null : worthlessFrom(entry);
  if (!ca.ok || from === null || (revokedFrom !== null && revokedFrom <= from)) return authority;
  if (!(await isIssuedBy(ca.value, issuers))) return authority;
  await kept.withdrawPaths(der, { level, from, until: now });
  return { der, revokedFrom: from };
}

/**
 * Notes which CAs of kept chains a list revokes that counts; the CAs with what is noted of them. What comes later is judged
 * with the list at hand, so that only mail sealed until now is in doubt.
 */
export async function noteRevokedAuthorities(
  list: CertificateList,
  authorities: readonly ListedAuthority[],
  hearing: Hearing,
): Promise<readonly ListedAuthority[]> {
  const { scope } = list;
  if (scope !== null && (scope.partial || (scope.only !== null && scope.only !== "cas"))) return authorities;
  const noted: ListedAuthority[] = [];
  for (const authority of authorities) noted.push(await noteAuthority(list, authority, hearing));
  return noted;
}
