// The judgement: protocol section 7's table, literally. The first row whose condition is met decides; the order is worst
// first, so that nothing good hides anything bad. docs/protocol.md renders it from here.
//
// Lowering: "sealed header, other body" takes from a mail what it would have (Holds becomes Not proven); a warning that
// stands above it in the table stays a warning. A Hop-Signal under our name whose seal fails counts as absent, and warns
// even beside one that verifies.
import type { HopFinding, PolicyAction } from "../hop/types.ts";
import { type DeclarationResult, type TrustFinding, trustLevels } from "../ipp/types.ts";
import type { Evidence, Level, Reason } from "./types.ts";

/** What the table looks at. */
export interface Case {
  /** A Hop-Signal of ours verifies. */
  readonly sealed: boolean;
  /** One claims to be ours and does not. */
  readonly forged: boolean;
  /** The sealing server's result after the recheck; null: nobody of ours looked. */
  readonly result: DeclarationResult | null;
  /** The From domain says m=all, and the mail names no list. */
  readonly allMail: boolean;
  readonly trust: TrustFinding;
  /** What policy did or, in report-only mode, would have done; null: not recorded. */
  readonly action: PolicyAction | null;
  /** The body is what the judging server saw. */
  readonly sameBody: boolean;
  /** The mail says of itself what it is. */
  readonly declares: boolean;
}

/** One row. */
export interface Judgement {
  readonly reason: Reason;
  readonly level: Level;
  /** The condition in words, for docs/protocol.md. */
  readonly when: string;
  applies(facts: Case): boolean;
}

const proven: readonly TrustFinding["level"][] = ["pkix", "domain", "site", "pinned"];

const isPass = ({ sealed, result }: Case): boolean => sealed && result === "pass";
const passAnd =
  (also: (facts: Case) => boolean) =>
  (facts: Case): boolean =>
    isPass(facts) && also(facts);
const resultIs =
  (result: DeclarationResult) =>
  (facts: Case): boolean =>
    facts.sealed && facts.result === result;

/** The rows in order. The last one takes what is left. */
export const judgements: readonly Judgement[] = [
  {
    reason: "policy-reject",
    level: "broken",
    when: "pass, though policy says reject (let through in report-only mode)",
    applies: passAnd(({ action }) => action === "reject"),
  },
  {
    reason: "broken-all",
    level: "broken",
    when: "broken, the From domain says m=all, no List-Id",
    applies: (facts) => resultIs("broken")(facts) && facts.allMail,
  },
  {
    reason: "none-all",
    level: "broken",
    when: "none, the From domain says m=all, no List-Id",
    applies: (facts) => resultIs("none")(facts) && facts.allMail,
  },
  {
    // Else a forger would pick a malformed or long expired declaration and turn "does not hold" into "careful".
    reason: "invalid-all",
    level: "broken",
    when: "expired or permerror, the From domain says m=all, no List-Id",
    applies: (facts) => (resultIs("expired")(facts) || resultIs("permerror")(facts)) && facts.allMail,
  },
  {
    reason: "forged-hop",
    level: "careful",
    when: "a Hop-Signal that claims our domain, but whose seal fails; it counts as absent",
    applies: ({ forged }) => forged,
  },
  { reason: "expired", level: "careful", when: "expired", applies: resultIs("expired") },
  { reason: "permerror", level: "careful", when: "permerror", applies: resultIs("permerror") },
  { reason: "replay", level: "careful", when: "replay", applies: resultIs("replay") },
  {
    // Else a forger who keeps us from asking (a flood of made-up keys spends the budget) turns "does not hold" into grey.
    reason: "unchecked-all",
    level: "careful",
    when: "temperror, the From domain says m=all, no List-Id",
    applies: (facts) => resultIs("temperror")(facts) && facts.allMail,
  },
  {
    reason: "no-trust",
    level: "careful",
    when: "pass, trust none (a withdrawn certificate)",
    applies: passAnd(({ trust }) => trust.level === "none"),
  },
  {
    reason: "changed-key",
    level: "careful",
    when: "pass, another key than earlier mail had",
    applies: passAnd(({ trust }) => trust.changedKey),
  },
  {
    reason: "lowered-trust",
    level: "careful",
    when: "pass, a lower trust level than earlier mail had",
    applies: passAnd(({ trust }) => trust.lowered),
  },
  {
    reason: "first-key",
    level: "careful",
    when: "pass, trust self",
    applies: passAnd(({ trust }) => trust.level === "self"),
  },
  {
    reason: "policy-quarantine",
    level: "careful",
    when: "pass, policy quarantines",
    applies: passAnd(({ action }) => action === "quarantine"),
  },
  {
    reason: "policy-tag",
    level: "careful",
    when: "pass, policy tags",
    applies: passAnd(({ action }) => action === "tag"),
  },
  {
    reason: "changed-body",
    level: "unproven",
    when: "pass, sealed header, but another body than the one our server saw",
    applies: passAnd(({ sameBody }) => !sameBody),
  },
  {
    reason: "revocation-unknown",
    level: "unproven",
    when: "pass, but whether the certificate was withdrawn was not known",
    applies: passAnd(({ trust }) => trust.revocationUnknown),
  },
  {
    reason: "pass",
    level: "holds",
    when: "pass; trust pkix, domain, site or pinned, not withdrawn as far as its issuer says; the key as before; the same body; policy accepts",
    // Every condition is named, though the rows above leave no other: nothing is green by default.
    applies: (facts) =>
      isPass(facts) &&
      !facts.forged &&
      proven.includes(facts.trust.level) &&
      !facts.trust.changedKey &&
      !facts.trust.lowered &&
      !facts.trust.revocationUnknown &&
      facts.action === "accept" &&
      facts.sameBody,
  },
  { reason: "no-policy", level: "unproven", when: "pass, but no policy is recorded", applies: isPass },
  { reason: "forwarded", level: "unproven", when: "forwarded", applies: resultIs("forwarded") },
  { reason: "copy", level: "unproven", when: "copy", applies: resultIs("copy") },
  {
    reason: "temperror",
    level: "unproven",
    when: "temperror, without m=all or with a List-Id",
    applies: resultIs("temperror"),
  },
  {
    reason: "broken",
    level: "unproven",
    when: "broken, without m=all or with a List-Id",
    applies: resultIs("broken"),
  },
  { reason: "none", level: "unrecorded", when: "none, without m=all or with a List-Id", applies: resultIs("none") },
  {
    reason: "unjudged",
    level: "unproven",
    when: "sealed without a result, and the mail declares something",
    applies: ({ sealed, declares }) => sealed && declares,
  },
  {
    reason: "way-only",
    level: "unrecorded",
    when: "sealed without a result, and the mail declares nothing",
    applies: ({ sealed }) => sealed,
  },
  {
    reason: "claimed",
    level: "unproven",
    when: "no seal, and the mail declares something",
    applies: ({ declares }) => declares,
  },
  { reason: "nothing", level: "unrecorded", when: "no seal, and the mail declares nothing", applies: () => true },
];

