import { describe, expect, test } from "vitest";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import { verifyDeclaration } from "../../../shared/ipp/verify.ts";
import {
  bodyHashOf,
  editField,
  makeDirectory,
  makeMail,
  must,
  signMail,
  testRecord,
  testTime,
  withFields,
  type DirectoryEntries,
} from "../../fakes/mail.ts";
import { alice, others, verify, type World } from "./world.ts";

const day = 86_400;
const field = (name: string, value: string): HeaderField => ({ name, value: ` ${value}` });

describe("a good mail", () => {
  test("passes, and says who signed what, how trusted", async () => {
    const { finding, asked } = await verify(await signMail(makeMail(), alice));
    expect(finding).toMatchObject({
      result: "pass",
      code: null,
      declaration: { purpose: "transactional.invoice", classification: "individual", consent: "relationship" },
      signer: { address: "alice@example.org", domain: "example.org", keyId: alice.signer.keyId, signedAt: testTime },
      certificate: { subject: "CN=alice@example.org", issuer: "CN=alice@example.org" },
      trust: { level: "site" },
      allMail: false,
      list: false,
      dnssec: "insecure",
      boundRecipients: 1,
    });
    expect(asked).toEqual(["discover example.org", "certificates alice@example.org", "trust alice@example.org"]);
  });

  const good: { name: string; run: () => Promise<Message>; world?: World; want?: object }[] = [
    {
      name: "signed with Ed25519",
      run: async () => await signMail(makeMail(), others.ed25519),
      world: { published: [others.ed25519] },
    },
    {
      name: "signed with RSA",
      run: async () => await signMail(makeMail(), others.rsa),
      world: { published: [others.rsa] },
    },
    {
      name: "certificate of a CA",
      run: async () => await signMail(makeMail(), others.issued),
      world: { published: [others.issued] },
    },
    {
      name: "one of several published",
      run: async () => await signMail(makeMail(), alice),
      world: { published: [others.rsa, alice, others.twin] },
    },
    {
      name: "an expired certificate for the same key beside a valid one is no matter",
      run: async () => await signMail(makeMail(), alice),
      world: { published: [{ ...others.expired, signer: alice.signer }, alice] },
    },
    {
      name: "m=all",
      run: async () => await signMail(makeMail(), alice),
      world: { records: { "example.org": testRecord("m=all") } },
      want: { allMail: true },
    },
    {
      name: "a secure record",
      run: async () => await signMail(makeMail(), alice),
      world: { dnssec: "secure" },
      want: { dnssec: "secure" },
    },
    {
      name: "a folded From",
      run: async () => await signMail(makeMail({ from: '"Miller, Alice"\r\n <alice@EXAMPLE.org>' }), alice),
    },
    {
      name: "refolded and respaced on the way (relaxed)",
      run: async () =>
        editField(await signMail(makeMail({ subject: "a b c" }), alice), "Subject", () => "  a\r\n\tb c "),
    },
    {
      name: "field names in other case",
      run: async () => {
        const mail = await signMail(makeMail(), alice);
        return { ...mail, fields: mail.fields.map(({ name, value }) => ({ name: name.toUpperCase(), value })) };
      },
    },
    {
      name: "trace fields and others' fields added",
      run: async () =>
        withFields(
          await signMail(makeMail(), alice),
          field("Received", "from a by b; Sat, 22 Nov 2025 22:21:00 +0000"),
          field("X-Spam", "no"),
        ),
    },
    {
      name: "a List-Id added by a list that changes nothing",
      run: async () => withFields(await signMail(makeMail(), alice), field("List-Id", "<a.example>")),
      want: { list: true },
    },
    {
      name: "signed with a List-Id",
      run: async () => await signMail(makeMail({ more: [["List-Id", "<a.example>"]] }), alice),
      want: { list: true },
    },
    { name: "an empty body", run: async () => await signMail(makeMail({ body: "" }), alice) },
    {
      name: "no To at the bottom but in Cc",
      run: async () => await signMail(makeMail({ to: "carol@example.com", cc: "Bob <BOB@Example.NET>" }), alice),
      want: { boundRecipients: 2 },
    },
    {
      name: "the clock 300 s behind the sender's",
      run: async () => await signMail(makeMail(), alice),
      world: { now: testTime - 300 },
    },
    { name: "at x exactly", run: async () => await signMail(makeMail(), alice), world: { now: testTime + 7 * day } },
  ];
  test.each(good)("$name", async ({ run, world, want }) => {
    const { finding } = await verify(await run(), world);
    expect(finding).toMatchObject({ result: "pass", ...want });
  });

  test("EAI: a UTF-8 local part with SmtpUTF8Mailbox", async () => {
    const from = Buffer.from("Jörg <jörg@example.org>").toString("latin1");
    const { finding } = await verify(await signMail(makeMail({ from }), others.jörg), { published: [others.jörg] });
    expect(finding).toMatchObject({ result: "pass", signer: { address: "jörg@example.org" } });
  });

  test("a subaddress by the key of the address, where the domain says sub=+", async () => {
    const mail = await signMail(makeMail({ from: "alice+shop@example.org" }), alice);
    const records = { "example.org": testRecord("sub=+") };
    expect((await verify(mail, { records })).finding.result).toBe("pass");
    expect((await verify(mail)).finding).toMatchObject({ result: "permerror", code: "ipp/certificate-address" });
    const own = await signMail(makeMail({ from: "alice+shop@example.org" }), others.plus);
    expect((await verify(own, { published: [others.plus] })).finding.result).toBe("pass");
    const other = await signMail(makeMail(), others.plus);
    expect((await verify(other, { published: [others.plus], records })).finding.code).toBe("ipp/certificate-address");
  });

  test("the same under WebCrypto", async () => {
    for (const identity of [alice, others.ed25519, others.rsa]) {
      const mail = await signMail(makeMail(), identity);
      const sources = {
        ...makeDirectory({ records: { "example.org": testRecord() }, published: [identity] }),
        crypto: webCrypto,
      };
      const input = {
        bodyHash: bodyHashOf(mail),
        hidesPartEnds: false,
        recipients: ["bob@example.net"],
        now: testTime,
      };
      const good = must(await verifyDeclaration({ ...input, fields: mail.fields }, sources));
      const changed = editField(mail, "Subject", () => " other");
      const bad = must(await verifyDeclaration({ ...input, fields: changed.fields }, sources));
      expect([good.result, bad.result]).toEqual(["pass", "broken"]);
    }
  });

  test("of two chains for the key one that is withdrawn takes what the other is worth", async () => {
    const mail = await signMail(makeMail(), alice);
    const twin = { ...alice, leaf: { ...alice.leaf, subject: { ...alice.leaf.subject, text: "CN=twin" } } };
    const flags = { evidence: [], changedKey: false, lowered: false, revocationUnknown: false };
    for (const published of [
      [alice, twin],
      [twin, alice],
    ]) {
      const { finding } = await verify(mail, {
        published,
        trust: ({ leaf }) => ({ level: leaf.subject.text === "CN=twin" ? "none" : "pkix", ...flags }),
      });
      expect(finding).toMatchObject({ result: "pass", trust: { level: "none" } });
    }
  });

  test("of two chains for the key the better trusted one is shown", async () => {
    const mail = await signMail(makeMail(), alice);
    const twin = { ...alice, leaf: { ...alice.leaf, subject: { ...alice.leaf.subject, text: "CN=twin" } } };
    const { finding } = await verify(mail, {
      published: [alice, twin],
      trust: ({ leaf }) => ({
        level: leaf.subject.text === "CN=twin" ? "pkix" : "self",
        evidence: [],
        changedKey: false,
        lowered: false,
        revocationUnknown: false,
      }),
    });
    expect(finding).toMatchObject({ result: "pass", trust: { level: "pkix" }, certificate: { subject: "CN=twin" } });
  });
});

