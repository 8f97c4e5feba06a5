// The signature of a report on its way to the sender's side: RFC 9421 narrowed to one profile, tag "ipp-report".
// Protocol section 6: @method, @target-uri, content-digest and content-type are covered; created, expires, nonce and
// keyid "<domain>/<ks>" are there; the key is a bridge key of that domain, and `alg`, where it is said, is what the key
// signs by. One signature a request counts.
import type { Crypto } from "../crypto/crypto.ts";
import { isBase64Url } from "../encoding/base64.ts";
import { encodeUtf8 } from "../encoding/bytes.ts";
import { asciiDomain } from "../header/address.ts";
import { sealAlgorithmOf, type SealAlgorithm } from "../hop/key-types.ts";
import { limits } from "../limits.ts";
import { ok, perm, type Result } from "../result.ts";
import { httpAlgorithms } from "./algorithms.ts";
import { signatureBase, type SignedRequest } from "./base.ts";
import { checkContentDigest, formatContentDigest } from "./digest.ts";
import {
  formatDictionary,
  parseDictionary,
  type BareItem,
  type Dictionary,
  type Member,
  type Parameters,
} from "./structured.ts";

/** The profile's tag. */
export const reportTag = "ipp-report";
const covered: readonly string[] = ["@method", "@target-uri", "content-digest", "content-type"];
const label = "ipp";

/** Whose key: `<domain>/<ks>`. */
export interface ReportKeyId {
  /** Lower-case A-labels. */
  readonly domain: string;
  /** base64url SHA-256 of the SubjectPublicKeyInfo. */
  readonly keyId: string;
}

/** Reads a keyid; null when it is none. */
export function parseReportKeyId(text: string): ReportKeyId | null {
  const [written = "", keyId = "", rest] = text.split("/", 3);
  const domain = asciiDomain(written);
  return rest === undefined && domain !== null && domain === written && isBase64Url(keyId, 32)
    ? { domain, keyId }
    : null;
}

