// Which kept leaves a list withdraws, and from when on.
import { expect, test } from "vitest";
import { noteRevoked, type KeptLeaf } from "../../../bridge/trust/withdrawn.ts";
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { parseCertificateList } from "../../../shared/x509/crl.ts";
import { must } from "../../fakes/mail.ts";
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
