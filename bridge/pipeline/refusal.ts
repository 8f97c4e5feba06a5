// Why a mail is refused, in one line for the writer's bounce: what stood in the way, and whose rule it was, but never
// what one reader's own rule says (protocol section 5).
import type { DeclarationFinding, DeclarationResult } from "../../shared/ipp/types.ts";
import type { PolicyDecision } from "../../shared/policy/types.ts";
import type { Reply } from "./mail.ts";

const undeclared: Record<Exclude<DeclarationResult, "pass">, string> = {
  none: "it does not declare what kind of mail it is",
  broken: "its declaration does not verify; it was changed on the way",
  forwarded: "its declaration does not name this recipient",
  copy: "its declaration was used before, this is a second copy",
  replay: "its declaration was sent again to many others",
  expired: "its declaration has expired",
  permerror: "its declaration is malformed",
  temperror: "its declaration could not be checked",
};

function reason(finding: DeclarationFinding, decision: PolicyDecision): string {
  if (finding.result !== "pass") return undeclared[finding.result];
  if (decision.unmet.includes("policy/trust")) return "the key it is signed with is not vouched for as required";
  if (decision.unmet.includes("policy/tls")) return "it did not come over TLS as required";
  return `mail declared as ${finding.declaration?.purpose ?? "this"} is not accepted`;
}

/** 550 5.7.1 (RFC 3463 section 3.8: delivery not authorized, message refused), with the reason's stable code. */
export function refusal(finding: DeclarationFinding, decision: PolicyDecision): Reply {
  const whose = decision.layer === "reader" ? "the recipient's policy" : `policy rule ${decision.rule}`;
  const code = finding.result === "pass" ? "" : ` (${finding.code ?? finding.result})`;
  return { code: 550, enhanced: "5.7.1", text: `Refused by ${whose}: ${reason(finding, decision)}${code}` };
}

/** 451 4.7.5 (RFC 3463 section 3.8: cryptographic failure) while a declaration cannot be checked. */
export function putOff(finding: DeclarationFinding): Reply {
  const text = `The declaration cannot be checked at the moment (${finding.code ?? "temperror"}), please try again later`;
  return { code: 451, enhanced: "4.7.5", text };
}
