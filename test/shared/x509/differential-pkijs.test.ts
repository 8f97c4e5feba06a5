// Generated chains through this code and pkijs' chain engine; each disagreement is explained or the test fails.
// The default round is short. Longer: X509_PKIJS=500 X509_SEED=7.
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import { type Explanation, Tally, ask, describeCase, explained, seed } from "./disagreement.ts";
import type { PkijsQuestion } from "./pkijs-worker.ts";
import { Random, scenario } from "./scenario.ts";

const chains = Number(process.env["X509_PKIJS"] ?? 60);

describe("pkijs", () => {
  const pkijsRefuses: readonly Explanation[] = [
    { words: /^never$/u, why: "it never finishes: circles above all" },
    {
      words: /No valid certificate paths/u,
      features: /wrong-key-id|copies/u,
      why: "it knows issuers by key identifiers, the right and the wrong ones",
    },
    {
      words: /No valid certificate paths/u,
      features: /wrong-signer.*(twin|cross)|(twin|cross).*wrong-signer/u,
      why: "a certificate that isn't signed by its issuer ends its search, though another way leads up",
    },
    { words: /expired/u, features: /twin|cross/u, why: "an expired certificate that nobody needs ends everything" },
    {
      words: /sub-trees/u,
      features: /twin|cross/u,
      why: "so do the constraints of a CA that nobody needs",
    },
    {
      words: /not a CA certificate|Incorrect name chaining/u,
      features: /twin|circle|cross/u,
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

  test(`${chains} chains, each disagreement explained`, { timeout: 600_000 + chains * 2_500 }, async () => {
    const random = new Random(seed + 1);
    const tally = new Tally();
    let same = 0;
    // Of the kinds of keys generated it knows P-256 only; names and uses it is not asked for.
    const scenarios = Array.from({ length: chains }, (_, index) => scenario(index, random, ["p256"]));
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
