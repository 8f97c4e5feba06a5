import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { policyActions } from "../../../shared/hop/types.ts";
import { classifications, consents, purposes } from "../../../shared/ipp/registry.ts";
import { policyPhrase } from "../../../shared/policy/explain.ts";
import { phraseKey, phrases, type PhraseKey } from "../../../shared/verdict/phrases.ts";
import { declarationPhrase, purposePhrases } from "../../../shared/verdict/purpose.ts";
import { entryOf, locales, readMessages } from "../../extension/text/merge-messages.ts";
import { spoken } from "./words.ts";

const keys = Object.keys(phrases) as PhraseKey[];
const prefixes = /^(level|sentence|advice|row|value|way|checks|gist|purpose)_/;

describe.each(locales)("_locales/%s", (locale) => {
  const messages = readMessages(locale);

  test("has exactly the texts of a verdict, with exactly their values", () => {
    const given = Object.keys(messages).filter((key) => prefixes.test(key));
    expect(given.toSorted()).toEqual(keys.toSorted());
    for (const key of keys) {
      expect(Object.keys(messages[key]?.placeholders ?? {}).toSorted(), key).toEqual([...phrases[key]]);
      // Numbered in alphabetical order: what the panel fills in.
      expect(messages[key], key).toEqual(entryOf(messages[key]?.message ?? ""));
    }
  });
});

test("the comment beside each key is its English text", () => {
  const source = readFileSync(join(import.meta.dirname, "../../../shared/verdict/phrases.ts"), "utf8");
  const english = readMessages("en");
  for (const key of keys) {
    const comment = new RegExp(`^  ${key}: \\[.*?\\], // (.*)$`, "m").exec(source)?.[1];
    expect(comment, key).toBe(english[key]?.message);
  }
});

test("every registered purpose, class and consent has words; others are shown as written", () => {
  for (const { value } of purposes)
    expect(purposePhrases(value)).toMatchObject({ noun_key: `purpose_${value}`, exact: true });
  for (const { value } of classifications) expect(phraseKey(`value_class_${value}`)).not.toBeNull();
  for (const { value } of consents) expect(phraseKey(`value_consent_${value}`)).not.toBeNull();
  expect(purposePhrases("transactional.invoice").noun_key).toBe("purpose_transactional_invoice");
  expect(purposePhrases("transactional.invoice.final").noun_key).toBe("purpose_transactional_invoice");
  expect(purposePhrases("transactional.other").noun_key).toBe("purpose_transactional");
  expect(purposePhrases("personal.short").noun_key).toBe("purpose_personal");
  expect(purposePhrases("gossip").noun_key).toBe("purpose_other");
  const said = (purpose: string, classification: string | null, consent: string | null): string =>
    spoken(declarationPhrase({ purpose, classification, consent }));
  expect(said("transactional.invoice", "individual", "relationship")).toBe(
    "Invoice; to one reader alone; you are a customer, member or correspondent",
  );
  expect(said("newsletter", "bulk", null)).toBe("Newsletter; the same to many");
  expect(said("newsletter", null, "optin")).toBe("Newsletter; you subscribed to it");
  expect(said("newsletter", "strange", "strange")).toBe("Newsletter");
  expect(said("gossip", "bulk", null)).toBe("“gossip”, a kind that is not known here");
});

test("every policy decision has words", () => {
  for (const action of policyActions) {
    for (const rule of ["bank", "local", "default", "undeclared"]) {
      expect(phraseKey(policyPhrase(rule, action).key), rule).not.toBeNull();
    }
  }
  expect(spoken(policyPhrase("bank", "accept"))).toBe("rule “bank”: accept");
  expect(phraseKey("value_policy_unmet_trust")).not.toBeNull();
  expect(phraseKey("value_policy_unmet_tls")).not.toBeNull();
});
