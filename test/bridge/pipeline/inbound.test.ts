// Mail coming in: stripped, verified, judged by policy, recorded, sealed.
import { beforeAll, describe, expect, test } from "vitest";
import { parseAuthenticationResults } from "../../../shared/authres/parse.ts";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import type { Message } from "../../../shared/header/field.ts";
import { sealHop } from "../../../shared/hop/seal.ts";
import { limits } from "../../../shared/limits.ts";
import { formatClientHeader } from "../../../bridge/pipeline/client-header.ts";
import { HeaderCollector } from "../../../bridge/pipeline/header-fields.ts";
import { createInbound } from "../../../bridge/pipeline/inbound.ts";
import type { Policy } from "../../../shared/policy/types.ts";
import {
  bodyHashOf,
  editField,
  type Identity,
  makeBridgeKey,
  makeIdentity,
  makeMail,
  makeSignal,
  signMail,
  testCrypto,
  testRecord,
  testTime,
  withFields,
} from "../../fakes/mail.ts";
import { accepting, client, declared, type Desk, hopsOf, makeDesk, receive, valuesOf } from "./desk.ts";

let alice: Identity;
let signed: Message;

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
  signed = await signMail(makeMail(), alice);
});

function desk(more: Parameters<typeof makeDesk>[2] = {}, policies: Parameters<typeof makeDesk>[1] = {}): Desk {
  return makeDesk({ records: { "example.org": testRecord() }, published: [alice] }, policies, more);
}

const rejecting: Policy = { ...accepting, id: "strict", undeclared: "reject", default: "reject" };

describe("a good mail", () => {
  test("is accepted, sealed on top with our results below it, and recorded under its ref", async () => {
    const one = desk();
    const { outcome, mail } = await receive(one, signed);
    expect(outcome.action).toBe("accept");
    expect(mail.fields.slice(0, 3).map(({ name }) => name)).toEqual([
      "Hop-Signal",
      "Authentication-Results",
      "IPP-Signature",
    ]);
    const { verified, forged } = await hopsOf(mail);
    expect(forged).toEqual([]);
    expect(verified).toMatchObject([
      {
        body: "same",
        signal: {
          domain: "example.net",
          hop: 1,
          by: "mx1.example.net",
          queueId: "4QX1",
          at: testTime,
          ip: "192.0.2.1",
          rdns: "mail.example.org",
          helo: "mail.example.org",
          protocol: "ESMTPS",
          tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256 },
          clientCertificate: { state: "verified", fingerprint: "F".repeat(43), keyFingerprint: "K".repeat(43) },
          publishes: ["dane"],
          declaration: "pass",
          purpose: "transactional.invoice",
          trust: "site",
          policy: { rule: "default", action: "accept" },
          action: "accept",
          allMail: false,
        },
      },
    ]);
    expect(one.rows).toMatchObject([
      {
        ref: verified[0]?.signal.ref,
        envelopeFrom: "alice@example.org",
        recipients: ["bob@example.net"],
        from: "alice@example.org",
        messageId: "<4711@example.org>",
        finding: { result: "pass" },
      },
    ]);
    expect(one.rows[0]?.signatureField).toBe(signed.fields[0]?.value);
    expect(one.counted).toEqual(["mails border pass accept"]);
  });

  test("has our Authentication-Results about TLS, and nothing else in it", async () => {
    const { mail } = await receive(desk(), signed);
    const parsed = parseAuthenticationResults(valuesOf(mail, "Authentication-Results")[0] ?? "");
    expect(parsed).toMatchObject({
      ok: true,
      value: { authservId: "mx1.example.net", results: [{ method: "x-tls", result: "pass" }] },
    });
  });

  test("without TLS has none", async () => {
    const { mail } = await receive(desk(), signed, { client: { tls: null, certificate: null, protocol: "ESMTP" } });
    expect(valuesOf(mail, "Authentication-Results")).toEqual([]);
    expect((await hopsOf(mail)).verified).toMatchObject([{ signal: { tls: null, clientCertificate: null } }]);
  });

  test("tells the memories what it is, once", async () => {
    const one = desk();
    await receive(one, signed);
    expect(one.sightings).toMatchObject([
      { domain: "example.org", recipients: [{ address: "bob@example.net", bound: true }], client: "192.0.2.1" },
    ]);
    expect(one.keys).toMatchObject([{ address: "alice@example.org", level: "site", dkimAligned: false }]);
  });

  test("commits to its recipients by a secret and the ref", async () => {
    const [first, second] = [await receive(desk(), signed), await receive(desk(), signed, { to: ["eve@example.net"] })];
    const commitments = [first, second].map(
      async ({ mail }) => (await hopsOf(mail)).verified[0]?.signal.recipientCommitment,
    );
    const [one, other] = await Promise.all(commitments);
    expect(one).toMatch(/^[\w-]{43}$/);
    expect(one).not.toBe(other);
  });
});