describe("recipients", () => {
  const rows: { name: string; recipients: string[]; want: string }[] = [
    { name: "all bound", recipients: ["bob@example.net", "carol@example.com"], want: "pass" },
    { name: "spelt otherwise", recipients: ["BOB@EXAMPLE.NET"], want: "pass" },
    { name: "one not bound", recipients: ["bob@example.net", "dave@example.com"], want: "forwarded" },
    { name: "a subaddress of one that is bound", recipients: ["bob+x@example.net"], want: "forwarded" },
    { name: "no address at all", recipients: ["postmaster"], want: "forwarded" },
    { name: "nobody known", recipients: [], want: "forwarded" },
  ];
  test.each(rows)("$name: $want", async ({ recipients, want }) => {
    const mail = await signMail(makeMail({ cc: "carol@example.com" }), alice);
    const { finding } = await verify(mail, { recipients });
    expect(finding).toMatchObject({ result: want, code: want === "pass" ? null : "ipp/not-named" });
  });

  test("undisclosed recipients read forwarded", async () => {
    const mail = await signMail(makeMail({ to: "undisclosed-recipients:;" }), alice);
    expect((await verify(mail)).finding).toMatchObject({ result: "forwarded", boundRecipients: 0 });
  });

  test("a hundred are bound, the next is not", async () => {
    const to = Array.from({ length: 101 }, (_x, index) => `r${index}@example.net`).join(",\r\n ");
    const mail = await signMail(makeMail({ to }), alice);
    expect((await verify(mail, { recipients: ["r99@example.net"] })).finding.result).toBe("pass");
    expect((await verify(mail, { recipients: ["r100@example.net"] })).finding.result).toBe("forwarded");
  });
});

