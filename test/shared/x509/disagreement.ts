// Comparing validators: the question put to each, and the bookkeeping of disagreements and their reasons.
import type { Result } from "../../../shared/result.ts";
import { type ValidPath, validatePath } from "../../../shared/x509/path.ts";
import { now } from "./issue.ts";
import type { OpensslQuestion } from "./openssl.ts";
import { type Scenario, address } from "./scenario.ts";

/** The seed of all generated chains; another one by X509_SEED. */
export const seed = Number(process.env["X509_SEED"] ?? 20_261_122);

/** When everything is judged. */
export const at = new Date(now * 1000);

/** One scenario as a question, and our answer. */
export interface Answers {
  readonly scenario: Scenario;
  readonly question: OpensslQuestion;
  readonly ours: Result<ValidPath>;
}

/** The scenario's octets. */
export function questionOf({ leaf, intermediates, anchors }: Scenario): OpensslQuestion {
  const ders = (list: Scenario["anchors"]): Uint8Array[] => list.map(({ der }) => der);
  return { leaf: leaf.der, intermediates: ders(intermediates), anchors: ders(anchors) };
}

/** Why two validators may differ: by the words of the one that refuses, and by what was done to the chain. */
export interface Explanation {
  readonly words: RegExp;
  readonly features?: RegExp;
  readonly why: string;
}

/** The reason of the first explanation that fits; null: none does. */
export function explained(list: readonly Explanation[], words: string, features: ReadonlySet<string>): string | null {
  const done = [...features].join(" ");
  const row = list.find((one) => one.words.test(words) && (one.features?.test(done) ?? true));
  return row?.why ?? null;
}

/** The case for a failing test's words. */
export function describeCase({ scenario: one }: Answers, words: string): string {
  return `chain ${one.id} (${[...one.features].join(", ")}): ${words}`;
}

/** Counts reasons, and keeps what has none. */
export class Tally {
  readonly reasons = new Map<string, number>();
  readonly unexplained: string[] = [];

  add(reason: string | null, row: string): void {
    if (reason === null) this.unexplained.push(row);
    else this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  join(other: Tally): void {
    this.unexplained.push(...other.unexplained);
    for (const [reason, count] of other.reasons) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + count);
  }

  print(title: string): void {
    console.info(title);
    for (const [reason, count] of this.reasons) console.info(`  ${count} ${reason}`);
  }
}

/** Our answers; `named`: asked for the address, its use for mail and for signing. */
export async function ask(scenarios: readonly Scenario[], named: boolean): Promise<Answers[]> {
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
