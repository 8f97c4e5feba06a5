// IPP-Signature: who signed the declaration and the mail, with which key, over what. Protocol section 3.
// `b` and `bh` are base64 as in DKIM (RFC 6376 section 3.5), all other octets base64url; `i` is DKIM-Quoted-Printable.
import type { SignatureAlgorithm } from "../crypto/crypto.ts";
import { fromBase64, isBase64Url, toBase64, withoutWhitespace } from "../encoding/base64.ts";
import { decodeDkimQuoted, encodeDkimQuoted } from "../encoding/dkim-quoted.ts";
import { asciiDomain, asciiLower, parseAddress } from "../header/address.ts";
import type { Mailbox } from "../header/address.ts";
import { formatTagList, readTagList } from "../header/taglist.ts";
import type { TagList } from "../header/taglist.ts";
import { limits } from "../limits.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import { bindingCharacters } from "./recipients.ts";
import { parseSignedFields } from "./signed-fields.ts";
import { tokenNonce } from "./token.ts";
import type { SignerClaim } from "./types.ts";

/** The field's name. */
export const signatureField = "IPP-Signature";

/** An IPP-Signature that has the right form. Nothing of it is proven yet. */
export interface Signature extends SignerClaim {
  readonly algorithm: SignatureAlgorithm;
  /** `i` taken apart. */
  readonly mailbox: Mailbox;
  /** `h`, lower case, in order. */
  readonly signedFields: readonly string[];
  readonly bodyHash: Uint8Array;
  readonly rh: readonly string[];
  readonly rd: readonly string[];
  readonly signature: Uint8Array;
  /** The token's: the salt of `rh` and `rd`. */
  readonly nonce: Uint8Array;
  /** The list as it stood, to sign it again with `b` empty. */
  readonly list: TagList;
}

const algorithms: ReadonlySet<string> = new Set<SignatureAlgorithm>([
  "ed25519-sha256",
  "ecdsa-p256-sha256",
  "rsa-sha256",
]);
const known: ReadonlySet<string> = new Set("v a d i ks t x h bh rh rd tok b crit".split(" "));
const decimal = /^(?:0|[1-9][0-9]{0,11})$/;
/** An RSA signature of 8,192 bits; more is nobody's mail key. */
const maxSignatureBytes = 1_024;