test("keeps little of what strangers write", async () => {
  const one = desk();
  const long = "x".repeat(100_000);
  const fields = [
    { name: "IPP-Signature", value: ` v=1; ${long}` },
    { name: "IPP-Purpose", value: ` v=1; ${long}` },
  ];
  await receive(one, withFields(makeMail({ messageId: `<${long}>` }), ...fields));
  expect(JSON.stringify(one.rows).length).toBeLessThan(5_000);
});

describe("stripping at a border", () => {
  test("takes out every Hop-*, X-IPP-* and forged result, last instance first", async () => {
    const forged = withFields(
      signed,
      { name: "Hop-Signal", value: " v=1; s=example.net; b=eA==" },
      { name: "hop-signal", value: " again" },
      { name: "HOP-ANYTHING", value: " x" },
      { name: "Hop-Signal ", value: " obsolete syntax" },
      { name: "X-IPP-Purpose", value: " personal" },
      { name: "Authentication-Results", value: " mx1.example.net; dkim=pass header.d=bank.example" },
      { name: "authentication-results", value: " (c) MX1.Example.NET 1; spf=pass" },
      { name: "Authentication-Results", value: ' "filter.example.net"; dmarc=pass' },
      { name: "Authentication-Results", value: " mx1.example.net dkim=pass (broken" },
      { name: "Authentication-Results", value: ' "mx1\\.example.net"; dkim=PASS' },
      { name: "Authentication-Results", value: " mx.other.example; dkim=pass" },
    );
    const one = desk();
    const { outcome, mail } = await receive(one, forged);
    expect(valuesOf(mail, "Authentication-Results").map((value) => value.split(";")[0])).toEqual([
      "mx1.example.net",
      "mx.other.example",
    ]);
    expect(mail.fields.filter(({ name }) => /^(hop-|x-ipp-)/i.test(name)).map(({ name }) => name)).toEqual([
      "Hop-Signal",
    ]);
    expect((await hopsOf(mail)).verified).toHaveLength(1);
    const deleted = outcome.edits.flatMap((edit) =>
      edit.kind === "delete" && edit.name.toLowerCase() === "hop-signal" ? [edit.instance] : [],
    );
    expect(deleted).toEqual([3, 2, 1]);
    expect(one.counted.filter((count) => count.startsWith("stripped")).toSorted()).toEqual([
      ...Array.from({ length: 5 }, () => "stripped authres"),
      ...Array.from({ length: 4 }, () => "stripped hop"),
      "stripped wish",
    ]);
  });

  test("does not even keep seals of our own: they were re-injected", async () => {
    const once = (await receive(desk(), signed)).mail;
    const twice = (await receive(desk(), once)).mail;
    expect((await hopsOf(twice)).verified.map(({ signal }) => signal.hop)).toEqual([1]);
  });

  test("in the sealing pass keeps what milters wrote under our name since, and seals it", async () => {
    const filtered = withFields(signed, {
      name: "Authentication-Results",
      value: " mx1.example.net; dkim=pass header.d=example.org",
    });
    const one = desk({ pass: "seal" });
    const { mail } = await receive(one, filtered);
    expect(valuesOf(mail, "Authentication-Results")).toHaveLength(2);
    expect(one.keys).toMatchObject([{ dkimAligned: true }]);
    const dkim = mail.fields.findIndex(({ value }) => value.includes("dkim=pass"));
    const edited = {
      ...mail,
      fields: mail.fields.map((field, at) =>
        at === dkim ? { ...field, value: " mx1.example.net; dkim=fail" } : field,
      ),
    };
    expect((await hopsOf(mail)).verified).toHaveLength(1);
    expect((await hopsOf(edited)).verified).toHaveLength(0);
  });

  test.each([
    { name: "fields", one: { name: "X", value: " y" }, count: limits.headerFields },
    { name: "octets, in few fields", one: { name: "X", value: " y".repeat(100_000) }, count: 6 },
    { name: "octets, in one field", one: { name: "X", value: "y".repeat(limits.headerBytes) }, count: 1 },
  ])("a header above the caps is refused: $name", async ({ one, count }) => {
    const many = Array.from({ length: count }, () => one);
    const desks = desk();
    const { outcome } = await receive(desks, { ...signed, fields: [...many, ...signed.fields] });
    expect(outcome).toMatchObject({ action: "reject", reply: { code: 552, enhanced: "5.3.4" } });
    expect(desks.rows).toEqual([]);
  });

  test("a header as long as the caps let it be is judged", async () => {
    const room =
      limits.headerBytes - signed.fields.reduce((all, { name, value }) => all + name.length + value.length, 0);
    const fields = [...signed.fields, { name: "X", value: "y".repeat(room - 1) }];
    expect((await receive(desk(), { ...signed, fields })).outcome.action).toBe("accept");
    const many = Array.from({ length: limits.headerFields - 1 - signed.fields.length }, () => ({
      name: "X",
      value: "",
    }));
    expect((await receive(desk(), { ...signed, fields: [...signed.fields, ...many] })).outcome.action).toBe("accept");
  });

  test("nothing more is kept of a header above the caps", () => {
    const header = new HeaderCollector();
    for (let n = 0; n < 10_000; n += 1) header.add("X", "y".repeat(1_000));
    expect(header.overflown).toBe(true);
    expect(header.fields.reduce((all, { value }) => all + value.length, 0)).toBeLessThanOrEqual(limits.headerBytes);
    const short = new HeaderCollector();
    for (let n = 0; n < 10_000; n += 1) short.add(`X${n}`, "");
    expect([short.fields.length, [...short.names].length]).toEqual([limits.headerFields, limits.headerFields]);
  });
});

