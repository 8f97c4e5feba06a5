// A mail that bank.example signed and example.net received: what the receiving bridge keeps of it.
import { formatHopSignal } from "../../../shared/hop/format.ts";
import type { SignalRow } from "../../../bridge/pipeline/ports.ts";
import { signatureField } from "../../../shared/ipp/signature.ts";
import { purposeField } from "../../../shared/ipp/declaration.ts";
import { parseSignature } from "../../../shared/ipp/signature.ts";
import type { DeclarationFinding } from "../../../shared/ipp/types.ts";
import { type Identity, makeIdentity, makeMail, must, signMail, testTime } from "../../fakes/mail.ts";
import { finding, hopSignal } from "../store/fixtures.ts";

let identity: Promise<Identity> | null = null;

/** The row of a fresh mail to these recipients; `ref` names it. */
export async function receivedMail(
  ref: string,
  to: readonly string[],
  change: {
    readonly result?: DeclarationFinding["result"];
    readonly recipients?: readonly string[];
    readonly now?: number;
    readonly feedback?: SignalRow["feedback"];
  } = {},
): Promise<SignalRow & { readonly token: string }> {
  identity ??= makeIdentity("billing@bank.example");
  const now = change.now ?? testTime;
  const mail = makeMail({ from: "billing@bank.example", to: to.join(", ") });
  const signed = await signMail(mail, await identity, { now });
  const value = (name: string): string => signed.fields.find((field) => field.name === name)?.value ?? "";
  const signature = must(parseSignature(value(signatureField)));
  const { address, domain, keyId, algorithm, signedAt, expiresAt, token } = signature;
  return {
    ref,
    at: now,
    signal: { ...hopSignal, ref },
    signalValue: formatHopSignal({ ...hopSignal, ref }, null),
    finding: {
      ...finding,
      result: change.result ?? "pass",
      signer: { address, domain, keyId, algorithm, signedAt, expiresAt, token },
      boundRecipients: to.length,
    },
    envelopeFrom: "bounce@bank.example",
    recipients: change.recipients ?? to,
    from: "billing@bank.example",
    messageId: "<1@bank.example>",
    purposeField: value(purposeField),
    signatureField: value(signatureField),
    feedback: change.feedback ?? null,
    token,
  };
}
