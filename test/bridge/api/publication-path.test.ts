import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePublicationPath } from "../../../bridge/api/publications.ts";

const digest = `~${"aB".repeat(21)}c`;

describe("paths below a domain's URL", () => {
  test.each([
    { name: "keys", path: "keys", want: { kind: "keys" } },
    { name: "weekly counts", path: "counts", want: { kind: "counts" } },
    { name: "daily sums", path: "sums", want: { kind: "sums" } },
    { name: "a chain", path: "alice.pub", want: { kind: "pub", alias: "alice" } },
    { name: "aliases are compared without case", path: "Alice.PUB.pub", want: { kind: "pub", alias: "alice.pub" } },
    { name: "digests are not", path: `${digest}.pol`, want: { kind: "pol", alias: digest } },
    { name: "an alias called keys", path: "keys.pub", want: { kind: "pub", alias: "keys" } },
    {
      name: "a report",
      path: "a+b.report/T/phishing",
      want: { kind: "report", alias: "a+b", token: "T", code: "phishing" },
    },
    { name: "a report without a code", path: "a.report/T", want: null },
    { name: "a slash in an alias", path: "a/b.pub", want: null },
    { name: "nothing", path: "", want: null },
    { name: "another ending", path: "alice.txt", want: null },
    { name: "too long", path: `${"a".repeat(101)}.pub`, want: null },
  ])("$name", ({ path, want }) => {
    expect(parsePublicationPath(path)).toEqual(want);
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.string(), (path) => void parsePublicationPath(path)));
  });
});
