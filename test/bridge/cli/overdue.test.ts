// CRLs that are missing, as the operator sees them: in `doctor`, each with what stands in its way, and in /metrics.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Bridge } from "../../../bridge/cli/assemble.ts";
import { checkRevocation } from "../../../bridge/cli/checks/revocation.ts";
import type { HttpsAsk } from "../../../bridge/fetch/https.ts";
import type { KeptList } from "../../../bridge/trust/list-memory.ts";
import { ok, temp } from "../../../shared/result.ts";
import { testTime as now } from "../../fakes/mail.ts";
import { bridgeOf, setupIn } from "./bridge-in.ts";

const day = 86_400;
let folder = "";
let bridge: Bridge;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-overdue-"));
  bridge = await bridgeOf(setupIn(folder));
});
afterEach(async () => {
  await bridge.store.close();
  rmSync(folder, { recursive: true });
});

async function keep(name: string, change: Partial<KeptList>): Promise<void> {
  const kept = { place: name, urls: [`http://${name}/ca.crl`], issuers: [], domain: "bank.example", own: false };
  const list = { authorities: [], list: Uint8Array.of(0x30, 0), goodUntil: now + day };
  await bridge.store.revocationLists.keep({ ...kept, ...list, refreshAt: now, usedAt: now, ...change });
}

const ask: HttpsAsk = async ({ url }) => {
  if (url.includes("closed")) return temp("fetch/timeout", "no answer");
  if (url.includes("nowhere")) return temp("dns/unreachable", "127.0.0.1 port 53");
  return ok({ status: url.includes("gone") ? 404 : 200, headers: new Map(), body: new Uint8Array() });
};

async function doctor(): Promise<string[]> {
  const findings = await checkRevocation({ ask, now, setup: { config: { state: folder } } });
  return findings.map((finding) => `${finding.level}: ${finding.what} -> ${"remedy" in finding ? finding.remedy : ""}`);
}

const overdue = async (): Promise<string | undefined> =>
  /^waybill_crls_overdue (\d+)$/m.exec(await bridge.metrics.text())?.[1];

test("all are at hand: nothing to do, and 0", async () => {
  await keep("fine.example", {});
  expect(await doctor()).toEqual([expect.stringMatching(/^good: no CRL of a trusted CA is overdue/)]);
  expect(await overdue()).toBe("0");
});

test("each that is missing is told with what stands in its way; strangers' as a number that is nobody's fault here", async () => {
  await keep("fine.example", {});
  await keep("closed.example", { goodUntil: now - day });
  await keep("gone.example", { list: null, goodUntil: null });
  await keep("late.example", { goodUntil: now - 60 });
  await keep("nowhere.example", { goodUntil: now - 30 });
  await keep("evil.example", { own: true, goodUntil: now - 60 });
  expect(await doctor()).toEqual([
    expect.stringMatching(/^careful: CRL http:\/\/gone\.example\/ca\.crl was never had.* answers 404/),
    expect.stringMatching(/^careful: CRL http:\/\/closed\.example\/ca\.crl .* since 2025-11-\d\d.*fetch\/timeout/),
    expect.stringMatching(/^careful: CRL http:\/\/late\.example\/ca\.crl .* asks again within 15 minutes/),
    expect.stringMatching(/^careful: CRL http:\/\/nowhere\.example\/ca\.crl .* delv A nowhere\.example$/),
    expect.stringMatching(/^good: 1 CRLs of CAs that only domains/),
  ]);
  expect(await overdue()).toBe("4");
});

test("where many are missing, some are asked for and the others counted", async () => {
  for (let n = 0; n < 9; n += 1) await keep(`closed${n}.example`, { goodUntil: now - day });
  const findings = await doctor();
  expect(findings).toHaveLength(6);
  expect(findings.at(-1)).toMatch(/^careful: 4 more CRLs/);
});
