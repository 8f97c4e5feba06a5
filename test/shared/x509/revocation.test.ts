// Revocation on whole paths: whose word counts, and what happens where nobody speaks.
import { describe, expect, test } from "vitest";
import { type PathQuestion, validatePath } from "../../../shared/x509/path.ts";
import * as der from "./der-writer.ts";
import { type Issued, type TestExtension, general, issue, issueList, now, testKey } from "./issue.ts";
import { stopwatch } from "./stopwatch.ts";

const serial = Uint8Array.of(0x11, 0x22);
const caSerial = Uint8Array.of(0x33);
const point = "http://crl.example.org/a.crl";
const crlDistributionPoints: TestExtension = {
  type: "2.5.29.31",
  value: der.sequence(der.sequence(der.explicit(0, der.explicit(0, general.uri(point))))),
};

const signs = { ca: true, keyUsage: ["keyCertSign", "cRLSign"] } as const;
const root = issue({ subject: [["CN", "Root"]], key: testKey("p256", 0), issuer: null, ...signs });
const authority = issue({ subject: [["CN", "CA"]], key: testKey("p256", 1), issuer: root, serial: caSerial, ...signs });
const stranger = issue({ subject: [["CN", "CA"]], key: testKey("p256", 8), issuer: null, ...signs });

function leaf(issuer: Issued = authority): Issued {
  const names = [general.email("alice@example.org")];
  return issue({
    subject: [["CN", "A"]],
    key: testKey("p256", 2),
    issuer,
    serial,
    names,
    extensions: [crlDistributionPoints],
  });
}

function question(crls: readonly Uint8Array[], change: Partial<PathQuestion> = {}): PathQuestion {
  const at = new Date(now * 1000);
  return { leaf: leaf().der, intermediates: [authority.der], anchors: [root.der], at, crls, ...change };
}

/** issuingDistributionPoint with these contents. */
function scope(...content: readonly Uint8Array[]): { extensions: readonly TestExtension[] } {
  return {
    extensions: [
      { type: "2.5.29.35", value: der.sequence(der.implicit(0, authority.key.id)) },
      { type: "2.5.29.20", value: der.integer(1) },
      { type: "2.5.29.28", critical: true, value: der.sequence(...content) },
    ],
  };
}

const on = Uint8Array.of(0xff);
const revoked = [{ serial, reason: 1 }];
const good = issueList({ issuer: authority, revoked: [{ serial: Uint8Array.of(1) }] });
const goodRoot = issueList({ issuer: root });

interface Row {
  readonly name: string;
  readonly input: PathQuestion;
  readonly want: string | null;
}