/** What a report's signature is made with. */
export interface ReportSigner {
  readonly domain: string;
  readonly keyId: string;
  /** What the key seals by. */
  readonly algorithm: SealAlgorithm;
  /** As RFC 9421 wants it of the algorithm: Ed25519 is over `base` itself, not over its digest. */
  sign(base: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** A report about to be sent. */
export interface ReportRequest {
  readonly method: string;
  readonly targetUri: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Unix seconds. */
  readonly created: number;
  /** Fresh and random, base64url of 16 octets or more. */
  readonly nonce: string;
}

/** The three fields that sign a report; they and Content-Type go with the request. */
export async function signReport(
  request: ReportRequest,
  signer: ReportSigner,
  crypto: Crypto,
): Promise<Readonly<Record<"content-digest" | "signature-input" | "signature", string>>> {
  const { method, targetUri, contentType, created, nonce } = request;
  const digest = await formatContentDigest(request.body, crypto);
  const parameters: Parameters = new Map<string, BareItem>([
    ["created", created],
    ["expires", created + limits.httpSignatureSeconds],
    ["nonce", nonce],
    ["keyid", `${signer.domain}/${signer.keyId}`],
    ["alg", httpAlgorithms[signer.algorithm].alg],
    ["tag", reportTag],
  ]);
  const fields = new Map([
    ["content-digest", digest],
    ["content-type", contentType],
  ]);
  const base = signatureBase({ method, targetUri, field: (name) => fields.get(name) ?? null }, covered, parameters);
  if (!base.ok) throw new RangeError(base.detail);
  const bytes = await signer.sign(encodeUtf8(base.value));
  const dictionary = (member: Member): string => formatDictionary(new Map([[label, member]]));
  return {
    "content-digest": digest,
    "signature-input": dictionary({ kind: "strings", strings: covered, parameters }),
    signature: dictionary({ kind: "bytes", bytes, parameters: new Map() }),
  };
}

/** A report as it came in. */
export interface ReceivedReport extends SignedRequest {
  readonly body: Uint8Array;
}

/** What a good signature says. Remembering nonces until `expires` is the caller's. */
export interface ReportSignature extends ReportKeyId {
  readonly nonce: string;
  /** Unix seconds. */
  readonly created: number;
  readonly expires: number;
}

interface Candidate {
  readonly name: string;
  readonly components: readonly string[];
  readonly parameters: Parameters;
  readonly said: ReportSignature;
}

function readParameters(parameters: Parameters): ReportSignature | null {
  const [created, expires, nonce] = ["created", "expires", "nonce"].map((name) => parameters.get(name));
  const written = parameters.get("keyid");
  const key = typeof written === "string" ? parseReportKeyId(written) : null;
  const algorithm = parameters.get("alg");
  if (typeof created !== "number" || typeof expires !== "number" || typeof nonce !== "string" || key === null)
    return null;
  const known = algorithm === undefined || Object.values(httpAlgorithms).some(({ alg }) => alg === algorithm);
  return known && /^[A-Za-z0-9_-]{16,64}$/.test(nonce) ? { ...key, nonce, created, expires } : null;
}

/** The one signature with our tag, its form checked. */
function findCandidate(inputs: Dictionary): Result<Candidate> {
  const tagged = [...inputs].filter(([, member]) => member.parameters.get("tag") === reportTag);
  const [name, member] = tagged[0] ?? [];
  if (name === undefined || tagged.length > 1)
    return perm("httpsig/signatures", `${tagged.length} signatures tagged ${reportTag}`);
  if (member?.kind !== "strings") return perm("httpsig/field", "Signature-Input is no list of components");
  const missing = covered.find((component) => !member.strings.includes(component));
  if (missing !== undefined) return perm("httpsig/component", `"${missing}" is not covered`);
  const said = readParameters(member.parameters);
  if (said === null) return perm("httpsig/parameters", "created, expires, nonce, keyid or alg is missing or malformed");
  return ok({ name, components: member.strings, parameters: member.parameters, said });
}

function checkTime({ created, expires }: ReportSignature, now: number): Result<void> {
  const lasts = expires - created;
  if (lasts < 0 || lasts > limits.httpSignatureSeconds) return perm("httpsig/time", `made to last ${lasts} s`);
  if (created > now + limits.skewSeconds) return perm("httpsig/time", "created in the future");
  return expires < now - limits.skewSeconds ? perm("httpsig/time", "expired") : ok(undefined);
}

/**
 * Verifies a report's signature. `key` finds the SubjectPublicKeyInfo of a bridge key that is valid now; its failures are
 * handed on (a domain that does not answer is temporary). Fails with `httpsig/…`.
 */
export async function verifyReport(
  report: ReceivedReport,
  now: number,
  key: (id: ReportKeyId) => Promise<Result<Uint8Array>> | Result<Uint8Array>,
  crypto: Crypto,
): Promise<Result<ReportSignature>> {
  const [input, signatures, digest] = ["signature-input", "signature", "content-digest"].map(
    (name) => report.field(name) ?? "",
  );
  const inputs = parseDictionary(input ?? "");
  if (!inputs.ok) return inputs;
  const found = findCandidate(inputs.value);
  if (!found.ok) return found;
  const { name, components, parameters, said } = found.value;
  const written = parseDictionary(signatures ?? "");
  if (!written.ok) return written;
  const signature = written.value.get(name);
  if (signature?.kind !== "bytes") return perm("httpsig/signatures", `no signature named ${name}`);
  for (const check of [checkTime(said, now), await checkContentDigest(digest ?? "", report.body, crypto)]) {
    if (!check.ok) return check;
  }
  const base = signatureBase(report, components, parameters);
  if (!base.ok) return base;
  const spki = await key({ domain: said.domain, keyId: said.keyId });
  if (!spki.ok) return spki;
  // RFC 9421 section 3.2, step 6: the key decides, and what is said of the algorithm must agree.
  const algorithm = sealAlgorithmOf(spki.value);
  if (algorithm === null) return perm("httpsig/key-type", "the key is of a kind that signs no reports");
  const { alg, verify } = httpAlgorithms[algorithm];
  if ((parameters.get("alg") ?? alg) !== alg)
    return perm("httpsig/key-type", `the key signs by ${alg}, not as alg says`);
  const holds = await verify(encodeUtf8(base.value), signature.bytes, spki.value, crypto);
  return holds ? ok(said) : perm("httpsig/signature", "the signature does not fit the request");
}