describe("results that are not pass", () => {
  const cases = [
    { name: "an undeclared mail", mail: async () => makeMail(), want: "none" },
    {
      name: "a changed body",
      mail: async () => ({ ...signed, body: new TextEncoder().encode("other\r\n") }),
      want: "broken",
    },
    {
      name: "white space that hides where a part's header ends",
      mail: async () => {
        const body = "--b\r\nContent-Type: text/html\r\n\r\n<p>12.50</p>\r\n--b--\r\n";
        const mail = editField(makeMail({ body }), "Content-Type", () => " multipart/mixed; boundary=b");
        return { ...(await signMail(mail, alice)), body: bytesFromString(body.replace("\r\n\r\n", "\r\n \r\n")) };
      },
      want: "broken",
    },
    { name: "another envelope", mail: async () => signed, to: ["eve@example.net"], want: "forwarded" },
    {
      name: "two signatures",
      mail: async () => withFields(signed, { name: "IPP-Signature", value: " v=1" }),
      want: "permerror",
    },
  ];
  test.each(cases)("$name is judged as undeclared", async ({ mail, to, want }) => {
    const rules = [
      {
        id: "all",
        match: { purposes: [], classifications: [], from: [] },
        require: { trust: [], tls: null },
        action: "accept",
        otherwise: "accept",
      },
    ] as const;
    const layers = { default: { ...accepting, rules, undeclared: "tag" } as const };
    const one = desk({}, { "bob@example.net": layers, "eve@example.net": layers });
    const passed = await receive(one, await mail(), to === undefined ? {} : { to });
    expect((await hopsOf(passed.mail)).verified).toMatchObject([
      { signal: { declaration: want, action: "tag", policy: { rule: "undeclared" } } },
    ]);
    expect(one.rows).toMatchObject([{ finding: { result: want } }]);
  });

  test.each([
    { answer: "copy", want: "copy" },
    { answer: "replay", want: "replay" },
    { answer: "retry", want: "pass" },
  ] as const)("the memory's $answer makes $want", async ({ answer, want }) => {
    const { mail } = await receive(desk({ memory: { sighted: async () => answer } }), signed);
    expect((await hopsOf(mail)).verified).toMatchObject([{ signal: { declaration: want } }]);
  });

  test("the memory hears which recipients are bound", async () => {
    const one = desk();
    await receive(one, signed, { to: ["bob@example.net", "eve@example.net"] });
    expect(one.sightings).toMatchObject([
      {
        recipients: [
          { address: "bob@example.net", bound: true },
          { address: "eve@example.net", bound: false },
        ],
      },
    ]);
  });
});

