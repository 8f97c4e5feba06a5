import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { policyActions } from "../../../shared/hop/types.ts";
import { declarationResults, trustLevels } from "../../../shared/ipp/types.ts";
import { judge } from "../../../shared/verdict/judge.ts";
import { caseOf, decide, judgements } from "../../../shared/verdict/judgements.ts";
import { levels, reasons, type Evidence, type Level, type Phrase, type Reason } from "../../../shared/verdict/types.ts";
import { evidence, forgedSeal, signal, withResult } from "./evidence.ts";
import { spoken } from "./words.ts";

interface Golden {
  readonly name: string;
  readonly input: Evidence;
  readonly level: Level;
  readonly reason: Reason;
  readonly sentence: string;
  readonly advice: string | null;
}

const all = { allMail: true } as const;
const anInvoice = "An invoice, signed for billing@bank.example";

/** Every row of protocol section 7, and what could be taken for another row. */
const golden: readonly Golden[] = [
  {
    name: "pass, trust domain, policy accepts",
    input: evidence(),
    level: "holds",
    reason: "pass",
    sentence: `${anInvoice}. The rules of your mailbox accept it.`,
    advice: null,
  },
  {
    name: "pass, trust pkix",
    input: evidence({ trust: { level: "pkix" } }),
    level: "holds",
    reason: "pass",
    sentence: anInvoice,
    advice: null,
  },
  {
    name: "pass, trust site",
    input: evidence({ trust: { level: "site" } }),
    level: "holds",
    reason: "pass",
    sentence: anInvoice,
    advice: null,
  },
  {
    name: "pass, trust pinned",
    input: evidence({ trust: { level: "pinned" } }),
    level: "holds",
    reason: "pass",
    sentence: anInvoice,
    advice: null,
  },
  {
    name: "pass though the domain says m=all",
    input: evidence({ finding: all }),
    level: "holds",
    reason: "pass",
    sentence: anInvoice,
    advice: null,
  },
  {
    name: "pass without TLS lowers nothing",
    input: evidence({ signal: { tls: null, protocol: "SMTP" } }),
    level: "holds",
    reason: "pass",
    sentence: anInvoice,
    advice: null,
  },
  {
    name: "pass, trust self",
    input: evidence({ trust: { level: "self" } }),
    level: "careful",
    reason: "first-key",
    sentence: "nobody vouches for yet",
    advice: "advice_key",
  },
  {
    name: "pass, trust none",
    input: evidence({ trust: { level: "none" } }),
    level: "careful",
    reason: "no-trust",
    sentence: "nobody stands behind its certificate",
    advice: "advice_key",
  },
  {
    name: "pass, a changed key",
    input: evidence({ trust: { changedKey: true } }),
    level: "careful",
    reason: "changed-key",
    sentence: "another key than earlier mail",
    advice: "advice_key",
  },
  {
    name: "pass, a changed key, even under pkix and another body",
    input: evidence({ trust: { changedKey: true, level: "pkix" }, body: "changed" }),
    level: "careful",
    reason: "changed-key",
    sentence: "another key",
    advice: "advice_key",
  },
  {
    name: "pass, lowered trust",
    input: evidence({ trust: { lowered: true, level: "site" } }),
    level: "careful",
    reason: "lowered-trust",
    sentence: "less well vouched for",
    advice: "advice_key",
  },
  {
    name: "pass, revocation not known",
    input: evidence({ trust: { revocationUnknown: true, level: "site" } }),
    level: "unproven",
    reason: "revocation-unknown",
    sentence: "could not yet learn whether the certificate has been withdrawn",
    advice: null,
  },
  {
    name: "pass, policy tags",
    input: evidence({ signal: { action: "tag" } }),
    level: "careful",
    reason: "policy-tag",
    sentence: "mark it",
    advice: "advice_policy",
  },
  {
    name: "pass, policy quarantines",
    input: evidence({ signal: { action: "quarantine" } }),
    level: "careful",
    reason: "policy-quarantine",
    sentence: "set it aside",
    advice: "advice_policy",
  },
  {
    name: "pass, policy rejects in report-only mode",
    input: evidence({ signal: { action: "reject" } }),
    level: "broken",
    reason: "policy-reject",
    sentence: "refuse it",
    advice: "advice_refused",
  },
  {
    name: "pass, policy rejects, other body",
    input: evidence({ signal: { action: "reject" }, body: "changed" }),
    level: "broken",
    reason: "policy-reject",
    sentence: "refuse it",
    advice: "advice_refused",
  },
  {
    name: "pass, no policy recorded",
    input: evidence({ signal: { action: null } }),
    level: "unproven",
    reason: "no-policy",
    sentence: "no rule of your mailbox",
    advice: null,
  },
  {
    name: "sealed header, other body",
    input: evidence({ body: "changed" }),
    level: "unproven",
    reason: "changed-body",
    sentence: "changed after your server saw it",
    advice: null,
  },
  {
    name: "expired",
    input: withResult("expired"),
    level: "careful",
    reason: "expired",
    sentence: "had run out",
    advice: "advice_expired",
  },
  {
    name: "expired: the certificate",
    input: withResult("expired", { code: "ipp/certificate-expired" }),
    level: "careful",
    reason: "expired",
    sentence: "its certificate had expired when it was signed",
    advice: "advice_expired",
  },
  {
    name: "expired, nobody knows what",
    input: withResult("expired", { code: null }),
    level: "careful",
    reason: "expired",
    sentence: "signature or certificate had run out",
    advice: "advice_expired",
  },
  {
    name: "permerror, malformed",
    input: withResult("permerror", { code: "ipp/two-signatures" }),
    level: "careful",
    reason: "permerror",
    sentence: "Its declaration is malformed",
    advice: "advice_permerror",
  },
  {
    name: "permerror, nothing published",
    input: withResult("permerror", { code: "ipp/no-record" }),
    level: "careful",
    reason: "permerror",
    sentence: "can’t be checked",
    advice: "advice_permerror",
  },
  {
    name: "permerror, no reason known",
    input: withResult("permerror", { code: null }),
    level: "careful",
    reason: "permerror",
    sentence: "can’t be checked",
    advice: "advice_permerror",
  },
  {
    name: "permerror, another From",
    input: withResult("permerror", { code: "ipp/from" }),
    level: "careful",
    reason: "permerror",
    sentence: "says that it is from somebody else",
    advice: "advice_permerror",
  },
  {
    name: "replay",
    input: withResult("replay"),
    level: "careful",
    reason: "replay",
    sentence: "sent again to many",
    advice: "advice_replay",
  },
  {
    name: "forwarded",
    input: withResult("forwarded"),
    level: "unproven",
    reason: "forwarded",
    sentence: "you are not named in it",
    advice: null,
  },
  {
    name: "forwarded, though written to this reader",
    input: { ...withResult("forwarded"), addressed: true },
    level: "unproven",
    reason: "forwarded",
    sentence: "and written to you",
    advice: null,
  },
  {
    name: "copy",
    input: withResult("copy"),
    level: "unproven",
    reason: "copy",
    sentence: "A second copy of a mail",
    advice: null,
  },
  {
    name: "temperror",
    input: withResult("temperror"),
    level: "unproven",
    reason: "temperror",
    sentence: "could not be asked",
    advice: null,
  },
  {
    name: "temperror though m=all",
    input: withResult("temperror", all),
    level: "careful",
    reason: "unchecked-all",
    sentence: "for hours the sender’s side could not be asked",
    advice: "advice_permerror",
  },
  {
    name: "temperror, m=all, from a list",
    input: withResult("temperror", { ...all, list: true }),
    level: "unproven",
    reason: "temperror",
    sentence: "could not be asked",
    advice: null,
  },
  {
    name: "broken",
    input: withResult("broken"),
    level: "unproven",
    reason: "broken",
    sentence: "Signed, but changed on the way; mailing lists do that.",
    advice: null,
  },
  {
    name: "broken, m=all, from a list",
    input: withResult("broken", { ...all, list: true }),
    level: "unproven",
    reason: "broken",
    sentence: "mailing lists do that",
    advice: null,
  },
  {
    name: "broken, m=all not known",
    input: withResult("broken", { allMail: null }),
    level: "unproven",
    reason: "broken",
    sentence: "mailing lists do that",
    advice: null,
  },
  {
    name: "broken though m=all",
    input: withResult("broken", all),
    level: "broken",
    reason: "broken-all",
    sentence: "bank.example signs all its mail. This one is not theirs.",
    advice: "advice_broken",
  },
  {
    name: "broken though m=all, From not one address",
    input: { ...withResult("broken", all), from: null },
    level: "broken",
    reason: "broken-all",
    sentence: "The domain it names as its sender signs all its mail",
    advice: "advice_broken",
  },
  {
    name: "expired though m=all: a malformed or stale declaration gains nothing",
    input: withResult("expired", all),
    level: "broken",
    reason: "invalid-all",
    sentence: "not a valid signature of theirs",
    advice: "advice_broken",
  },
  {
    name: "permerror though m=all: a malformed or stale declaration gains nothing",
    input: withResult("permerror", all),
    level: "broken",
    reason: "invalid-all",
    sentence: "not a valid signature of theirs",
    advice: "advice_broken",
  },
  {
    name: "none",
    input: withResult("none"),
    level: "unrecorded",
    reason: "none",
    sentence: "This mail declares nothing.",
    advice: null,
  },
  {
    name: "none, m=all, from a list",
    input: withResult("none", { ...all, list: true }),
    level: "unrecorded",
    reason: "none",
    sentence: "declares nothing",
    advice: null,
  },
  {
    name: "none though m=all",
    input: withResult("none", all),
    level: "broken",
    reason: "none-all",
    sentence: "bank.example signs all its mail. This one has no signature",
    advice: "advice_broken",
  },
  {
    name: "a forged seal beside a good one",
    input: evidence({ forged: forgedSeal }),
    level: "careful",
    reason: "forged-hop",
    sentence: "It carries a record that is not from your server.",
    advice: "advice_forged",
  },
  {
    name: "a forged seal alone",
    input: evidence({ forged: forgedSeal, sealed: false }),
    level: "careful",
    reason: "forged-hop",
    sentence: "It carries a record that is not from your server.",
    advice: "advice_forged",
  },
  {
    name: "a seal by an unknown key",
    input: evidence({ forged: [{ code: "hop/unknown-key", detail: "" }], sealed: false }),
    level: "careful",
    reason: "forged-hop",
    sentence: "a key that is not known here",
    advice: "advice_forged_key",
  },
  {
    name: "a seal by a withdrawn key",
    input: evidence({ forged: [{ code: "hop/revoked-key", detail: "" }], sealed: false }),
    level: "careful",
    reason: "forged-hop",
    sentence: "has withdrawn",
    advice: "advice_forged",
  },
  {
    name: "a forged seal does not hide what does not hold",
    input: evidence({ finding: { result: "broken", ...all }, forged: forgedSeal }),
    level: "broken",
    reason: "broken-all",
    sentence: "This one is not theirs",
    advice: "advice_broken",
  },
  {
    name: "sealed, nobody judged, declares",
    input: evidence({ finding: null }),
    level: "unproven",
    reason: "unjudged",
    sentence: "It calls itself “Invoice”. Your server recorded its way, but did not check that.",
    advice: null,
  },
  {
    name: "sealed, nobody judged, declares nothing",
    input: evidence({ finding: null, more: { claimed: null } }),
    level: "unrecorded",
    reason: "way-only",
    sentence: "declares nothing",
    advice: null,
  },
  {
    name: "no seal, declares",
    input: evidence({ sealed: false }),
    level: "unproven",
    reason: "claimed",
    sentence: "It calls itself “Invoice”. No server of yours has checked that.",
    advice: null,
  },
  {
    name: "no seal, declares nothing",
    input: evidence({ sealed: false, more: { claimed: null } }),
    level: "unrecorded",
    reason: "nothing",
    sentence: "recorded nothing about its way",
    advice: null,
  },
];

