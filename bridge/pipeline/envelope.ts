// The recipients of one mail and their policies. One SMTP transaction has one answer, so a recipient whose answer might
// differ from the first one's is asked to come in a transaction of its own (RFC 5321 section 4.5.3.1.10). Protocol section 5.
import { parseAddress } from "../../shared/header/address.ts";
import { evaluatePolicy, isStricter, mayReject, samePolicy } from "../../shared/policy/evaluate.ts";
import type { Policy, PolicyDecision, PolicyLayers, PolicyQuestion } from "../../shared/policy/types.ts";
import type { Reply } from "./mail.ts";
import type { Counters, Policies } from "./ports.ts";

/** What "quarantine" does: hold the mail back at the MTA, or deliver it marked, for a filter to put it aside. */
export type QuarantineWay = "hold" | "mark";

const split: Reply = {
  code: 452,
  enhanced: "4.5.3",
  text: "This recipient needs a transaction of its own, please send to it again",
};

/** The policy that speaks for the recipient himself. */
function ownPolicy(layers: PolicyLayers): Policy {
  return layers.reader ?? layers.default;
}

function sameFloor(a: PolicyLayers, b: PolicyLayers): boolean {
  if (a.floor === undefined || b.floor === undefined) return a.floor === b.floor;
  return samePolicy(a.floor, b.floor);
}

function mayHold(policy: Policy): boolean {
  const { default: declared, undeclared, rules } = policy;
  return [declared, undeclared, ...rules.flatMap(({ action, otherwise }) => [action, otherwise])].includes(
    "quarantine",
  );
}

/** Whether two recipients may share a transaction: their policies are alike, or neither can refuse (or hold back) anything. */
function mayShare(a: PolicyLayers, b: PolicyLayers, quarantine: QuarantineWay): boolean {
  if (a === b) return true;
  const stops = (policy: Policy): boolean => mayReject(policy) || (quarantine === "hold" && mayHold(policy));
  const alike = (one: Policy, other: Policy): boolean => samePolicy(one, other) || (!stops(one) && !stops(other));
  if (!alike(ownPolicy(a), ownPolicy(b))) return false;
  if (sameFloor(a, b)) return true;
  return ![a.floor, b.floor].some((floor) => floor !== undefined && stops(floor));
}

/**
 * The mailbox an envelope address means, in the one spelling that policies, bindings and stored recipients know: MTAs deliver
 * "bob"@example.net and bob@EXAMPLE.net. to bob@example.net, whose policy must not be passed by. What does not parse stays.
 */
function plainRecipient(address: string): string {
  // RFC 5321 appendix C: a source route is ignored; section 2.3.5: names are written without a final dot.
  const parsed = parseAddress(address.replace(/^@[^:"]{1,1000}:/, "").replace(/\.$/, ""));
  return parsed.ok ? parsed.value.address : address;
}

/** The envelope of one mail. */
export class Envelope {
  readonly from: string;
  readonly recipients: string[] = [];
  /** What counts for this mail, whatever is reloaded while it comes. */
  readonly quarantine: QuarantineWay;
  readonly #policies: Policies;
  readonly #counters: Counters;
  /** Distinct policies of the recipients taken; one, as a rule. */
  readonly #layers = new Set<PolicyLayers>();

  constructor(from: string, deps: { policies: Policies; counters: Counters; quarantine: () => QuarantineWay }) {
    this.from = from;
    this.#policies = deps.policies;
    this.#counters = deps.counters;
    this.quarantine = deps.quarantine();
  }

  /** Takes a recipient (null) or asks for a transaction of its own. */
  recipient(written: string): Promise<Reply | null> | Reply | null {
    const address = plainRecipient(written);
    const layers = this.#policies.effective(address);
    return layers instanceof Promise ? layers.then((found) => this.#take(address, found)) : this.#take(address, layers);
  }

  #take(address: string, layers: PolicyLayers): Reply | null {
    const [first] = this.#layers;
    if (first !== undefined && !mayShare(first, layers, this.quarantine)) {
      this.#counters.count("splits", {});
      return split;
    }
    this.recipients.push(address);
    this.#layers.add(layers);
    return null;
  }

  /** The strictest answer any recipient's policy gives: those that differ can at most mark the mail. null: no recipient. */
  decide(question: PolicyQuestion): PolicyDecision | null {
    let strictest: PolicyDecision | null = null;
    for (const layers of this.#layers) {
      const decision = evaluatePolicy(layers, question);
      if (strictest === null || isStricter(decision.action, strictest.action)) strictest = decision;
    }
    return strictest;
  }
}
