// What a policy request tells of the SMTP client: its connection's two ends, and the certificate it showed. Postfix gives
// fingerprints for any certificate, subject and issuer only for one it has verified (SMTPD_POLICY_README).
import { toBase64Url } from "../../shared/encoding/base64.ts";
import { fromHex } from "../../shared/encoding/hex.ts";
import type { ClientCertificate, SmtpConnection } from "../pipeline/client-facts.ts";
import type { PolicyRequest } from "./request.ts";

const digestBytes = 32;

function portOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : null;
}

/** The connection; null where the request does not say (a policy client that is not smtpd). */
export function connectionOf(request: PolicyRequest): SmtpConnection | null {
  const clientAddress = request.get("client_address") ?? "";
  const serverAddress = request.get("server_address") ?? "";
  const clientPort = portOf(request.get("client_port"));
  const serverPort = portOf(request.get("server_port"));
  if (clientAddress === "" || serverAddress === "" || clientPort === null || serverPort === null) return null;
  return { clientAddress, clientPort, serverAddress, serverPort };
}

/** "3E:72:…" as base64url; null where it is no SHA-256 (smtpd_tls_fingerprint_digest is not sha256). */
function fingerprintOf(text: string | undefined): string | null {
  const bytes = fromHex((text ?? "").replaceAll(":", ""));
  return bytes?.length === digestBytes ? toBase64Url(bytes) : null;
}

/** The certificate; null where the connection has no TLS. */
export function certificateOf(request: PolicyRequest): ClientCertificate | null {
  const has = (name: string): boolean => (request.get(name) ?? "") !== "";
  if (!has("encryption_protocol")) return null;
  const verified = has("ccert_subject") || has("ccert_issuer");
  const present = verified || has("ccert_fingerprint") || has("ccert_pubkey_fingerprint");
  return {
    state: verified ? "verified" : present ? "present" : "none",
    fingerprint: fingerprintOf(request.get("ccert_fingerprint")),
    keyFingerprint: fingerprintOf(request.get("ccert_pubkey_fingerprint")),
  };
}