describe("nothing declared", () => {
  const alice = "Alice <alice@example.org>";
  const others = "a@d1.example, a@d2.example, a@d3.example, a@d4.example, a@d5.example";
  const rows: { name: string; mail: Message; records?: DirectoryEntries["records"]; want: object }[] = [
    {
      name: "an ordinary mail",
      mail: makeMail(),
      records: {},
      want: { code: "ipp/none", allMail: false, signer: null },
    },
    {
      name: "though the domain says m=all",
      mail: makeMail(),
      records: { "example.org": testRecord("m=all") },
      want: { allMail: true },
    },
    {
      name: "the resolver fails: nobody knows",
      mail: makeMail(),
      records: { "example.org": "temp" },
      want: { allMail: null },
    },
    {
      name: "a record nobody can read",
      mail: makeMail(),
      records: { "example.org": ["v=IPP1", "v=IPP1"] },
      want: { allMail: null },
    },
    {
      name: "m=all of the second of two From addresses",
      mail: makeMail({ from: "a@other.example, alice@example.org" }),
      records: { "example.org": testRecord("m=all") },
      want: { allMail: true },
    },
    {
      name: "m=all in a second From",
      mail: withFields(makeMail(), field("From", "a@other.example")),
      records: { "example.org": testRecord("m=all") },
      want: { allMail: true },
    },
    {
      name: "m=all of a From that does not parse",
      mail: makeMail({ from: "Re: alice (a b <alice@example.org>" }),
      records: { "example.org": testRecord("m=all") },
      want: { allMail: true },
    },
    ...[
      { name: "a domain with a final dot", from: "alice@example.org." },
      { name: "a comment before the domain, then nonsense", from: '"Alice <alice@ (x) example.org>' },
      { name: "a domain of U-labels behind nonsense", from: '"Alice <alice@\xc3\xa9xample.org>' },
      { name: "an address for the name of an empty group", from: "alice@example.org:;" },
      {
        name: "an address behind a comment that is longer than all that is parsed",
        from: `(${"x".repeat(40_000)}) ${alice}`,
      },
      {
        name: "an address between two such comments",
        from: `(${"x".repeat(40_000)}) ${alice} (${"@x".repeat(20_000)})`,
      },
      { name: "an address behind a comment of others, then nonsense", from: `(${others}) ${alice} )` },
      { name: "an address between comments of others, then nonsense", from: `(${others}) ${alice} (${others}) )` },
      { name: "an address behind a name of others, then nonsense", from: `"${others}" ${alice} )` },
      { name: "an address in a quoted string, then nonsense", from: `"${alice}" )` },
      { name: "an address after many others", from: `${others}, ${alice}` },
    ].map(({ name, from }) => ({
      name: `m=all of ${name}`,
      mail: makeMail({ from }),
      records: { "example.org": testRecord("m=all"), "xn--xample-9ua.org": testRecord("m=all") },
      want: { allMail: true },
    })),
    {
      name: "m=all of the last of many From fields",
      mail: withFields(makeMail(), ...Array.from({ length: 9 }, () => field("From", "a@other.example"))),
      records: { "example.org": testRecord("m=all") },
      want: { allMail: true },
    },
    {
      name: "m=all of a second From below one of many addresses",
      mail: withFields(makeMail(), field("From", others)),
      records: { "example.org": testRecord("m=all") },
      want: { allMail: true },
    },
    { name: "no From", mail: editField(makeMail(), "From", () => null), want: { allMail: null } },
    { name: "a From without domain", mail: makeMail({ from: "alice" }), want: { allMail: null } },
    { name: "a domain literal", mail: makeMail({ from: "alice@[192.0.2.1]" }), want: { allMail: null } },
    { name: "from a list", mail: makeMail({ more: [["List-Id", "<a.example>"]] }), want: { list: true } },
  ];
  test.each(rows)("$name", async ({ mail, records, want }) => {
    const { finding, asked } = await verify(mail, records === undefined ? {} : { records });
    expect(finding).toMatchObject({ result: "none", ...want });
    expect(asked.every((question) => question.startsWith("discover "))).toBe(true);
  });

  test("asks for few domains only", async () => {
    const from = Array.from({ length: 50 }, (_x, index) => `a@d${index}.example`).join(", ");
    expect((await verify(makeMail({ from }))).asked).toHaveLength(4);
  });

  test("a From as large as a header may be takes no time", async () => {
    const half = 500_000;
    const hostile = ["@", "@(", "(", '"', "@(x)", '@"', "@a,", "\\", "@\xc2\xa1 ", "@- ", "@a(", "()", '""', "@ "];
    for (const text of hostile) {
      const from = text.repeat(half / text.length);
      const startMs = performance.now();
      await verify(makeMail({ from: `${from} ${alice} ${from}` }));
      expect(performance.now() - startMs, text).toBeLessThan(1_000);
    }
  });
});
