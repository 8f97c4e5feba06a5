// Path validation for mail, complete and bounded. RFC 5280 section 6; building follows RFC 4158's advice.
// The search goes from the leaf upwards, every rule of section 6.1 applied as soon as an issuer is added: each depends
// only on what is below it, so that walking down from the anchor, as the RFC words it, comes to the same.
// Known gaps: no delta or indirect CRLs, no OCSP; policies only as far as they can end a path (policies.ts).
import { limits } from "../limits.ts";
import { type Result, ok, perm, temp } from "../result.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { type CertificateList, parseCertificateList } from "./crl.ts";
import type { KeyUsage } from "./extensions.ts";
import type { RevocationStatus } from "./revocation.ts";
import { type Fault, leafFault } from "./rules.ts";
import { type ExpectedName, holdsName } from "./san.ts";
import { PathSearch } from "./search.ts";
import { type SignatureVerifier, webCryptoVerifier } from "./signature.ts";

/** One path validation's input. Certificates and CRLs are DER, or parsed already by whoever keeps them. */
export interface PathQuestion {
  readonly leaf: Uint8Array | Certificate;
  /** Candidates, in any order; what doesn't parse or isn't needed is passed over. */
  readonly intermediates: readonly (Uint8Array | Certificate)[];
  /** The trust store. Names, keys, dates and constraints of its certificates all count. */
  readonly anchors: readonly (Uint8Array | Certificate)[];
  /** The time to judge at; fractions of a second are cut off. */
  readonly at: Date;
  /** A name the leaf must hold. */
  readonly name?: ExpectedName | undefined;
  /** Dotted OIDs, all of which leaf and CAs must allow where they restrict their use. */
  readonly extendedKeyUsage?: readonly string[] | undefined;
  /** Usages the leaf must allow where it restricts its use. */
  readonly keyUsage?: readonly KeyUsage[] | undefined;
  /**
   * With CRLs at hand a revoked certificate ends the path, and so does a leaf of which none speaks ("x509/crl-missing"
   * and the like, temporary). CAs of which none speaks pass unless `revocation` is "chain".
   */
  readonly crls?: readonly (Uint8Array | CertificateList)[] | undefined;
  /** Whose state must be known: `none` still refuses what is known to be revoked. Default `leaf` where CRLs are given. */
  readonly revocation?: "none" | "leaf" | "chain" | undefined;
  /** The time to judge CRLs at. Default `at`; who asks about a time that strangers tell gives the true one. */
  readonly revocationAt?: Date | undefined;
  /** Age beyond which a CRL says nothing, s. Default: nextUpdate decides, and a week where it has none. */
  readonly crlMaxAgeSeconds?: number | undefined;
  /** Intermediates between leaf and anchor, self-issued ones not counted. Default limits.pathDepth. */
  readonly maxDepth?: number | undefined;
  /** Shortest RSA key, bits. Default 2,048 (protocol section 2). */
  readonly minRsaBits?: number | undefined;
  /** Default: WebCrypto. */
  readonly verifier?: SignatureVerifier | undefined;
}

/** A path that holds. */
export interface ValidPath {
  /** DER, leaf first, trust anchor last; one certificate where the leaf itself is in the trust store. */
  readonly chain: readonly Uint8Array[];
  readonly certificates: readonly Certificate[];
  /** One state for each certificate of the chain but the anchor; empty where no CRLs were given. */
  readonly revocation: readonly RevocationStatus[];
}

/**
 * Finds a path from the leaf to a trust anchor on which everything holds. Never throws for its input. Failures, permanent
 * unless said otherwise: "x509/certificate", "x509/too-long" (the leaf doesn't parse, or too many CRLs), "x509/name", "x509/no-path"
 * (nobody known issued it), "x509/signature", "x509/not-yet-valid", "x509/expired", "x509/not-ca", "x509/key",
 * "x509/key-usage", "x509/extended-key-usage", "x509/path-length", "x509/name-constraints", "x509/critical-extension",
 * "x509/profile", "x509/policy", "x509/depth", "x509/budget" (too much to try), "x509/revoked" (the leaf), "x509/ca-revoked";
 * temporary:
 * "x509/crl-missing", "-scope", "-extension", "-not-yet-valid", "-expired", "-issuer", "-signature".
 */
export async function validatePath(question: PathQuestion): Promise<Result<ValidPath>> {
  const leaf = isParsed(question.leaf) ? ok(question.leaf) : parseCertificate(question.leaf);
  if (!leaf.ok) return leaf;
  const at = Math.floor(question.at.getTime() / 1000);
  if (!Number.isFinite(at)) return perm("x509/time", "no time to judge at");
  const context = {
    at,
    extendedKeyUsage: question.extendedKeyUsage ?? [],
    keyUsage: question.keyUsage ?? [],
    minRsaBits: question.minRsaBits ?? 2048,
  };
  const fault = leafFault(leaf.value, context);
  if (fault !== null) return failure(fault);
  if (question.name !== undefined && !holdsName(question.name, leaf.value))
    return perm("x509/name", `the certificate does not hold this ${question.name.type} name`);
  const crls = question.crls ?? [];
  // Leaving one out could leave out the one that revokes.
  if (tooMuch(crls)) return perm("x509/too-long", "more CRLs than are looked at");
  const lists = parseAll(crls, limits.crls, parseCertificateList);
  const given = crls.length > 0;
  const search = new PathSearch({
    leaf: leaf.value,
    intermediates: parseAll(question.intermediates, limits.pathCandidates, parseCertificate),
    anchors: parseAll(question.anchors, limits.pathCandidates, parseCertificate),
    context,
    maxDepth: question.maxDepth ?? limits.pathDepth,
    lists: given ? lists : null,
    revocation: question.revocation ?? (given ? "leaf" : "none"),
    revocationAt: Math.floor((question.revocationAt ?? question.at).getTime() / 1000),
    maxAgeSeconds: question.crlMaxAgeSeconds ?? null,
    verifier: question.verifier ?? webCryptoVerifier,
  });
  const found = await search.run();
  return "path" in found
    ? ok({ chain: found.path.map(({ der }) => der), certificates: found.path, revocation: found.revocation })
    : failure(found);
}

/** Not by instanceof: in browsers octets may come from another frame's Uint8Array. */
function isParsed<T extends { readonly der: Uint8Array }>(input: Uint8Array | T): input is T {
  return "der" in input;
}

function tooMuch(crls: readonly (Uint8Array | CertificateList)[]): boolean {
  const octets = crls.reduce((sum, list) => sum + (isParsed(list) ? 0 : list.length), 0);
  return crls.length > limits.crls || octets > limits.crlBytes;
}

/** What parses of the first so many; broken candidates are no reason to refuse a path that doesn't need them. */
function parseAll<T extends { readonly der: Uint8Array }>(
  inputs: readonly (Uint8Array | T)[],
  max: number,
  parse: (der: Uint8Array) => Result<T>,
): T[] {
  return inputs.slice(0, max).flatMap((input) => {
    if (isParsed(input)) return [input];
    const parsed = parse(input);
    return parsed.ok ? [parsed.value] : [];
  });
}

function failure({ code, detail }: Fault): Result<never> {
  return code.startsWith("x509/crl-") ? temp(code, detail) : perm(code, detail);
}
