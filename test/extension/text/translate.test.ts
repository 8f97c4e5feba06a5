// Words: values from mail stand in a sentence as text and never as anything else.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messagesLookup } from "../../../extension/text/messages.ts";
import { createWords, phrase } from "../../../extension/text/translate.ts";
import { entryOf } from "./merge-messages.ts";

const file = {
  ui_locale: entryOf("en"),
  ui_direction: entryOf("ltr"),
  signed: entryOf("Signed for $SIGNER$ as $PURPOSE_KEY$."),
  until: entryOf("Until $UNTIL_DAY$."),
  at: entryOf("At $TAKEN_AT$."),
  invoice: entryOf("an invoice"),
  many: entryOf("It went to $COUNT$."),
  price: entryOf("It costs $$5, $NAME$."),
};
const words = createWords(messagesLookup(file), "en-GB", "UTC");
const rightToLeft = createWords(messagesLookup({ ...file, ui_direction: entryOf("rtl") }), "en-GB", "UTC");

describe("a phrase in words", () => {
  const cases = [
    {
      name: "values stand where their names stand, whatever their order",
      input: phrase("signed", { signer: "a@b.example", purpose_key: "invoice" }),
      want: "Signed for a@b.example as an invoice.",
    },
    { name: "an unknown message is nothing", input: phrase("nowhere"), want: "" },
    {
      name: "a key that is no message is nothing",
      input: phrase("signed", { signer: "x", purpose_key: "no" }),
      want: "Signed for x as .",
    },
    { name: "a day", input: phrase("until", { until_day: "1795356120" }), want: "Until 22 Nov 2026." },
    { name: "a moment", input: phrase("at", { taken_at: "1795356120" }), want: "At 22 Nov 2026, 14:02." },
    { name: "a number", input: phrase("many", { count: "1312" }), want: "It went to 1,312." },
    { name: "what is no number is text", input: phrase("many", { count: "some" }), want: "It went to some." },
    { name: "what is no time is text", input: phrase("at", { taken_at: "yesterday" }), want: "At yesterday." },
    { name: "$$ is a dollar", input: phrase("price", { name: "Bob" }), want: "It costs $5, Bob." },
    {
      name: "a placeholder in a value stays what it is",
      input: phrase("signed", { signer: "$PURPOSE_KEY$ $1", purpose_key: "invoice" }),
      want: "Signed for $PURPOSE_KEY$ $1 as an invoice.",
    },
    {
      name: "bidirectional overrides become visible",
      input: phrase("price", { name: "gro.\u202elegal\u202c" }),
      want: "It costs $5, gro.\ufffdlegal\ufffd.",
    },
    {
      name: "a right-to-left value is isolated",
      input: phrase("price", { name: "שלום" }),
      want: "It costs $5, \u2068שלום\u2069.",
    },
  ] as const;
  test.each(cases)("$name", ({ input, want }) => {
    expect(words.t(input)).toBe(want);
  });

  test("in a right-to-left language every value is isolated", () => {
    expect(rightToLeft.t(phrase("price", { name: "a@b.example" }))).toBe("It costs $5, \u2068a@b.example\u2069.");
  });

  test("a long value is cut", () => {
    expect(words.t(phrase("price", { name: "x".repeat(5_000) })).length).toBeLessThan(330);
  });

  test("never throws, and never lets a control character through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, taken_at) => {
        const shown = words.t(phrase("price", { name })) + words.t(phrase("at", { taken_at }));
        // oxlint-disable-next-line no-control-regex -- what must not be there
        expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});

test("dates are written in the messages' language, in the reader's variant of it", () => {
  const german = createWords(messagesLookup({ ...file, ui_locale: entryOf("de") }), "en-US", "UTC");
  expect(german.t(phrase("many", { count: "1312" }))).toBe("It went to 1.312.");
  expect(german.t(phrase("until", { until_day: "1795356120" }))).toBe("Until 22.11.2026.");
  expect(createWords(messagesLookup(file), "en-US", "UTC").locale).toBe("en-US");
});
