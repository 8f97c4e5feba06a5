// CRLs: BoringSSL's suite, then what it doesn't have.
import { describe, expect, test } from "vitest";
import { type Certificate, parseCertificate } from "../../../shared/x509/certificate.ts";
import { type CertificateList, parseCertificateList } from "../../../shared/x509/crl.ts";
import { parsePem } from "../../../shared/x509/pem.ts";
import { type RevocationStatus, checkRevocation } from "../../../shared/x509/revocation.ts";
import { verifySignature } from "../../../shared/x509/signature.ts";
import { hasVectors, listVectors, readVectors } from "../vectors.ts";

const files = hasVectors("crl") ? listVectors("crl").filter((file) => file.endsWith(".pem")) : [];

function block(file: string, label: string): Uint8Array | null {
  const parsed = parsePem(readVectors(`crl/${file}`), label);
  if (!parsed.ok) throw new Error(`${file}: ${parsed.detail}`);
  return parsed.value[0] ?? null;
}

function certificate(file: string, label: string): Certificate[] {
  const der = block(file, label);
  const parsed = der === null ? null : parseCertificate(der);
  if (parsed !== null && !parsed.ok) throw new Error(`${file}: ${parsed.detail}`);
  return parsed === null ? [] : [parsed.value];
}

async function ask(file: string): Promise<RevocationStatus["state"]> {
  const list = parseCertificateList(block(file, "CRL") ?? new Uint8Array());
  const [leaf] = certificate(file, "CERTIFICATE");
  if (leaf === undefined) throw new Error(`${file}: no certificate`);
  const status = await checkRevocation({
    certificate: leaf,
    issuers: [...certificate(file, "CA CERTIFICATE"), ...certificate(file, "CA CERTIFICATE 2")],
    lists: list.ok ? [list.value] : [],
    at: 1_489_017_600,
    maxAgeSeconds: 7 * 86_400,
    verify: async (issuer: Certificate, asked: CertificateList) => verifySignature(issuer, asked),
  });
  return status.state;
}

describe.skipIf(files.length === 0)("BoringSSL's CRLs (left out where ../shared/vectors is absent)", () => {
  test("all 66 are there", () => expect(files.length).toBe(66));

  test.each(files)("%s", async (file) => {
    const want = file.startsWith("good") ? "good" : file.startsWith("revoked") ? "revoked" : "unknown";
    expect(await ask(file)).toBe(want);
  });
});