/** RFC 5322 section 3.2.3's dot-atom; beyond ASCII (RFC 6531) letters, marks and digits only. */
const signingLocalPart = /^[\p{L}\p{M}\p{Nd}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{Nd}!#$%&'*+/=?^_`{|}~-]+)*$/u;

/**
 * Whether mail of this mailbox may be declared. A quoted local part holds words, spaces and "@": the sentence that says who
 * signed would say what the signer likes ("billing@bank.example, as your provider has checked"@evil.example).
 */
export function maySign(mailbox: Mailbox): boolean {
  return signingLocalPart.test(mailbox.localPart);
}

function isAlgorithm(text: string): text is SignatureAlgorithm {
  return algorithms.has(text);
}

function malformed(tag: string, expected: string): Result<never> {
  return perm("ipp/signature-syntax", `${tag}: ${expected}`);
}

/** A colon-separated list of bindings, or null where one has not their form or there are too many. */
function bindings(value: string | undefined): readonly string[] | null {
  const text = withoutWhitespace(value ?? "");
  if (text === "") {
    return [];
  }
  const entries = text.split(":", limits.boundRecipients + 1);
  const fine = entries.length <= limits.boundRecipients && entries.every((entry) => bindingForm.test(entry));
  return fine ? entries : null;
}
const bindingForm = new RegExp(`^[A-Za-z0-9_-]{${bindingCharacters}}$`);

/** `i` and `d`: an address and its own domain. */
function signer(tags: ReadonlyMap<string, string>): Result<Mailbox> {
  const domain = tags.get("d") ?? "";
  const text = decodeDkimQuoted(withoutWhitespace(tags.get("i") ?? ""));
  const mailbox = text === null ? null : parseAddress(text);
  if (mailbox?.ok !== true || !maySign(mailbox.value) || asciiDomain(domain) === null) {
    return malformed("i, d", "an address without quotes and a domain");
  }
  return mailbox.value.domain === asciiLower(domain)
    ? mailbox
    : perm("ipp/domain-mismatch", "d is not the domain of i");
}

function times(tags: ReadonlyMap<string, string>): Result<{ signedAt: number; expiresAt: number }> {
  const [t, x] = [tags.get("t") ?? "", tags.get("x") ?? ""];
  if (!decimal.test(t) || !decimal.test(x)) {
    return malformed("t, x", "Unix seconds");
  }
  const [signedAt, expiresAt] = [Number(t), Number(x)];
  return expiresAt > signedAt && expiresAt - signedAt <= limits.declarationSeconds
    ? ok({ signedAt, expiresAt })
    : perm("ipp/lifetime", "x is not within 14 days after t");
}

/** Tags of another version, or critical ones that this one does not know, are not guessed at. */
function understood(tags: ReadonlyMap<string, string>): Result<SignatureAlgorithm> {
  if (tags.get("v") !== "1") {
    return perm("ipp/version", "IPP-Signature is not v=1");
  }
  if (tags.has("l")) {
    return perm("ipp/length-tag", "l= leaves part of the body unsigned");
  }
  const critical = withoutWhitespace(tags.get("crit") ?? "");
  if (critical !== "" && !critical.split(":").every((name) => known.has(name))) {
    return perm("ipp/critical", "a critical tag is not known here");
  }
  const algorithm = tags.get("a") ?? "";
  return isAlgorithm(algorithm) ? ok(algorithm) : perm("ipp/algorithm", "an unknown algorithm");
}

/** Who signed, as the signature says: the part of it that is stored, sent and shown. */
export function signerClaim(signature: Signature): SignerClaim {
  const { address, domain, keyId, algorithm, signedAt, expiresAt, token } = signature;
  return { address, domain, keyId, algorithm, signedAt, expiresAt, token };
}

/**
 * Reads an IPP-Signature value and checks everything that can be without the mail and without asking anybody.
 * Fails with ipp/signature-syntax, /version, /algorithm, /critical, /length-tag, /domain-mismatch, /not-signed,
 * /lifetime or /token.
 */
export function parseSignature(value: string): Result<Signature> {
  const list = readTagList(value);
  if (!list.ok) {
    return perm("ipp/signature-syntax", list.detail);
  }
  const { tags } = list.value;
  const algorithm = understood(tags);
  if (!algorithm.ok) {
    return algorithm;
  }
  const mailbox = signer(tags);
  const names = parseSignedFields(tags.get("h"));
  const life = times(tags);
  if (!mailbox.ok) {
    return mailbox;
  }
  if (!names.ok) {
    return names;
  }
  if (!life.ok) {
    return life;
  }
  const octets = binary(tags);
  return octets.ok
    ? ok({
        algorithm: algorithm.value,
        mailbox: mailbox.value,
        address: mailbox.value.address,
        domain: mailbox.value.domain,
        signedFields: names.value,
        ...life.value,
        ...octets.value,
        list: list.value,
      })
    : octets;
}

type BinaryTags = Pick<Signature, "keyId" | "bodyHash" | "rh" | "rd" | "token" | "nonce" | "signature">;

function binary(tags: ReadonlyMap<string, string>): Result<BinaryTags> {
  const keyId = withoutWhitespace(tags.get("ks") ?? "");
  const token = withoutWhitespace(tags.get("tok") ?? "");
  const nonce = tokenNonce(token);
  const bodyHash = fromBase64(tags.get("bh") ?? "", { whitespace: "ignore" });
  const signature = fromBase64(tags.get("b") ?? "", { whitespace: "ignore" });
  const rh = bindings(tags.get("rh"));
  const rd = bindings(tags.get("rd"));
  if (!isBase64Url(keyId, 32)) {
    return malformed("ks", "base64url of 32 octets");
  }
  if (nonce === null) {
    return perm("ipp/token", "tok has not a token's form");
  }
  if (bodyHash?.length !== 32) {
    return malformed("bh", "base64 of 32 octets");
  }
  if (signature === null || signature.length < 64 || signature.length > maxSignatureBytes) {
    return malformed("b", "base64 of a signature");
  }
  if (rh === null || rd === null) {
    return malformed("rh, rd", "colon-separated bindings");
  }
  return ok({ keyId, bodyHash, rh, rd, token, nonce, signature });
}

/** What formatSignature writes; `signature` null leaves `b` empty, for signing. */
export interface SignatureParts {
  readonly algorithm: SignatureAlgorithm;
  readonly mailbox: Mailbox;
  readonly keyId: string;
  readonly signedAt: number;
  readonly expiresAt: number;
  readonly signedFields: readonly string[];
  readonly bodyHash: Uint8Array;
  readonly rh: readonly string[];
  readonly rd: readonly string[];
  readonly token: string;
  readonly signature: Uint8Array | null;
}

/** The field value, folded. Filling in `b` later changes nothing that the signature covers. */
export function formatSignature(parts: SignatureParts): string {
  const tags: (readonly [string, string])[] = [
    ["v", "1"],
    ["a", parts.algorithm],
    ["d", parts.mailbox.domain],
    ["i", encodeDkimQuoted(parts.mailbox.address)],
    ["ks", parts.keyId],
    ["t", String(parts.signedAt)],
    ["x", String(parts.expiresAt)],
    ["h", parts.signedFields.join(":")],
    ["bh", toBase64(parts.bodyHash)],
  ];
  for (const name of ["rh", "rd"] as const) {
    if (parts[name].length > 0) tags.push([name, parts[name].join(":")]);
  }
  tags.push(["tok", parts.token], ["b", parts.signature === null ? "" : toBase64(parts.signature)]);
  return formatTagList(tags, { fold: ["h", "rh", "rd", "b"], nameCharacters: signatureField.length + 1 });
}
