// The complaint step's rules: what is offered, and what the reader is told before he clicks.
import { describe, expect, test } from "vitest";
import {
  afterUndo,
  complaintChoices,
  consequence,
  otherChoices,
  reportedAs,
  undoFailureText,
} from "../../../extension/ui/complaint.ts";
import { clockText } from "../../../extension/ui/complaint-status.tsx";

describe("choices", () => {
  const cases = [
    {
      name: "what a mail already says is not offered",
      input: "marketing",
      want: ["unsolicited", "cheat", "attachment", "somebody"],
    },
    {
      name: "a newsletter is called one",
      input: "newsletter",
      want: ["advertising", "newsletter", "cheat", "attachment", "somebody"],
    },
    {
      name: "an undeclared mail may be anything",
      input: null,
      want: ["advertising", "unsolicited", "cheat", "attachment", "somebody"],
    },
    {
      name: "the first label decides",
      input: "marketing.offer",
      want: ["unsolicited", "cheat", "attachment", "somebody"],
    },
  ];
  test.each(cases)("$name", ({ input, want }) => {
    expect(complaintChoices(input).map((choice) => choice.id)).toEqual(want);
  });

  test("something else names a purpose, never the declared one", () => {
    expect(otherChoices("personal").map((choice) => choice.actual)).not.toContain("personal");
    expect(otherChoices(null).every((choice) => choice.code === "misrepresented" && choice.actual !== null)).toBe(true);
  });
});

describe("who learns it", () => {
  const mail = { channel: "paired", reach: "sender", namesReader: false, boundRecipients: 312 } as const;
  const cases = [
    { name: "many readers: a count, no name", input: mail, want: "ui_learns_counted" },
    { name: "one reader: the report names him", input: { ...mail, namesReader: true }, want: "ui_learns_named" },
    {
      name: "not proven: the provider only",
      input: { ...mail, reach: "provider" as const },
      want: "ui_learns_provider",
    },
    {
      name: "not paired: somebody says so",
      input: { ...mail, channel: "unpaired" as const },
      want: "ui_learns_unpaired",
    },
    { name: "no bridge: nobody", input: { ...mail, channel: "none" as const }, want: "ui_learns_nobody" },
  ];
  test.each(cases)("$name", ({ input, want }) => {
    expect(consequence(input).key).toBe(want);
  });
});

test("a report is named by what it says the mail is", () => {
  expect(reportedAs({ code: "misrepresented", actual: "marketing.offer" }).key).toBe("ui_kind_marketing");
  expect(reportedAs({ code: "wrong-recipient", actual: null }).key).toBe("ui_reported_wrong_recipient");
});

describe("after an undo", () => {
  const complaint = { code: "phishing", actual: null, at: 1, undoUntil: 601, state: "pending" } as const;
  const before = { kind: "reported", complaint } as const;
  test("that worked it is undone", () => {
    expect(afterUndo(before, { kind: "undone", inJunk: true })).toEqual({ kind: "undone", inJunk: true });
  });
  test("that did not work it stands, and can be tried again", () => {
    const stands = { kind: "stands", code: "client/unreachable", complaint };
    const failed = { kind: "failed", code: "client/unreachable" } as const;
    expect(afterUndo(before, failed)).toEqual(stands);
    expect(afterUndo(afterUndo(before, failed), failed)).toEqual(stands);
    expect(undoFailureText("client/unreachable").key).toBe("ui_undo_failed");
  });
  test("that came too late it stands for good", () => {
    const late = afterUndo(before, { kind: "failed", code: "complaints/late" });
    expect(late).toMatchObject({ kind: "stands", complaint: { undoUntil: null } });
  });
});

test.each([
  { name: "minutes and seconds", input: 598.7, want: "9:58" },
  { name: "seconds have two digits", input: 61, want: "1:01" },
  { name: "never below nothing", input: -3, want: "0:00" },
])("$name", ({ input, want }) => {
  expect(clockText(input)).toBe(want);
});
