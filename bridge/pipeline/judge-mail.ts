// The declaration of one mail as this bridge finds it: the shared verifier's finding, and what the memory of tokens adds
// to it (protocol section 3, Results).
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { parseAddress } from "../../shared/header/address.ts";
import { type HeaderField, plainName } from "../../shared/header/field.ts";
import { bindRecipient } from "../../shared/ipp/recipients.ts";
import { parseSignature, signatureField } from "../../shared/ipp/signature.ts";
import type { DeclarationSources } from "../../shared/ipp/sources.ts";
import { tokenNonce } from "../../shared/ipp/token.ts";
import type { DeclarationFinding, SignerClaim } from "../../shared/ipp/types.ts";
import { verifyDeclaration } from "../../shared/ipp/verify.ts";
import type { TokenMemory } from "./ports.ts";

/** One mail to be judged. */
export interface MailQuestion {
  readonly fields: readonly HeaderField[];
  readonly bodyHash: Uint8Array;
  /** As in DeclarationInput. */
  readonly hidesPartEnds: boolean;
  readonly recipients: readonly string[];
  /** The client's address, "" where unknown. */
  readonly client: string;
  readonly now: number;
  /** The token was counted by the border already. */
  readonly counted: boolean;
}

/** Verifies, then asks the memory. */
export async function judgeMail(
  question: MailQuestion,
  deps: { readonly declarations: DeclarationSources; readonly memory: TokenMemory; readonly crypto: Crypto },
): Promise<DeclarationFinding> {
  const found = await verifyDeclaration(question, deps.declarations);
  if (!found.ok) throw new Error(`a declaration without a finding: ${found.code} ${found.detail}`);
  const finding = found.value;
  const { signer } = finding;
  if (signer === null || question.counted || (finding.result !== "pass" && finding.result !== "forwarded")) {
    return finding;
  }
  const seen = await deps.memory.sighted({
    token: signer.token,
    domain: signer.domain,
    recipients:
      finding.result === "pass"
        ? question.recipients.map((address) => ({ address, bound: true }))
        : await bindings(question, signer, deps.crypto),
    client: question.client,
    at: question.now,
    expiresAt: signer.expiresAt,
  });
  switch (seen) {
    case "first":
    case "retry":
      return finding;
    case "copy":
      return { ...finding, result: "copy", code: "ipp/copy", detail: "the same token came to this recipient before" };
    case "replay":
      return { ...finding, result: "replay", code: "ipp/replay", detail: "the token came to many it does not name" };
  }
}

/** Which recipients of a mail that does not name all of them it does name. */
async function bindings(
  { fields, recipients }: MailQuestion,
  signer: SignerClaim,
  crypto: Crypto,
): Promise<readonly { address: string; bound: boolean }[]> {
  const field = fields.find((each) => plainName(each.name) === signatureField.toLowerCase());
  const signature = parseSignature(field?.value ?? "");
  const nonce = tokenNonce(signer.token);
  const named = new Set(signature.ok ? signature.value.rh : []);
  return await Promise.all(
    recipients.map(async (address) => {
      const parsed = parseAddress(address);
      const bound = nonce !== null && parsed.ok && named.has(await bindRecipient(nonce, parsed.value.address, crypto));
      return { address, bound };
    }),
  );
}