describe("a declaration that cannot be checked", () => {
  const dead = (): Desk => makeDesk({ records: { "example.org": "temp" } });

  test("puts the mail off for four hours from its first coming, then it is undeclared", async () => {
    const one = dead();
    const { outcome } = await receive(one, signed);
    expect(outcome).toMatchObject({ action: "tempfail", reply: { code: 451, enhanced: "4.7.5" } });
    one.now += 3 * 3_600;
    expect((await receive(one, signed)).outcome.action).toBe("tempfail");
    one.now += 3_601;
    const late = await receive(one, signed);
    expect(late.outcome.action).toBe("accept");
    expect((await hopsOf(late.mail)).verified).toMatchObject([{ signal: { declaration: "temperror" } }]);
  });

  test("another mail has four hours of its own", async () => {
    const one = dead();
    await receive(one, signed);
    one.now += 4 * 3_600;
    expect((await receive(one, signed, { to: ["eve@example.net"] })).outcome.action).toBe("tempfail");
  });

  test("is not put off where nothing can be remembered", async () => {
    const one = makeDesk({ records: { "example.org": "temp" } }, {}, { deferrals: { firstSeen: () => 0 } });
    expect((await receive(one, signed)).outcome.action).toBe("accept");
  });
});

describe("policy", () => {
  test("refuses saying why, and keeps nothing", async () => {
    const one = desk({}, { "bob@example.net": { default: rejecting } });
    const { outcome } = await receive(one, makeMail());
    expect(outcome).toEqual({
      action: "reject",
      reply: {
        code: 550,
        enhanced: "5.7.1",
        text: "Refused by policy rule undeclared: it does not declare what kind of mail it is (ipp/none)",
      },
      edits: [],
    });
    expect(one.rows).toEqual([]);
  });

  test("never tells one reader's rule", async () => {
    const reader = { ...rejecting, undeclared: "accept" } as const;
    const one = desk({}, { "bob@example.net": { reader, default: accepting } });
    const { outcome } = await receive(one, signed);
    expect(outcome.reply?.text).toBe(
      "Refused by the recipient's policy: mail declared as transactional.invoice is not accepted",
    );
  });

  test("in report-only mode lets through what it would refuse, and seals so", async () => {
    const one = desk({ enforce: () => false }, { "bob@example.net": { default: rejecting } });
    const { outcome, mail } = await receive(one, signed);
    expect(outcome.action).toBe("accept");
    expect((await hopsOf(mail)).verified).toMatchObject([
      { signal: { action: "reject", policy: { action: "reject" } } },
    ]);
  });

  test.each([
    { quarantine: "mark", want: "accept" },
    { quarantine: "hold", want: "quarantine" },
  ] as const)("quarantine by $quarantine", async ({ quarantine, want }) => {
    const layers = { default: { ...accepting, default: "quarantine" } } as const;
    const { outcome, mail } = await receive(
      desk({ quarantine: () => quarantine }, { "bob@example.net": layers }),
      signed,
    );
    expect(outcome.action).toBe(want);
    expect((await hopsOf(mail)).verified).toMatchObject([{ signal: { action: "quarantine" } }]);
  });

  test("a recipient whose policy differs comes in a transaction of his own", async () => {
    const one = desk({}, { "strict@example.net": { reader: rejecting, default: accepting } });
    const to = ["bob@example.net", "strict@example.net", "carol@example.net"];
    const { replies, outcome } = await receive(one, signed, { to });
    expect(replies.map((reply) => reply?.enhanced ?? null)).toEqual([null, "4.5.3", null]);
    expect(outcome.action).toBe("accept");
    expect(one.rows).toMatchObject([{ recipients: ["bob@example.net", "carol@example.net"] }]);
    expect(one.counted).toContain("splits");
  });

  test("recipients whose policies only mark share one, and the strictest mark holds", async () => {
    const tagging = { reader: { ...accepting, id: "other", default: "tag" }, default: accepting } as const;
    const { replies, mail } = await receive(desk({}, { "carol@example.net": tagging }), signed, {
      to: ["bob@example.net", "carol@example.net"],
    });
    expect(replies).toEqual([null, null]);
    expect((await hopsOf(mail)).verified).toMatchObject([{ signal: { declaration: "forwarded" } }]);
  });
});

describe("the client's certificate", () => {
  const secret = new Uint8Array(32).fill(9);
  const fingerprint = "A".repeat(43);
  const handed = { state: "present", fingerprint, keyFingerprint: null } as const;

  test("comes from a policy service of another process by a field that then goes", async () => {
    const moment = { address: "192.0.2.1", port: 40_000, at: testTime - 5 };
    const value = await formatClientHeader(moment, handed, secret, testCrypto);
    const one = desk({ clientHeaderSecret: secret });
    const carried = withFields(
      signed,
      { name: "Hop-Client", value: " forged" },
      { name: "Hop-Client", value: ` ${value}` },
    );
    const { mail } = await receive(one, carried, { client: { certificate: null } });
    expect(valuesOf(mail, "Hop-Client")).toEqual([]);
    expect((await hopsOf(mail)).verified).toMatchObject([{ signal: { clientCertificate: handed } }]);
  });

  test("is what the own process knows at the end, not at the beginning", async () => {
    const one = desk();
    const told: { certificate: typeof handed | null } = { certificate: null };
    const late = Object.defineProperty({ ...client }, "certificate", { get: () => told.certificate });
    const passage = createInbound(one.deps)(late, "alice@example.org");
    await passage.recipient("bob@example.net");
    told.certificate = handed;
    await passage.end(null);
    expect(one.rows).toMatchObject([{ signal: { clientCertificate: handed, queueId: null } }]);
  });
});

