// Certificates of kept mail whose issuer revokes them later: noted whenever a CRL comes, so that a mail that is opened months
// afterwards is told of it though the list is gone by then (protocol section 4.4). Nobody is asked because a mail is read.
import { setImmediate as turn } from "node:timers/promises";
import { parseCertificate, type Certificate } from "../../shared/x509/certificate.ts";
import type { CertificateList } from "../../shared/x509/crl.ts";
import { worthlessFrom } from "../../shared/x509/revocation.ts";
import { verifySignature } from "../../shared/x509/signature.ts";

type Eventually<T> = Promise<T> | T;

/** The leaf of a kept chain. */
export interface KeptLeaf {
  readonly id: number;
  readonly der: Uint8Array;
  /** Unix seconds: from when on its signatures are known to be worth nothing. */
  readonly revokedFrom: number | null;
}

/** Leaves of kept chains (bridge/store implements it). */
export interface KeptLeaves {
  /** Those that an issuer of this name (DistinguishedName.key) has given this serial number, hex. */
  leaves(issuer: string, serial: string): Eventually<readonly KeptLeaf[]>;
  /** Its signatures are worth nothing from then on, Unix seconds. */
  revoke(id: number, from: number): Eventually<void>;
}

/** Entries looked at before mail is served again: some milliseconds of work. */
const entriesATurn = 500;

/** The list may speak of a CA of the same name: only whose key has signed the leaf may withdraw it. */
async function isIssuedBy(leaf: Certificate, issuers: readonly Certificate[]): Promise<boolean> {
  for (const { subject, spki, keyType } of issuers) {
    if (subject.key === leaf.issuer.key && (await verifySignature({ spki, keyType }, leaf))) return true;
  }
  return false;
}

/** Notes which kept leaves a list revokes that counts, and that one of `issuers` has signed. */
export async function noteRevoked(
  list: CertificateList,
  issuers: readonly Certificate[],
  kept: KeptLeaves,
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
