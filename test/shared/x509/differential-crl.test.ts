// CRLs of every kind through this code and openssl verify -crl_check.
import { describe, expect, test } from "vitest";
import { validatePath } from "../../../shared/x509/path.ts";
import * as der from "./der-writer.ts";
import { at } from "./disagreement.ts";
import { type Issued, type TestExtension, issue, issueList, now, testKey } from "./issue.ts";
import { hasOpenssl, opensslVerify } from "./openssl.ts";

describe.skipIf(!hasOpenssl())("openssl verify -crl_check (left out where there is no openssl)", () => {
  test("CRLs of every kind", { timeout: 300_000 }, async () => {
    const serial = Uint8Array.of(0x21);
    const day = 86_400;
    const critical = { type: "1.2.3.4.5", critical: true, value: der.value(0x05) };
    const scope = (...content: readonly Uint8Array[]): TestExtension => ({
      type: "2.5.29.28",
      critical: true,
      value: der.sequence(...content),
    });
    const on = Uint8Array.of(0xff);
    const kinds: readonly (readonly [name: string, make: (ca: Issued) => Uint8Array[]])[] = [
      ["good", (ca) => [issueList({ issuer: ca })]],
      ["good among others", (ca) => [issueList({ issuer: ca, revoked: [{ serial: Uint8Array.of(1) }] })]],
      ["revoked", (ca) => [issueList({ issuer: ca, revoked: [{ serial, reason: 1 }] })]],
      ["revoked without a reason", (ca) => [issueList({ issuer: ca, revoked: [{ serial }] })]],
      ["on hold", (ca) => [issueList({ issuer: ca, revoked: [{ serial, reason: 6 }] })]],
      ["none", () => []],
      ["overdue", (ca) => [issueList({ issuer: ca, nextUpdate: now - day })]],
      ["from the future", (ca) => [issueList({ issuer: ca, thisUpdate: now + day, nextUpdate: now + 2 * day })]],
      ["overdue, and a new one", (ca) => [issueList({ issuer: ca, nextUpdate: now - day }), issueList({ issuer: ca })]],
      ["signed by another", (ca) => [issueList({ issuer: ca, signer: testKey("p256", 99) })]],
      ["unknown critical extension", (ca) => [issueList({ issuer: ca, extensions: [critical] })]],
      ["users only", (ca) => [issueList({ issuer: ca, extensions: [scope(der.implicit(1, on))] })]],
      ["CAs only", (ca) => [issueList({ issuer: ca, extensions: [scope(der.implicit(2, on))] })]],
      ["attributes only", (ca) => [issueList({ issuer: ca, extensions: [scope(der.implicit(5, on))] })]],
    ];
    const rows = kinds.flatMap(([name, make]) =>
      [true, false].map((maySign, index) => {
        const key = testKey("p256", index);
        const keyUsage = maySign ? ["keyCertSign", "cRLSign"] : ["keyCertSign"];
        const ca = issue({ subject: [["CN", `${name} ${index}`]], key, issuer: null, ca: true, keyUsage });
        const leaf = issue({ subject: [["CN", "Leaf"]], key: testKey("p256", 70), issuer: ca, serial });
        return { name, question: { leaf: leaf.der, intermediates: [], anchors: [ca.der], crls: make(ca) } };
      }),
    );
    const options = `-attime ${now} -crl_check -extended_crl`.split(" ");
    const theirs = opensslVerify(
      rows.map(({ question }) => question),
      options,
    );
    for (const [index, { name, question }] of rows.entries()) {
      // Without CRLs nobody would ask: openssl -crl_check always does.
      const ours = await validatePath({
        ...question,
        at,
        crls: question.crls.length === 0 ? [new Uint8Array()] : question.crls,
      });
      expect(`${name} ${index}: ${ours.ok}`).toBe(`${name} ${index}: ${theirs[index] === null}`);
    }
  });
});