describe("an inner listener", () => {
  const inner = { client: { listener: "inner", address: "10.0.0.5" } } as const;

  test("keeps its border's seal, passes its judgement on and adds its own hop", async () => {
    const border = desk();
    const sealed = (await receive(border, signed)).mail;
    const one = desk();
    const { mail } = await receive(one, sealed, inner);
    const { verified } = await hopsOf(mail);
    expect(verified.map(({ signal }) => [signal.hop, signal.ip, signal.declaration])).toEqual([
      [2, "10.0.0.5", "pass"],
      [1, "192.0.2.1", "pass"],
    ]);
    expect(verified[0]?.signal.ref).toBe(verified[1]?.signal.ref);
    expect(one.rows).toEqual([]);
    expect(one.sightings).toEqual([]);
    expect(valuesOf(mail, "Authentication-Results")).toHaveLength(2);
  });

  test("removes what is not sealed, and judges the mail itself", async () => {
    const stranger = makeBridgeKey();
    const seal = await sealHop({
      signal: makeSignal(signed, stranger.signer),
      fields: signed.fields,
      signer: stranger.signer,
    });
    const forged = withFields(signed, { name: "Hop-Signal", value: seal }, { name: "Hop-Other", value: " x" });
    const one = desk();
    const { mail } = await receive(one, forged, inner);
    expect((await hopsOf(mail)).verified.map(({ signal }) => [signal.hop, signal.declaration])).toEqual([[1, "pass"]]);
    expect(mail.fields.filter(({ name }) => name.startsWith("Hop-"))).toHaveLength(1);
    expect(one.sightings).toHaveLength(1);
  });

  test("judges itself what was changed under a seal, without counting the token twice", async () => {
    const sealed = (await receive(desk(), signed)).mail;
    const changed = { ...sealed, body: new TextEncoder().encode("changed\r\n") };
    const one = desk();
    const { mail } = await receive(one, changed, inner);
    expect((await hopsOf(mail)).verified.map(({ signal, body }) => [signal.hop, signal.declaration, body])).toEqual([
      [2, "broken", "same"],
      [1, "pass", "changed"],
    ]);
    expect(one.sightings).toEqual([]);
  });

  test("judges itself what its border took long ago: an archive's mail is not made new", async () => {
    const sealed = (await receive(desk(), signed)).mail;
    const one = desk();
    one.now = testTime + 8 * 86_400;
    const { mail } = await receive(one, sealed, { ...inner, to: ["everybody@example.net"] });
    expect((await hopsOf(mail)).verified.map(({ signal }) => [signal.hop, signal.declaration])).toEqual([
      [2, "expired"],
      [1, "pass"],
    ]);
    const two = desk();
    two.now = testTime + 6 * 86_400;
    await receive(two, sealed, inner);
    expect(two.sightings).toHaveLength(1);
  });

  test("removes results under our name that no seal covers", async () => {
    const unsealed = withFields(signed, { name: "Authentication-Results", value: " mx1.example.net; dkim=pass" });
    const { mail } = await receive(desk(), unsealed, inner);
    expect(valuesOf(mail, "Authentication-Results").filter((value) => value.includes("dkim"))).toEqual([]);
  });
});

describe("failures of ours", () => {
  test.each([
    { name: "the store", more: { signals: { record: async () => Promise.reject(new Error("disk full")) } } },
    { name: "the memory", more: { memory: { sighted: () => Promise.reject(new Error("locked")) } } },
    { name: "the policies", more: { policies: { effective: () => Promise.reject(new Error("locked")) } } },
  ])("$name throws: the mail is not accepted", async ({ more }) => {
    await expect(receive(desk(more), signed)).rejects.toThrow();
  });
});

test("a declared purpose is sealed as declared", async () => {
  const newsletter = await signMail(makeMail(), alice, { declaration: declared("newsletter") });
  const { mail } = await receive(desk(), newsletter);
  expect((await hopsOf(mail)).verified).toMatchObject([
    { signal: { purpose: "newsletter", bodyHash: bodyHashOf(mail).toString("base64url") } },
  ]);
});
