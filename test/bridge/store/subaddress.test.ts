import { describe, expect, test } from "vitest";
import { mailboxesBy } from "../../../bridge/store/subaddress.ts";

describe("the mailbox of a subaddress", () => {
  test.each([
    { name: "behind +", set: "+", address: "bob+shop@example.net", want: "bob@example.net" },
    { name: "up to the first of several", set: "+", address: "bob+a+b@example.net", want: "bob@example.net" },
    {
      name: "of two characters, the first that comes",
      set: "+-",
      address: "bob-a+b@example.net",
      want: "bob@example.net",
    },
    { name: "behind the other", set: "-+", address: "bob+a-b@example.net", want: "bob@example.net" },
    { name: "another character is none", set: "-", address: "bob+shop@example.net", want: null },
    { name: "without one", set: "+", address: "bob@example.net", want: null },
    { name: "in the domain is none", set: "+-", address: "bob@my-example.net", want: null },
    { name: "in front of nothing is none", set: "+", address: "+shop@example.net", want: null },
    {
      name: "a letter beyond the first plane before it",
      set: "+",
      address: "𝔟ob+a@example.net",
      want: "𝔟ob@example.net",
    },
    { name: "no characters", set: "", address: "bob+shop@example.net", want: null },
    { name: "no address", set: "+", address: "bob+shop", want: null },
    { name: "a list's owner", set: "+-", address: "owner-news@example.net", want: null },
    { name: "a list's requests", set: "+-", address: "News-Request@example.net", want: null },
    { name: "the mail system", set: "-", address: "MAILER-DAEMON@example.net", want: null },
    { name: "a list's owner where - is none", set: "+", address: "owner-a+b@example.net", want: "owner-a@example.net" },
  ])("$name", ({ set, address, want }) => expect(mailboxesBy(() => set)(address)).toBe(want));
});
