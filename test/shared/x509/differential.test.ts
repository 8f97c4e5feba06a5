// Thousands of generated chains through this code, OpenSSL and pkijs; each disagreement is explained or the test fails.
// The default round is short. Longer: X509_CHAINS=50000 X509_PKIJS=500 X509_SEED=7.
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import { type ValidPath, validatePath } from "../../../shared/x509/path.ts";
import type { Result } from "../../../shared/result.ts";
import { now } from "./issue.ts";
import { type OpensslQuestion, hasOpenssl, opensslVerify } from "./openssl.ts";
import type { PkijsQuestion } from "./pkijs-worker.ts";
import { Random, type Scenario, address, scenario } from "./scenario.ts";

const chains = Number(process.env["X509_CHAINS"] ?? 2_000);
const pkijsChains = Number(process.env["X509_PKIJS"] ?? 60);
const seed = Number(process.env["X509_SEED"] ?? 20_261_122);
const batch = 250;

const at = new Date(now * 1000);

interface Answers {
  readonly scenario: Scenario;
  readonly question: OpensslQuestion;
  readonly ours: Result<ValidPath>;
}

function questionOf({ leaf, intermediates, anchors }: Scenario): OpensslQuestion {
  const ders = (list: Scenario["anchors"]): Uint8Array[] => list.map(({ der }) => der);
  return { leaf: leaf.der, intermediates: ders(intermediates), anchors: ders(anchors) };
}

/** Why two validators may differ: by the words of the one that refuses, and by what was done to the chain. */
interface Explanation {
  readonly words: RegExp;
  readonly features?: RegExp;
  readonly why: string;
}

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
    words: /unable to get local issuer certificate/u,
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

function explained(list: readonly Explanation[], words: string, features: ReadonlySet<string>): string | null {
  const done = [...features].join(" ");
  const row = list.find((one) => one.words.test(words) && (one.features?.test(done) ?? true));
  return row?.why ?? null;
}

function describeCase({ scenario: one }: Answers, words: string): string {
  return `chain ${one.id} (${[...one.features].join(", ")}): ${words}`;
}

class Tally {
  readonly reasons = new Map<string, number>();
  readonly unexplained: string[] = [];