const rows: readonly Row[] = [
  { name: "no CRLs given: nobody asks", input: question([], { crls: undefined }), want: null },
  { name: "an empty list of CRLs: nobody asks", input: question([]), want: null },
  { name: "not on the issuer's list", input: question([good]), want: null },
  { name: "revoked", input: question([issueList({ issuer: authority, revoked })]), want: "x509/revoked" },
  {
    name: "revoked by one of two lists",
    input: question([good, issueList({ issuer: authority, revoked })]),
    want: "x509/revoked",
  },
  {
    name: "revoked counts even where nothing need be known",
    input: question([issueList({ issuer: authority, revoked })], { revocation: "none" }),
    want: "x509/revoked",
  },
  { name: "another issuer's list says nothing", input: question([goodRoot]), want: "x509/crl-missing" },
  { name: "the same, where nothing need be known", input: question([goodRoot], { revocation: "none" }), want: null },
  {
    name: "the issuer's name, another key",
    input: question([issueList({ issuer: stranger, revoked })]),
    want: "x509/crl-signature",
  },
  {
    name: "overdue",
    input: question([issueList({ issuer: authority, nextUpdate: now - 1 })]),
    want: "x509/crl-expired",
  },
  {
    name: "overdue, and it says revoked",
    input: question([issueList({ issuer: authority, revoked, nextUpdate: now - 1 })]),
    want: "x509/revoked",
  },
  {
    name: "judged at a time of its own",
    input: question([good], { revocationAt: new Date((now + 86_401) * 1000) }),
    want: "x509/crl-expired",
  },
  { name: "in its last second", input: question([issueList({ issuer: authority, nextUpdate: now })]), want: null },
  {
    name: "from the future",
    input: question([issueList({ issuer: authority, thisUpdate: now + 1 })]),
    want: "x509/crl-not-yet-valid",
  },
  {
    name: "without nextUpdate, a day old",
    input: question([issueList({ issuer: authority, nextUpdate: null })]),
    want: null,
  },
  {
    name: "without nextUpdate, eight days old",
    input: question([issueList({ issuer: authority, nextUpdate: null, thisUpdate: now - 8 * 86_400 })]),
    want: "x509/crl-expired",
  },
  {
    name: "older than the caller allows",
    input: question([good], { crlMaxAgeSeconds: 3_600 }),
    want: "x509/crl-expired",
  },
  {
    name: "a CA revoked",
    input: question([good, issueList({ issuer: root, revoked: [{ serial: caSerial }] })]),
    want: "x509/ca-revoked",
  },
  { name: "a CA nobody speaks of", input: question([good], { revocation: "chain" }), want: "x509/crl-missing" },
  { name: "everyone spoken of", input: question([good, goodRoot], { revocation: "chain" }), want: null },
  {
    name: "a CA's list that is broken",
    input: question([good, issueList({ issuer: root, nextUpdate: now - 1 })]),
    want: "x509/crl-expired",
  },
  {
    name: "for users only",
    input: question([issueList({ issuer: authority, ...scope(der.implicit(1, on)) })]),
    want: null,
  },
  {
    name: "for CAs only",
    input: question([issueList({ issuer: authority, revoked, ...scope(der.implicit(2, on)) })]),
    want: "x509/crl-scope",
  },
  {
    name: "for attribute certificates only",
    input: question([issueList({ issuer: authority, ...scope(der.implicit(5, on)) })]),
    want: "x509/crl-scope",
  },
  {
    name: "indirect",
    input: question([issueList({ issuer: authority, ...scope(der.implicit(4, on)) })]),
    want: "x509/crl-scope",
  },
  {
    name: "for some reasons only",
    input: question([issueList({ issuer: authority, ...scope(der.namedBits([1], 0x83)) })]),
    want: "x509/crl-scope",
  },
  {
    name: "of the leaf's distribution point",
    input: question([
      issueList({ issuer: authority, revoked, ...scope(der.explicit(0, der.explicit(0, general.uri(point)))) }),
    ]),
    want: "x509/revoked",
  },
  {
    name: "of another distribution point",
    input: question([
      issueList({
        issuer: authority,
        ...scope(der.explicit(0, der.explicit(0, general.uri("http://crl.example.org/b.crl")))),
      }),
    ]),
    want: "x509/crl-scope",
  },
  {
    name: "a delta CRL",
    input: question([
      issueList({ issuer: authority, extensions: [{ type: "2.5.29.27", critical: true, value: der.integer(1) }] }),
    ]),
    want: "x509/crl-extension",
  },
  { name: "garbage", input: question([Uint8Array.of(0x30, 0x00)]), want: "x509/crl-missing" },
];

describe("one rule a row", () => {
  test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, { input, want }) => {
    const result = await validatePath(input);
    expect(result.ok ? null : result.code).toBe(want);
    // What newer CRLs may mend is temporary.
    if (!result.ok) expect(result.kind).toBe(result.code.startsWith("x509/crl-") ? "temp" : "perm");
  });

  test("the issuer may not sign lists", async () => {
    const silent = issue({ subject: [["CN", "CA"]], key: testKey("p256", 1), issuer: root, ca: true });
    const result = await validatePath(question([good], { intermediates: [silent.der] }));
    expect(result).toMatchObject({ ok: false, code: "x509/crl-issuer" });
  });

  test("states are told for each certificate but the anchor", async () => {
    const result = await validatePath(question([good]));
    expect(result.ok ? result.value.revocation : result).toEqual([
      { state: "good", nextUpdate: now + 86_400 },
      { state: "unknown", code: "x509/crl-missing" },
    ]);
  });

  test("a list of 100,000 revoked certificates is read soon", async () => {
    const many = Array.from({ length: 100_000 }, (_, index) => ({
      serial: Uint8Array.of(0x40, index >> 16, (index >> 8) & 0xff, index & 0xff),
    }));
    const list = issueList({ issuer: authority, revoked: [...many, ...revoked] });
    const took = stopwatch();
    expect(await validatePath(question([list]))).toMatchObject({ ok: false, code: "x509/revoked" });
    expect(took()).toBeLessThan(1_000);
  });
});