test.each(golden)("$name", ({ input, level, reason, sentence, advice }) => {
  const verdict = judge(input);
  expect([verdict.level, verdict.reason]).toEqual([level, reason]);
  expect(spoken(verdict.sentence)).toContain(sentence);
  expect(verdict.advice?.key ?? null).toBe(advice);
});

test("every row of the table is reached, and stands where the list of reasons has it", () => {
  expect(new Set(golden.map(({ reason }) => reason))).toEqual(new Set(reasons));
  expect(judgements.map(({ reason }) => reason)).toEqual(reasons);
});

test("what to do stands with every bad level, and with no other", () => {
  for (const { input } of golden) {
    const { level, advice } = judge(input);
    expect(advice !== null).toBe(level === "careful" || level === "broken");
  }
});

test("bad levels open the line that explains them, good ones open none", () => {
  for (const { input } of golden) {
    const { level, reason, says, way, checks } = judge(input);
    const open = [says.open, way.open, checks.open];
    if (reason === "forged-hop") expect(open).toEqual([false, true, false]);
    else expect(open).toEqual([level === "careful" || level === "broken", false, false]);
  }
});

test("all that is said has words in each language, and no placeholder is left", () => {
  for (const { input } of golden) {
    const { level, sentence, advice, says, way, checks } = judge({
      ...input,
      checks: { ...input.checks, results: someChecks },
    });
    const phrases: Phrase[] = [
      { key: `level_${level}`, values: {} },
      sentence,
      ...(advice === null ? [] : [advice]),
      says.gist,
      way.gist,
      checks.gist,
      ...[...says.rows, ...checks.rows].flatMap((row) => [row.label, row.value]),
      ...way.steps.flatMap((step) => [step.text, ...step.details]),
    ];
    for (const phrase of phrases) {
      for (const locale of ["en", "de"] as const) {
        const text = spoken(phrase, locale);
        expect(text, phrase.key).not.toBe("");
        expect(text, phrase.key).not.toMatch(/\$|undefined|null/);
      }
    }
  }
});

