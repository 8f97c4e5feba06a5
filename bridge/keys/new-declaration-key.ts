// Makes the certificates that one's own addresses sign with, and the domain's own CA, whose digest goes into the `_ipp`
// record. Apart from declaration-keys.ts, as the bridge itself makes none and spares the memory of the X.509 library.
import { createPrivateKey } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { withAsciiDomain } from "../../shared/header/address.ts";
import { ok, type Result } from "../../shared/result.ts";
import { formatPem, parsePem } from "../../shared/x509/pem.ts";
import { importDeclarationKey, type DeclarationKey } from "./declaration-keys.ts";
import { issueCertificate, type Issuer } from "./issue.ts";
import { formatPrivateKey, generateKey, readSecret, writeWhole, type KeyKind } from "./key-file.ts";
import { keyIdOf, spkiOf } from "./node-crypto.ts";

/** A new key and certificate; `issuer` null: self-signed. Valid from five minutes ago, for clocks that differ. */
export async function newDeclarationKey(wish: {
  readonly address: string;
  readonly kind: KeyKind;
  readonly days: number;
  readonly issuer: Issuer | null;
  readonly now: number;
  readonly listed: boolean;
}): Promise<Result<DeclarationKey>> {
  const { now, days, issuer } = wish;
  const address = withAsciiDomain(wish.address);
  const key = generateKey(wish.kind);
  const chain = await issueCertificate({
    commonName: address,
    key,
    notBefore: now - 300,
    notAfter: now + days * 86_400,
    kind: { of: "address", address },
    issuer,
  });
  return importDeclarationKey({ address, key, chain, now, listed: wish.listed });
}

const authorityDays = 3_650;

/** The domain's own CA, made when there is none yet. `digest`: base64url SHA-256 of its key, for `ca=sha256:` of the record. */
export async function domainAuthority(
  keysFolder: string,
  domain: string,
  now: number,
): Promise<Result<{ readonly issuer: Issuer; readonly digest: string; readonly isNew: boolean }>> {
  const path = join(keysFolder, `authority-${domain}.pem`);
  if (existsSync(path)) {
    const text = readSecret(path);
    if (!text.ok) return text;
    const chain = parsePem(text.value);
    if (!chain.ok) return chain;
    const key = createPrivateKey(text.value);
    return ok({ issuer: { key, chain: chain.value }, digest: keyIdOf(spkiOf(key)), isNew: false });
  }
  const key = generateKey("p256");
  const chain = await issueCertificate({
    commonName: `${domain} mail declarations`,
    key,
    notBefore: now - 300,
    notAfter: now + authorityDays * 86_400,
    kind: { of: "authority", domain },
    issuer: null,
  });
  writeWhole(path, formatPrivateKey(key) + chain.map((der) => formatPem(der)).join(""));
  return ok({ issuer: { key, chain }, digest: keyIdOf(spkiOf(key)), isNew: true });
}
