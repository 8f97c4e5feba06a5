// The first of two passes, and both together around a filter that writes its results between them.
import { describe, expect, test } from "vitest";
import { limits } from "../../../shared/limits.ts";
import { formatClientHeader } from "../../../bridge/pipeline/client-header.ts";
import { createStrip, type StripDeps } from "../../../bridge/pipeline/strip-pass.ts";
import { makeIdentity, makeMail, signMail, testCrypto, testRecord, testTime, withFields } from "../../fakes/mail.ts";
import { hopsOf, makeDesk, makePipelineDeps, pass, receive, valuesOf } from "./desk.ts";

const secret = new Uint8Array(32).fill(9);
const handed = { state: "verified", fingerprint: "A".repeat(43), keyFingerprint: null } as const;

function deps(more: Partial<StripDeps> = {}): StripDeps {
  const shared = makePipelineDeps({ counted: [], logged: [], now: testTime });
  const { sealKeys } = makeDesk({}).deps;
  const own = { domain: "example.net", sealKeys, ownAuthservIds: ["mx1.example.net"] };
  return { ...shared, ...own, clientHeaderSecret: secret, ...more };
}

async function clientField(port = 40_000): Promise<{ name: string; value: string }> {
  const moment = { address: "192.0.2.1", port, at: testTime };
  return { name: "Hop-Client", value: ` ${await formatClientHeader(moment, handed, secret, testCrypto)}` };
}

describe("the strip pass", () => {
  const dirty = withFields(
    makeMail(),
    { name: "Hop-Signal", value: " x" },
    { name: "X-IPP-Purpose", value: " personal" },
    { name: "Authentication-Results", value: " mx1.example.net; dkim=pass" },
    { name: "Authentication-Results", value: " other.example; dkim=pass" },
  );

  test("takes out what nobody but us may say, and adds nothing", async () => {
    const { mail, outcome, replies } = await pass(createStrip(deps()), dirty);
    expect(mail.fields.slice(0, 2).map(({ name }) => name)).toEqual(["Authentication-Results", "From"]);
    expect(outcome.edits.every(({ kind }) => kind === "delete")).toBe(true);
    expect(replies).toEqual([null]);
  });

  test("at an inner listener leaves seals to the pass that can tell them apart", async () => {
    const { mail } = await pass(createStrip(deps()), dirty, { client: { listener: "inner" } });
    expect(valuesOf(mail, "Hop-Signal")).toHaveLength(1);
    expect(valuesOf(mail, "X-IPP-Purpose")).toEqual([]);
  });

  // A border removes what claims its own name; the inner server's name a stranger can write as well.
  test("at an inner listener keeps results under our name below a seal only", async () => {
    const sealed = (await receive(makeDesk({}), makeMail())).mail;
    const forged = { name: "Authentication-Results", value: " mx1.example.net; dkim=pass header.d=bank.example" };
    const inner = { client: { listener: "inner" } } as const;
    const above = (await pass(createStrip(deps()), withFields(sealed, forged), inner)).mail;
    expect(valuesOf(above, "Authentication-Results").map((value) => value.split(/;\s+/)[1]?.split(" ")[0])).toEqual([
      "x-tls=pass",
    ]);
    const unsealed = (await pass(createStrip(deps()), withFields(makeMail(), forged), inner)).mail;
    expect(valuesOf(unsealed, "Authentication-Results")).toEqual([]);
  });

  const carried = [
    { name: "keeps the policy service's word", field: clientField(), more: {}, want: 1 },
    { name: "not about another connection", field: clientField(40_001), more: {}, want: 0 },
    { name: "not without the secret", field: clientField(), more: { clientHeaderSecret: null }, want: 0 },
  ];
  test.each(carried)("$name", async ({ field, more, want }) => {
    const { mail } = await pass(createStrip(deps(more)), withFields(makeMail(), await field));
    expect(valuesOf(mail, "Hop-Client")).toHaveLength(want);
  });

  test("refuses a header above the caps", async () => {
    const fields = Array.from({ length: limits.headerFields }, () => ({ name: "X", value: " y" }));
    const { outcome } = await pass(createStrip(deps()), { ...makeMail(), fields });
    expect(outcome).toMatchObject({ action: "reject", reply: { code: 552 } });
  });
});

test("both passes around a filter: what it found is sealed, what was forged is gone", async () => {
  const alice = await makeIdentity("alice@example.org");
  const forged = { name: "Authentication-Results", value: " mx1.example.net; dkim=pass header.d=bank.example" };
  const incoming = withFields(await signMail(makeMail(), alice), forged, await clientField());
  const stripped = (await pass(createStrip(deps()), incoming)).mail;
  const found = { name: "Authentication-Results", value: " mx1.example.net; dkim=fail" };
  const entries = { records: { "example.org": testRecord() }, published: [alice] };
  const desk = makeDesk(entries, {}, { pass: "seal", clientHeaderSecret: secret });
  const { mail } = await receive(desk, withFields(stripped, found), { client: { certificate: null } });
  expect(valuesOf(mail, "Authentication-Results").map((value) => value.split(/;\s+/)[1]?.split(" ")[0])).toEqual([
    "x-tls=pass",
    "dkim=fail",
  ]);
  expect(valuesOf(mail, "Hop-Client")).toEqual([]);
  expect((await hopsOf(mail)).verified).toMatchObject([{ signal: { declaration: "pass", clientCertificate: handed } }]);
});