/** Results, worst first. */
const worstFirst: readonly DeclarationResult[] = [
  "broken",
  "permerror",
  "expired",
  "replay",
  "none",
  "temperror",
  "copy",
  "forwarded",
  "pass",
];

const strictestFirst: readonly PolicyAction[] = ["reject", "quarantine", "tag", "accept"];

/** How good a hop's word is, place by place: result, trust, action, warnings. */
function standing({ signal }: HopFinding): number {
  const { declaration, trust, action, warnings } = signal;
  const places = [
    worstFirst.indexOf(declaration ?? "none"),
    trustLevels.length - trustLevels.indexOf(trust ?? "none"),
    strictestFirst.indexOf(action ?? "accept"),
    9 - warnings.length,
  ];
  return places.reduce((sum, place) => sum * 10 + place, 0);
}

/**
 * The hop whose word on the declaration counts: of those that have one the worst, so that no server of ours can say better
 * of a mail than one that saw it before or after; of equal ones the newest. Where none has a word, the newest.
 */
export function judgingHop({ verified }: Evidence["hops"]): Evidence["hops"]["verified"][number] | null {
  const [first, ...more] = verified.filter(({ signal }) => signal.declaration !== null);
  if (first === undefined) return verified[0] ?? null;
  return more.reduce((worst, hop) => (standing(hop) < standing(worst) ? hop : worst), first);
}

const untrusted: TrustFinding = {
  level: "none",
  evidence: [],
  changedKey: false,
  lowered: false,
  revocationUnknown: false,
};

/** The facts of a mail that the table asks for. */
export function caseOf({ declaration, claimed, hops }: Evidence): Case {
  const hop = judgingHop(hops);
  return {
    sealed: hop !== null,
    forged: hops.forged.length > 0,
    result: hop === null ? null : (declaration?.result ?? null),
    allMail: declaration?.allMail === true && !declaration.list,
    trust: declaration?.trust ?? untrusted,
    action: hop?.signal.action ?? null,
    sameBody: hop?.body === "same",
    declares: claimed !== null,
  };
}

/** The row that decides. */
export function decide(facts: Case): Judgement {
  const row = judgements.find((candidate) => candidate.applies(facts));
  if (row === undefined) throw new Error("the table's last row takes everything");
  return row;
}