const someChecks = [
  {
    authservId: "mx1.example.net",
    version: 1,
    results: [
      {
        method: "dkim",
        version: 1,
        result: "pass",
        reason: null,
        properties: [{ type: "header", name: "d", value: "bank.example" }],
      },
      { method: "dmarc", version: 1, result: "fail", reason: null, properties: [] },
    ],
  },
];

describe("whatever the evidence", () => {
  /** The first value in most runs: what must all be right at once is then right often enough to be tested. */
  const likely = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
  const anyEvidence: fc.Arbitrary<Evidence> = fc
    .record({
      sealed: likely(true, false),
      judged: likely(true, false),
      result: likely("pass" as const, ...declarationResults),
      level: fc.constantFrom(...trustLevels),
      changedKey: likely(false, true),
      lowered: likely(false, true),
      allMail: fc.constantFrom(true, false, null),
      list: fc.boolean(),
      action: likely("accept" as const, ...policyActions, null),
      body: likely("same" as const, "changed" as const),
      forged: likely(false, true),
      declares: fc.boolean(),
      recheck: fc.constantFrom("fits" as const, "header-fits" as const, "unable" as const, "fails" as const, null),
      addressed: fc.constantFrom(true, false, null),
      more: fc.boolean(),
    })
    .map((given) => {
      const { level, changedKey, lowered, result, allMail, list } = given;
      const base = evidence({
        sealed: given.sealed,
        finding: given.judged ? { result, allMail, list } : null,
        trust: { level, changedKey, lowered },
        signal: { action: given.action, ...(given.judged ? {} : { declaration: null }) },
        body: given.body,
        forged: given.forged ? forgedSeal : [],
      });
      const { recheck, addressed } = given;
      // A finding without a seal never comes from assess(); judge() must not believe it either.
      const stray = given.more && base.declaration === null ? { ...evidence().declaration } : base.declaration;
      const declaration = given.sealed ? base.declaration : (stray as Evidence["declaration"]);
      return { ...base, declaration, recheck, addressed, claimed: given.declares ? base.claimed : null };
    });

  test("holds means: sealed, pass, proven trust, the same key, the same body, policy accepts, nothing forged", () => {
    let held = 0;
    fc.assert(
      fc.property(anyEvidence, (input) => {
        const verdict = judge(input);
        if (verdict.level !== "holds") return;
        held += 1;
        const [hop] = input.hops.verified;
        expect(hop?.body).toBe("same");
        expect(hop?.signal.action).toBe("accept");
        expect(input.hops.forged).toEqual([]);
        expect(input.declaration?.result).toBe("pass");
        expect(["pkix", "domain", "site", "pinned"]).toContain(input.declaration?.trust.level);
        expect(input.declaration?.trust.changedKey).toBe(false);
        expect(input.declaration?.trust.lowered).toBe(false);
      }),
      { numRuns: 5_000 },
    );
    expect(held).toBeGreaterThan(100);
  });

  test("without a seal nothing is better than not proven, and nothing claimed is called seen", () => {
    fc.assert(
      fc.property(anyEvidence, (input) => {
        fc.pre(input.hops.verified.length === 0);
        const { level, way, complaint } = judge(input);
        expect(level === "unproven" || level === "unrecorded" || level === "careful").toBe(true);
        expect(way.steps.every(({ seen }) => !seen)).toBe(true);
        expect(complaint.reach).toBe("provider");
      }),
      { numRuns: 1_000 },
    );
  });

  /** Goodness by level; the two grey ones and the two bad ones are each other's equals here. */
  const rank: Record<Level, number> = { holds: 0, unproven: 1, unrecorded: 1, careful: 2, broken: 3 };

  test("nothing that is found wrong makes a mail better", () => {
    fc.assert(
      fc.property(anyEvidence, (input) => {
        const before = rank[judge(input).level];
        const worse: Evidence[] = [
          { ...input, hops: { ...input.hops, forged: forgedSeal } },
          {
            ...input,
            hops: { ...input.hops, verified: input.hops.verified.map((hop) => ({ ...hop, body: "changed" as const })) },
          },
        ];
        for (const changed of worse) expect(rank[judge(changed).level]).toBeGreaterThanOrEqual(before);
      }),
      { numRuns: 5_000 },
    );
  });

  test("each level is one of the five, each reason one of the table's", () => {
    fc.assert(
      fc.property(anyEvidence, (input) => {
        const row = decide(caseOf(input));
        expect(levels).toContain(row.level);
        expect(judge(input).reason).toBe(row.reason);
      }),
    );
  });
});

