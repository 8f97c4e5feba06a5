// _locales: one form, the same keys and values in every language, and every text that the code asks for.
import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { join } from "node:path";
import { summedResults } from "../../../shared/report/counts.ts";
import { describe, expect, test } from "vitest";
import { complaintCodes, purposes } from "../../../shared/ipp/registry.ts";
import { phrases } from "../../../shared/verdict/phrases.ts";
import { levels } from "../../../shared/verdict/types.ts";
import {
  complaintChoices,
  consequence,
  failureText,
  otherChoices,
  reportedAs,
} from "../../../extension/ui/complaint.ts";
import { accounts } from "../ui/fixtures.ts";
import { stateText } from "../../../extension/ui/account.ts";
import { entryOf, formatMessages, locales, mergeMessages, readMessages } from "./merge-messages.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const english = readMessages("en");
const sources = globSync("extension/**/*.{ts,tsx}", { cwd: root }).map((file) =>
  readFileSync(join(root, file), "utf8"),
);

describe.each(locales)("%s", (locale) => {
  const file = readMessages(locale);

  test("is in its one form: sorted, placeholders numbered alphabetically", () => {
    const texts = Object.fromEntries(Object.entries(file).map(([key, entry]) => [key, entry.message]));
    expect(formatMessages(file)).toBe(formatMessages(mergeMessages({}, texts)));
  });

  test("has the keys that English has", () => {
    expect(Object.keys(file)).toEqual(Object.keys(english));
  });

  test("has the placeholders that English has", () => {
    for (const [key, entry] of Object.entries(file))
      expect(Object.keys(entry.placeholders ?? {}), key).toEqual(Object.keys(english[key]?.placeholders ?? {}));
  });

  test("keys and placeholders are what browsers take", () => {
    for (const [key, entry] of Object.entries(file)) {
      expect(key).toMatch(/^[a-z0-9_]+$/);
      expect(Object.keys(entry.placeholders ?? {}).length, key).toBeLessThan(10);
      expect(entry.message, key).not.toMatch(/<[a-z]/i);
    }
  });
});

/** Keys the code names in full: phrase("…"). */
const named = new Set(
  sources.flatMap((source) => [...source.matchAll(/phrase\(\s*"([a-z0-9_]+)"/g)].map((match) => match[1] ?? "")),
);
/** Keys the code puts together. */
const composed = [
  ...levels.flatMap((level) => [`level_${level}`, `firstrun_level_${level}`]),
  ...["none", ...purposes.map((purpose) => purpose.value)].flatMap((name) => [
    `compose_name_${name}`,
    `compose_hint_${name}`,
  ]),
  ...[null, "newsletter", "marketing", "personal"].flatMap((declared) =>
    [...complaintChoices(declared), ...otherChoices(declared)].map((choice) => choice.label.key),
  ),
  ...complaintCodes.map((entry) => reportedAs({ code: entry.value, actual: null }).key),
  ...purposes.map((purpose) => reportedAs({ code: "misrepresented", actual: purpose.value }).key),
  ...complaintCodes.map((entry) => `page_code_${entry.value.replace("-", "_")}`),
  ...summedResults.map((result) => `page_code_${result}`),
  ...["received", "sent", "seen"].flatMap((kind) => [`page_${kind}`, `page_${kind}_lead`]),
  ...["loading", "nothing", "several", "failed", "large", "asleep"].map((kind) => `ui_notice_${kind}`),
  ...["lost", "changed"].map((trouble) => `ui_trouble_${trouble}`),
  ...accounts.map((account) => stateText(account.state).key),
  ...["client/unreachable", "complaints/already", "complaints/late", "api/too-often", "mail/gone", "other"].map(
    (code) => failureText(code).key,
  ),
  ...(["paired", "unpaired", "none"] as const).flatMap((channel) =>
    (["sender", "provider"] as const).flatMap((reach) =>
      [true, false].map((namesReader) => consequence({ channel, reach, namesReader, boundRecipients: 2 }).key),
    ),
  ),
];

test("every text that the code asks for is there", () => {
  expect([...named, ...composed].filter((key) => !Object.hasOwn(english, key))).toEqual([]);
});

test("no text is left that nobody asks for", () => {
  const elsewhere =
    /phrase\(\s*(?:[^"`)]*\? )?"([a-z0-9_]+)" : "([a-z0-9_]+)"|"((?:ui|settings|firstrun|compose|page)_[a-z0-9_]+)"/g;
  const mentioned = new Set([
    ...named,
    ...composed,
    ...Object.keys(phrases),
    ...sources.flatMap((source) => [...source.matchAll(elsewhere)].flatMap((match) => match.slice(1).filter(Boolean))),
    ...[...readFileSync(join(root, "manifest.json"), "utf8").matchAll(/__MSG_(\w+)__/g)].map((match) => match[1] ?? ""),
    ...sources.flatMap((source) => [...source.matchAll(/__MSG_(\w+)__/g)].map((match) => match[1] ?? "")),
  ]);
  expect(Object.keys(english).filter((key) => !mentioned.has(key))).toEqual([]);
});

test("placeholders are derived from the text", () => {
  expect(entryOf("$B$ before $A$")).toEqual({
    message: "$B$ before $A$",
    placeholders: { a: { content: "$1" }, b: { content: "$2" } },
  });
});