  add(reason: string | null, row: string): void {
    if (reason === null) this.unexplained.push(row);
    else this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  print(title: string): void {
    console.info(title);
    for (const [reason, count] of this.reasons) console.info(`  ${count} ${reason}`);
  }
}

async function ask(scenarios: readonly Scenario[], named: boolean): Promise<Answers[]> {
  const answers: Answers[] = [];
  for (const one of scenarios) {
    const question = questionOf(one);
    const mail = named
      ? {
          name: { type: "email", value: address } as const,
          extendedKeyUsage: ["1.3.6.1.5.5.7.3.4"],
          keyUsage: ["digitalSignature"] as const,
        }
      : {};
    answers.push({ scenario: one, question, ours: await validatePath({ ...question, at, ...mail }) });
  }
  return answers;
}

describe.skipIf(!hasOpenssl())("openssl verify (left out where there is no openssl)", () => {
  // Security level 2: RSA from 2,048 bits, no SHA-1. Any policy will do, as with us.
  const options =
    `-attime ${now} -x509_strict -purpose smimesign -verify_email ${address} -verify_depth 5 -auth_level 2 ` +
    "-policy_check -policy anyPolicy -partial_chain";

  test(`${chains} chains, each disagreement explained`, { timeout: 600_000 + chains * 100 }, async () => {
    const random = new Random(seed);
    const tally = new Tally();
    const counts = { accepted: 0, refused: 0 };
    for (let first = 0; first < chains; first += batch) {
      const size = Math.min(batch, chains - first);
      const scenarios = Array.from({ length: size }, (_, index) => scenario(first + index, random));
      const answers = await ask(scenarios, true);
      const theirs = opensslVerify(
        answers.map(({ question }) => question),
        options.split(" "),
      );
      const stricter: Answers[] = [];
      for (const [index, answer] of answers.entries()) {
        const words = theirs[index] ?? null;
        if (answer.ours.ok && words !== null) stricter.push(answer);
        else if (!answer.ours.ok && words === null)
          tally.add(
            explained(opensslAccepts, answer.ours.code, answer.scenario.features),
            describeCase(answer, `we refuse: ${answer.ours.code} ${answer.ours.detail}`),
          );
        else counts[answer.ours.ok ? "accepted" : "refused"] += 1;
      }
      judgeStricter(stricter, tally);
    }
    tally.print(`openssl: ${counts.accepted} accepted by both, ${counts.refused} refused by both; else:`);
    expect(tally.unexplained).toEqual([]);
    expect(counts.accepted).toBeGreaterThan(chains / 8);
    expect(counts.refused).toBeGreaterThan(chains / 8);
  });

  /** What we accept and OpenSSL doesn't: it must at least accept the very chain we found, or have a reason of its own. */
  function judgeStricter(answers: readonly Answers[], tally: Tally): void {
    const exact = answers.map(({ question, ours }) => ({
      ...question,
      intermediates: ours.ok ? ours.value.chain.slice(1, -1) : [],
    }));
    for (const [index, words] of opensslVerify(exact, options.split(" ")).entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      const parts = words?.split("; ") ?? [];
      const reasons = parts.map((part) => explained(opensslRefuses, part, answer.scenario.features));
      const reason = reasons.includes(null)
        ? null
        : (reasons[0] ?? "it doesn't go back when the first issuer it tries fails (our chain alone it accepts)");
      tally.add(reason, describeCase(answer, `openssl refuses: ${words}`));
    }
  }
});

describe("pkijs", () => {
  const pkijsRefuses: readonly Explanation[] = [
    { words: /^never$/u, why: "it never finishes: circles above all" },
    {
      words: /No valid certificate paths/u,
      features: /wrong-key-id|copies/u,
      why: "it knows issuers by key identifiers, the right and the wrong ones",
    },
    { words: /expired/u, features: /expired-twin/u, why: "an expired certificate that nobody needs ends everything" },
    { words: /sub-trees/u, features: /constrained-twin/u, why: "so do the constraints of a CA that nobody needs" },
    {
      words: /not a CA certificate|Incorrect name chaining/u,
      features: /twin|circle/u,
      why: "so does a broken certificate beside the sound one",
    },
    { words: /Cannot read properties|threw/u, why: "it throws" },
    { words: /policies|policy/iu, features: /polic|inhibit-any/u, why: "its policies ask for more than any policy" },
  ];
  const pkijsAccepts: readonly Explanation[] = [
    { words: /profile/u, why: "it asks for no key identifiers, serial numbers, versions, or what a leaf may carry" },
    { words: /depth/u, why: "it has no bound" },
    { words: /x509\/key$/u, why: "any key will do" },
    { words: /critical-extension/u, why: "it passes over critical extensions that it doesn't know" },
    { words: /path-length/u, why: "it counts path length differently" },
    { words: /not-ca|key-usage/u, why: "it takes some CAs for granted" },
    { words: /name-constraints/u, why: "it judges fewer forms of names" },
    { words: /expired|not-yet-valid/u, features: /twin/u, why: "it has taken the sound one of two" },
    { words: /policy/u, why: "explicit policies are left to its caller" },
  ];

  let worker: Worker | null = null;

  /** Null: accepted; else its words, "never" where it hasn't answered in time. */
  async function askPkijs(question: PkijsQuestion): Promise<string | null> {
    const thread = (worker ??= new Worker(new URL("pkijs-worker.ts", import.meta.url)));
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        worker = null;
        void thread.terminate();
        resolve("never");
      }, 2_000);
      thread.once("message", (words: string | null) => {
        clearTimeout(timer);
        resolve(words);
      });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      thread.postMessage(question);
    });
  }

  afterAll(async () => {
    await worker?.terminate();
  });

  test(`${pkijsChains} chains, each disagreement explained`, { timeout: 600_000 + pkijsChains * 2_500 }, async () => {
    const random = new Random(seed + 1);
    const tally = new Tally();
    let same = 0;
    // Of the kinds of keys generated it knows P-256 only; names and uses it is not asked for.
    const scenarios = Array.from({ length: pkijsChains }, (_, index) => scenario(index, random, ["p256"]));
    // Circles it never finishes: a few are enough.
    const asked = scenarios.filter(({ features }, index) => !features.has("circle") || index < 20);
    for (const answer of await ask(asked, false)) {
      const words = await askPkijs(answer.question);
      const { features } = answer.scenario;
      if (answer.ours.ok === (words === null)) same += 1;
      else if (answer.ours.ok)
        tally.add(explained(pkijsRefuses, words ?? "", features), describeCase(answer, words ?? ""));
      else tally.add(explained(pkijsAccepts, answer.ours.code, features), describeCase(answer, answer.ours.code));
    }
    tally.print(`pkijs: ${same} of ${asked.length} the same; else:`);
    expect(tally.unexplained).toEqual([]);
    expect(same).toBeGreaterThan(asked.length / 2);
  });
});