describe("the complaint", () => {
  test("a mail to one reader names him, and only a sealed pass reaches the sender", () => {
    expect(judge(evidence()).complaint).toEqual({
      reach: "sender",
      namesReader: true,
      boundRecipients: 1,
      ref: "r-1",
      unsubscribe: null,
    });
    expect(judge(evidence({ finding: { boundRecipients: 312 } })).complaint).toMatchObject({
      namesReader: false,
      boundRecipients: 312,
    });
    expect(judge(withResult("forwarded")).complaint.reach).toBe("provider");
    expect(judge(evidence({ signal: { ref: null } })).complaint.reach).toBe("provider");
    // The server said pass, the recheck says broken: nothing is reported in the name of a signature that does not hold.
    expect(judge(evidence({ finding: { result: "broken" }, signal: { declaration: "pass" } })).complaint.reach).toBe(
      "provider",
    );
  });
});

describe("several hops", () => {
  const inner = {
    signal: { ...signal, hop: 2, by: "inner.example.net", declaration: null },
    index: 0,
    body: "same",
  } as const;
  const border = { signal, index: 1, body: "same" } as const;

  test("the newest hop that judged decides; the border's encryption is the gist", () => {
    const base = evidence();
    const verdict = judge({ ...base, hops: { ...base.hops, verified: [inner, border], oldestIndex: 1 } });
    expect(verdict.level).toBe("holds");
    expect(spoken(verdict.way.gist)).toBe("TLS 1.3, 2 servers");
    expect(verdict.way.steps.map(({ text }) => spoken(text))).toEqual([
      "inner.example.net took it from mail.bank.example",
      "mx1.example.net took it from mail.bank.example",
    ]);
  });
});
