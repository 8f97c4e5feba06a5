// Which kept leaves a list withdraws, and from when on.
import { describe, expect, test } from "vitest";
import { noteRevoked, noteRevokedAuthorities, type KeptLeaf } from "../../../bridge/trust/withdrawn.ts";
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { parseCertificateList } from "../../../shared/x509/crl.ts";
import { must } from "../../fakes/mail.ts";
import * as der from "../../shared/x509/der-writer.ts";
import { issue, issueList, now, testKey, type Issued, type Revoked } from "../../shared/x509/issue.ts";

const day = 86_400;
const at = now - 3 * day;
const caOf = (key: number): Issued =>
  issue({
    subject: [["CN", "CA"]],
    key: testKey("p256", key),
    issuer: null,
    ca: true,
    keyUsage: ["keyCertSign", "cRLSign"],
  });
const ca = caOf(0);
const serial = Uint8Array.of(0x21);
const leaf = issue({ subject: [["CN", "Alice"]], key: testKey("p256", 1), issuer: ca, serial });

/** What is noted of the leaf, which is kept with `revokedFrom`, where this stands in a list of `issuer`. */
async function noted(
  revoked: readonly Partial<Revoked>[],
  more: { readonly issuer?: Issued; readonly revokedFrom?: number } = {},
): Promise<number[]> {
  const { issuer = ca, revokedFrom = null } = more;
  const list = must(
    parseCertificateList(issueList({ issuer, revoked: revoked.map((one) => ({ serial, at, ...one })) })),
  );
  const froms: number[] = [];
  await noteRevoked(list, [must(parseCertificate(issuer.der))], {
    leaves: (name, asked): readonly KeptLeaf[] =>
      name === list.issuer.key && asked === "21" ? [{ id: 7, der: leaf.der, revokedFrom }] : [],
    revoke: (id, from) => void froms.push(id === 7 ? from : -1),
    withdrawPaths: () => {
      throw new Error("a leaf is no CA");
    },
  });
  return froms;
}

test.each([
  { name: "without a reason: from then on", revoked: {}, want: [at] },
  { name: "superseded: from then on", revoked: { reason: 4 }, want: [at] },
  { name: "invalid since before: since then", revoked: { reason: 4, invalidFrom: at - day }, want: [at - day] },
  { name: "an invalidity date after the revocation is none", revoked: { invalidFrom: at + day }, want: [at] },
  { name: "the key was stolen: ever", revoked: { reason: 1 }, want: [0] },
  { name: "the CA's key was stolen: ever", revoked: { reason: 2 }, want: [0] },
  { name: "the key was stolen on a day: since then", revoked: { reason: 1, invalidFrom: at - day }, want: [at - day] },
  { name: "on hold: not at all", revoked: { reason: 6 }, want: [] },
  { name: "another certificate", revoked: { serial: Uint8Array.of(0x22) }, want: [] },
])("$name", async ({ revoked, want }) => {
  expect(await noted([revoked])).toEqual(want);
});

test("among thousands it is found, and others are not taken for it", async () => {
  const others = Array.from({ length: 1_500 }, (_, n) => ({ serial: Uint8Array.of(0x40, n >> 8, n & 255) }));
  expect(await noted([...others, {}, ...others.slice(0, 100)])).toEqual([at]);
  expect(await noted(others)).toEqual([]);
});

test("a CA of the same name, with a key of its own, withdraws nothing", async () => {
  expect(await noted([{}], { issuer: caOf(9) })).toEqual([]);
});

test("what is known already stays, and only becomes worse", async () => {
  expect(await noted([{}], { revokedFrom: at })).toEqual([]);
  expect(await noted([{}], { revokedFrom: at - 1 })).toEqual([]);
  expect(await noted([{ reason: 1 }], { revokedFrom: at })).toEqual([0]);
});

describe("a CA", () => {
  const middle = issue({ subject: [["CN", "Middle"]], key: testKey("p256", 3), issuer: ca, ca: true, serial });
  const other = issue({ subject: [["CN", "Other"]], key: testKey("p256", 4), issuer: caOf(9), ca: true, serial });
  const scoped = (...content: Uint8Array[]) => ({ type: "2.5.29.28", critical: true, value: der.sequence(...content) });
  const on = Uint8Array.of(0xff);

  /** What is noted where this stands in the CA's list, "from–until" each; the middle CA's time afterwards. */
  async function notedOf(
    revoked: readonly Partial<Revoked>[],
    more: { readonly before?: number | null; readonly scope?: ReturnType<typeof scoped> } = {},
  ): Promise<readonly [notes: readonly string[], after: number | null]> {
    const { before = null, scope } = more;
    const specification = { issuer: ca, revoked: revoked.map((one) => ({ serial, at, ...one })) };
    const list = must(
      parseCertificateList(issueList({ ...specification, ...(scope === undefined ? {} : { extensions: [scope] }) })),
    );
    const notes: string[] = [];
    const watched = [
      { der: other.der, revokedFrom: null },
      { der: Uint8Array.of(1), revokedFrom: null },
      { der: middle.der, revokedFrom: before },
    ];
    const after = await noteRevokedAuthorities(list, watched, {
      level: "pkix",
      now,
      issuers: [must(parseCertificate(ca.der))],
      kept: {
        leaves: () => [],
        revoke: () => undefined,
        withdrawPaths: (authority, { level, from, until }) =>
          void notes.push(`${authority === middle.der ? "middle" : "?"} ${level} ${from}-${until}`),
      },
    });
    expect(after.slice(0, 2)).toEqual(watched.slice(0, 2));
    return [notes, after[2]?.revokedFrom ?? null];
  }

  test.each([
    { name: "revoked: from then on, until now", revoked: {}, want: at },
    { name: "its key was stolen: ever", revoked: { reason: 2 }, want: 0 },
    { name: "stolen on a day: since then", revoked: { reason: 1, invalidFrom: at - day }, want: at - day },
    { name: "on hold: not at all", revoked: { reason: 6 }, want: null },
    { name: "another certificate: not at all", revoked: { serial: Uint8Array.of(0x22) }, want: null },
  ])("$name", async ({ revoked, want }) => {
    expect(await notedOf([revoked])).toEqual([want === null ? [] : [`middle pkix ${want}-${now}`], want]);
  });

  test("what is noted is not noted again, unless it is worse", async () => {
    expect(await notedOf([{}], { before: at })).toEqual([[], at]);
    expect(await notedOf([{ reason: 1 }], { before: at })).toEqual([[`middle pkix 0-${now}`], 0]);
    // Gone from a newer list it stays noted.
    expect(await notedOf([], { before: at })).toEqual([[], at]);
  });

  test("a list of signers' certificates alone says nothing of it, one of CAs does", async () => {
    expect(await notedOf([{}], { scope: scoped(der.implicit(1, on)) })).toEqual([[], null]);
    expect(await notedOf([{}], { scope: scoped(der.implicit(5, on)) })).toEqual([[], null]);
    expect(await notedOf([{}], { scope: scoped(der.implicit(2, on)) })).toEqual([[`middle pkix ${at}-${now}`], at]);
  });
});
