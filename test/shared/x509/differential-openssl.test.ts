// Thousands of generated chains through this code and OpenSSL; each disagreement is explained or the test fails.
// The default round is short. Longer: X509_CHAINS=50000 X509_SEED=7.
import { describe, expect, test } from "vitest";
import { validatePath } from "../../../shared/x509/path.ts";
import {
  type Answers,
  type Explanation,
  Tally,
  ask,
  at,
  describeCase,
  explained,
  questionOf,
  seed,
} from "./disagreement.ts";
import { issue, now, testKey } from "./issue.ts";
import { hasOpenssl, opensslVerify } from "./openssl.ts";
import { Random, address, scenario } from "./scenario.ts";
import { stopwatch } from "./stopwatch.ts";

const chains = Number(process.env["X509_CHAINS"] ?? 2_000);
const batch = 250;

/** We accept, OpenSSL refuses even the very chain we found. */
const opensslRefuses: readonly Explanation[] = [
  {
    words: /does not include key usage/u,
    features: /ca-no-key-usage|leaf-is-ca/u,
    why: "-x509_strict wants keyUsage in CAs; RFC 5280 section 6.1.4 (n) and x509-limbo ask only where it is there",
  },
  {
    words: /unsuitable certificate purpose/u,
    features: /eku-any/u,
    why: "its S/MIME purpose doesn't count anyExtendedKeyUsage (RFC 5280 section 4.2.1.12 does)",
  },
  {
    words: /unable to get (local )?issuer certificate/u,
    features: /wrong-key-id/u,
    why: "it takes a key identifier for more than a hint (RFC 4158 section 3.5.12)",
  },
  {
    words: /certificate chain too long/u,
    features: /self-issued/u,
    why: "it counts self-issued CAs as depth; x509-limbo's max-chain-depth cases don't",
  },
];

/** We refuse, OpenSSL accepts. */
const opensslAccepts: readonly Explanation[] = [
  {
    words: /key-usage/u,
    features: /leaf-non-repudiation/u,
    why: "we ask for digitalSignature; it takes nonRepudiation for signing as well",
  },
  {
    words: /profile|expired/u,
    features: /serial-/u,
    why: "it doesn't look at serial numbers (RFC 5280 section 4.1.2.2)",
  },
];

const same = "the same";

/** Every disagreement with its reason. */
function compare(answers: readonly Answers[], theirs: readonly (string | null)[], options: readonly string[]): Tally {
  const tally = new Tally();
  const stricter: Answers[] = [];
  for (const [index, answer] of answers.entries()) {
    const { ours, scenario: one } = answer;
    const words = theirs[index] ?? null;
    if (ours.ok && words !== null) stricter.push(answer);
    else if (ours.ok || words !== null) tally.add(`${same}: ${ours.ok ? "valid" : "not valid"}`, "");
    else tally.add(explained(opensslAccepts, ours.code, one.features), describeCase(answer, `we: ${ours.detail}`));
  }
  // What we accept and OpenSSL doesn't: it must at least accept the very chain we found, or have a reason of its own.
  const exact = stricter.map(({ question, ours }) => ({
    ...question,
    intermediates: ours.ok ? ours.value.chain.slice(1, -1) : [],
  }));
  for (const [index, words] of (exact.length === 0 ? [] : opensslVerify(exact, options)).entries()) {
    const answer = stricter[index];
    if (answer === undefined) continue;
    const parts = words?.split("; ") ?? [];
    const reasons = parts.map((part) => explained(opensslRefuses, part, answer.scenario.features));
    const goesBack = "it doesn't go back when the first issuer it tries fails (our chain alone it accepts)";
    tally.add(reasons.includes(null) ? null : (reasons[0] ?? goesBack), describeCase(answer, `openssl: ${words}`));
  }
  return tally;
}

describe.skipIf(!hasOpenssl())("openssl verify (left out where there is no openssl)", () => {
  // Security level 2: RSA from 2,048 bits, no SHA-1. Any policy will do, as with us.
  const options = (
    `-attime ${now} -x509_strict -purpose smimesign -verify_email ${address} -verify_depth 5 -auth_level 2 ` +
    "-policy_check -policy anyPolicy -partial_chain"
  ).split(" ");

  test(`${chains} chains, each disagreement explained`, { timeout: 600_000 + chains * 100 }, async () => {
    const random = new Random(seed);
    const total = new Tally();
    for (let first = 0; first < chains; first += batch) {
      const size = Math.min(batch, chains - first);
      const answers = await ask(
        Array.from({ length: size }, (_, index) => scenario(first + index, random)),
        true,
      );
      const questions = answers.map(({ question }) => question);
      total.join(compare(answers, opensslVerify(questions, options), options));
    }
    total.print(`openssl, ${chains} chains:`);
    expect(total.unexplained).toEqual([]);
    for (const word of ["valid", "not valid"])
      expect(total.reasons.get(`${same}: ${word}`)).toBeGreaterThan(chains / 8);
  });

  test("chains amid 2,000 certificates of all kinds", { timeout: 300_000 }, async () => {
    const random = new Random(seed + 2);
    const company = Array.from({ length: 500 }, (_, index) => scenario(index, random));
    const scenarios = company.slice(0, 12);
    const pile = company.flatMap(({ intermediates }) => intermediates.map(({ der }) => der));
    // The same CA under other keys, other CAs under the same key, and copies nobody signed.
    for (const { intermediates } of scenarios)
      for (const { subject, key } of intermediates)
        for (let copy = 0; copy < 10; copy += 1) {
          const other = testKey("p256", random.below(60));
          pile.push(issue({ subject, key: other, issuer: null, ca: true }).der);
          pile.push(issue({ subject, key, issuer: null, signer: other, issuerName: [["CN", "Nobody"]], ca: true }).der);
        }
    expect(pile.length).toBeGreaterThan(1_500);
    // With partial chains an anchor is one whoever signed it, as with us (RFC 5280 section 6.1.1 (d)).
    const flags = "-x509_strict -verify_depth 5 -auth_level 2 -policy_check -policy anyPolicy -partial_chain";
    const options = ["-attime", `${now}`, ...flags.split(" ")];
    const answers: Answers[] = [];
    for (const one of scenarios) {
      const question = { ...questionOf(one), intermediates: pile };
      const took = stopwatch();
      const ours = await validatePath({ ...question, at });
      expect(took()).toBeLessThan(1_000);
      answers.push({ scenario: one, question, ours });
    }
    const [, ...others] = answers;
    // The pile once: all intermediates are offered to every leaf.
    const offered = [
      ...answers.slice(0, 1),
      ...others.map((one) => ({ question: { ...one.question, intermediates: [] } })),
    ];
    const theirs = opensslVerify(
      offered.map(({ question }) => question),
      options,
    );
    const tally = compare(answers, theirs, options);
    tally.print(`openssl, amid ${pile.length} certificates:`);
    expect(tally.unexplained).toEqual([]);
  });
});
