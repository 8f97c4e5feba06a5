// Signs a declaration: binds the visible recipients, issues the token, writes IPP-Purpose and IPP-Signature.
// Protocol section 3. The caller has made the body 7-bit, or does not sign (RFC 6376 section 5.3): header/body-form.ts.
import type { Crypto, Signer } from "../crypto/crypto.ts";
import { toBase64 } from "../encoding/base64.ts";
import { bytesFromString } from "../encoding/bytes.ts";
import { parseMailboxes, parseSingleMailbox } from "../header/address.ts";
import type { Mailbox } from "../header/address.ts";
import { relaxedField } from "../header/canonical.ts";
import type { HeaderField } from "../header/field.ts";
import { isOneHeader } from "../header/header-form.ts";
import { limits } from "../limits.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import { fillSignature } from "../header/taglist.ts";
import { formatDeclaration, purposeField } from "./declaration.ts";
import { bindRecipients } from "./recipients.ts";
import { formatSignature, maySign, signatureField } from "./signature.ts";
import { coveredFields, optionalFields, requiredFields } from "./signed-fields.ts";
import { indexFields, signedData } from "./signed-data.ts";
import type { FieldIndex } from "./signed-data.ts";
import { doubledStructure } from "./structure.ts";
import { issueToken, nonceBytes } from "./token.ts";
import type { TokenKey } from "./token.ts";
import type { Declaration } from "./types.ts";

/** All that signing one mail needs. */
export interface SigningInput {
  /** The header as it will leave, without IPP-Purpose and IPP-Signature; From, Date and Message-ID present. */
  readonly fields: readonly HeaderField[];
  /** SHA-256 of the relaxed body. */
  readonly bodyHash: Uint8Array;
  readonly declaration: Declaration;
  /** Unix seconds: `t`. */
  readonly now: number;
  /** `x` - `t`; at most limits.declarationSeconds. */
  readonly lifetimeSeconds: number;
  readonly signer: Signer;
  readonly tokenKey: TokenKey;
  readonly crypto: Crypto;
  /** 12 octets, fresh for every mail; the platform's random ones by default. */
  readonly nonce?: Uint8Array;
}

/** The two fields to add above the header. */
export interface SignedDeclaration {
  readonly purpose: HeaderField;
  readonly signature: HeaderField;
  /** The mailbox of From, which is `i`. */
  readonly mailbox: Mailbox;
  readonly token: string;
}

/** `h`: each required name once more than the mail has it, each other one as often as it has it. */
export function fieldsToSign(index: FieldIndex): readonly string[] {
  const names: string[] = [];
  for (const name of requiredFields) {
    const present = index.get(name)?.length ?? 0;
    names.push(...Array.from({ length: present + 1 }, () => name));
  }
  for (const name of [...coveredFields, ...optionalFields]) {
    names.push(...(index.get(name) ?? []).map(() => name));
  }
  return names;
}

/** Addresses of To and Cc, each once, as many as a declaration may bind. A field that does not parse names nobody. */
function visibleRecipients(fields: readonly HeaderField[], index: FieldIndex): readonly string[] {
  const addresses = new Set<string>();
  for (const position of [...(index.get("to") ?? []), ...(index.get("cc") ?? [])]) {
    const mailboxes = parseMailboxes(fields[position]?.value ?? "");
    for (const mailbox of mailboxes.ok ? mailboxes.value : []) {
      addresses.add(mailbox.address);
    }
  }
  return [...addresses].slice(0, limits.boundRecipients);
}

/** Why this header can't be signed, or its single From mailbox. */
function signable(input: SigningInput, index: FieldIndex): Result<Mailbox> {
  if (index.has("ipp-purpose") || index.has("ipp-signature")) {
    return perm("ipp/already-signed", "the mail has IPP fields already");
  }
  if ([...index.keys()].some((name) => name.startsWith("resent-"))) {
    return perm("ipp/resent", "resent mail is not the author's to declare");
  }
  for (const name of ["date", "message-id"]) {
    if (index.get(name)?.length !== 1) {
      return perm("ipp/incomplete", `not exactly one ${name}`);
    }
  }
  if (input.lifetimeSeconds <= 0 || input.lifetimeSeconds > limits.declarationSeconds) {
    return perm("ipp/lifetime", "x must be within 14 days after t");
  }
  if (!isOneHeader(input.fields)) {
    return perm("ipp/header-form", "a stray CR, LF or NUL in the header");
  }
  const doubled = doubledStructure(index);
  if (doubled !== null) {
    return perm("ipp/structure", `more than one ${doubled}`);
  }
  const positions = index.get("from");
  if (positions?.length !== 1) {
    return perm("address/not-single", `${positions?.length ?? 0} From fields`);
  }
  const mailbox = parseSingleMailbox(input.fields[positions[0] ?? -1]?.value ?? "");
  return mailbox.ok && !maySign(mailbox.value) ? perm("ipp/local-part", "a quoted local part in From") : mailbox;
}

/**
 * Signs. Fails with ipp/already-signed, ipp/resent, ipp/incomplete, ipp/lifetime, ipp/header-form, ipp/structure,
 * ipp/local-part, ipp/purpose or a code of From's parsing (address/…); nothing is signed then.
 */
export async function signDeclaration(input: SigningInput): Promise<Result<SignedDeclaration>> {
  const { fields, bodyHash, declaration, now, signer, crypto: primitives } = input;
  const mailbox = signable(input, indexFields(fields));
  const purposeValue = formatDeclaration(declaration);
  if (!mailbox.ok) {
    return mailbox;
  }
  if (!purposeValue.ok) {
    return purposeValue;
  }
  const purpose = { name: purposeField, value: purposeValue.value };
  const signed = [purpose, ...fields];
  const index = indexFields(signed);
  const nonce = input.nonce ?? crypto.getRandomValues(new Uint8Array(nonceBytes));
  const { rh, rd } = await bindRecipients(nonce, visibleRecipients(signed, index), primitives);
  const claims = {
    domain: mailbox.value.domain,
    address: mailbox.value.address,
    purpose: declaration.purpose,
    classification: declaration.classification,
    signedAt: now,
    rh,
    rd,
  };
  const token = await issueToken(claims, input.tokenKey, nonce, primitives);
  const parts = {
    algorithm: signer.algorithm,
    mailbox: mailbox.value,
    keyId: signer.keyId,
    signedAt: now,
    expiresAt: now + input.lifetimeSeconds,
    signedFields: fieldsToSign(index),
    bodyHash,
    rh,
    rd,
    token,
    signature: null,
  };
  const value = formatSignature(parts);
  const own = relaxedField(signatureField, value);
  const octets = await signer.sign(bytesFromString(signedData(signed, index, parts.signedFields, own)));
  const signature = { name: signatureField, value: fillSignature(value, toBase64(octets)) };
  return ok({ purpose, signature, mailbox: mailbox.value, token });
}
