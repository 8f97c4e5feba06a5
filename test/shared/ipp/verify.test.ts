import { beforeAll, describe, expect, test } from "vitest";
import { generateKey } from "../../../bridge/keys/key-file.ts";
import { nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import type { DeclarationFinding } from "../../../shared/ipp/types.ts";
import { verifyDeclaration } from "../../../shared/ipp/verify.ts";
import { perm } from "../../../shared/result.ts";
import {
  bodyHashOf,
  editField,
  makeAuthority,
  makeDirectory,
  makeIdentity,
  makeMail,
  must,
  signMail,
  testRecord,
  testTime,
  withFields,
  type DirectoryEntries,
  type Identity,
} from "../../fakes/mail.ts";

const day = 86_400;
let alice: Identity;
let plus: Identity;
let others: Record<"mallory" | "expired" | "future" | "jörg" | "weak" | "ed25519" | "rsa" | "issued", Identity>;

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
  plus = await makeIdentity("alice+shop@example.org");
  others = {
    mallory: await makeIdentity("mallory@example.org"),
    expired: await makeIdentity("alice@example.org", { notAfter: testTime - 1, notBefore: testTime - day }),
    future: await makeIdentity("alice@example.org", { notBefore: testTime + 1 }),
    jörg: await makeIdentity("jörg@example.org"),
    weak: await makeIdentity("alice@example.org"),
    ed25519: await makeIdentity("alice@example.org", { kind: "ed25519" }),
    rsa: await makeIdentity("alice@example.org", { kind: "rsa2048" }),
    issued: await makeIdentity("alice@example.org", { issuer: await makeAuthority("example.org") }),
  };
});

interface World extends DirectoryEntries {
  readonly recipients?: readonly string[];
  readonly now?: number;
}

async function verify(
  mail: Message,
  world: World = {},
): Promise<{ finding: DeclarationFinding; asked: readonly string[] }> {
  const sources = makeDirectory({ records: { "example.org": testRecord() }, published: [alice], ...world });
  const finding = await verifyDeclaration(
    {
      fields: mail.fields,
      bodyHash: bodyHashOf(mail),
      recipients: world.recipients ?? ["bob@example.net"],
      now: world.now ?? testTime + 60,
    },
    sources,
  );
  return { finding: must(finding), asked: sources.asked };
}

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
      world: {
        get published() {
          return [others.ed25519];
        },
      },
    },
    {
      name: "signed with RSA",
      run: async () => await signMail(makeMail(), others.rsa),
      world: {
        get published() {
          return [others.rsa];
        },
      },
    },
    {
      name: "certificate of a CA",
      run: async () => await signMail(makeMail(), others.issued),
      world: {
        get published() {
          return [others.issued];
        },
      },
    },
    {
      name: "one of several published",
      run: async () => await signMail(makeMail(), alice),
      world: {
        get published() {
          return [others.rsa, alice, others.weak];
        },
      },
    },
    {
      name: "an expired certificate for the same key beside a valid one is no matter",
      run: async () => await signMail(makeMail(), alice),
      world: {
        get published() {
          return [{ ...others.expired, signer: alice.signer }, alice];
        },
      },
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
    const own = await signMail(makeMail({ from: "alice+shop@example.org" }), plus);
    expect((await verify(own, { published: [plus] })).finding.result).toBe("pass");
    const other = await signMail(makeMail(), plus);
    expect((await verify(other, { published: [plus], records })).finding.code).toBe("ipp/certificate-address");
  });

  test("the same under WebCrypto", async () => {
    for (const identity of [alice, others.ed25519, others.rsa]) {
      const mail = await signMail(makeMail(), identity);
      const sources = {
        ...makeDirectory({ records: { "example.org": testRecord() }, published: [identity] }),
        crypto: webCrypto,
      };
      const input = { bodyHash: bodyHashOf(mail), recipients: ["bob@example.net"], now: testTime };
      const good = must(await verifyDeclaration({ ...input, fields: mail.fields }, sources));
      const changed = editField(mail, "Subject", () => " other");
      const bad = must(await verifyDeclaration({ ...input, fields: changed.fields }, sources));
      expect([good.result, bad.result]).toEqual(["pass", "broken"]);
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
});

/** A bad mail: how it is made, and what it must come to. `quiet`: nothing may be asked but the From domain's record. */
interface Bad {
  readonly name: string;
  readonly make: () => Promise<Message>;
  readonly world?: () => World;
  readonly result: string;
  readonly code: string;
  readonly quiet?: true;
}

const signed = async (parts = {}): Promise<Message> => await signMail(makeMail(parts), alice);

describe("a bad mail", () => {
  const rows: Bad[] = [
    // Form.
    {
      name: "a declaration without signature",
      make: async () => editField(await signed(), "IPP-Signature", () => null),
      result: "permerror",
      code: "ipp/no-signature",
      quiet: true,
    },
    {
      name: "a signature without declaration",
      make: async () => editField(await signed(), "IPP-Purpose", () => null),
      result: "permerror",
      code: "ipp/no-declaration",
      quiet: true,
    },
    {
      name: "two declarations",
      make: async () => withFields(await signed(), field("IPP-Purpose", "v=1; p=personal")),
      result: "permerror",
      code: "ipp/two-declarations",
      quiet: true,
    },
    {
      name: "two signatures",
      make: async () => withFields(await signed(), field("ipp-signature", "v=1")),
      result: "permerror",
      code: "ipp/two-signatures",
      quiet: true,
    },
    {
      name: "a malformed signature",
      make: async () => editField(await signed(), "IPP-Signature", () => " v=1; v=1"),
      result: "permerror",
      code: "ipp/signature-syntax",
      quiet: true,
    },
    {
      name: "another token",
      make: async () => editField(await signed(), "IPP-Signature", (value) => value.replace(/tok=AQ/, "tok=AR")),
      result: "broken",
      code: "ipp/signature",
    },
    {
      name: "a token of another version",
      make: async () => editField(await signed(), "IPP-Signature", (value) => value.replace(/tok=AQ/, "tok=Ag")),
      result: "permerror",
      code: "ipp/token",
      quiet: true,
    },
    {
      name: "a malformed purpose",
      make: async () => editField(await signed(), "IPP-Purpose", () => " v=1; p=A"),
      result: "permerror",
      code: "ipp/purpose",
      quiet: true,
    },
    // From.
    {
      name: "two From fields",
      make: async () => withFields(await signed(), field("From", "alice@example.org")),
      result: "permerror",
      code: "ipp/from-not-single",
      quiet: true,
    },
    {
      name: "two mailboxes in From",
      make: async () => editField(await signed(), "From", () => " alice@example.org, b@example.org"),
      result: "permerror",
      code: "ipp/from-not-single",
      quiet: true,
    },
    {
      name: "another From",
      make: async () => editField(await signed(), "From", () => " Alice <alice@evil.example>"),
      result: "permerror",
      code: "ipp/from",
      quiet: true,
    },
    {
      name: "another local part in From",
      make: async () => editField(await signed(), "From", () => " ceo@example.org"),
      result: "permerror",
      code: "ipp/from",
      quiet: true,
    },
    {
      name: "From rewritten by a list",
      make: async () =>
        withFields(
          editField(await signed(), "From", () => " Alice via list <list@lists.example>"),
          field("List-Id", "<list.lists.example>"),
        ),
      result: "broken",
      code: "ipp/from",
      quiet: true,
    },
    // Time.
    {
      name: "from the future",
      make: async () => await signed(),
      world: () => ({ now: testTime - 301 }),
      result: "permerror",
      code: "ipp/future",
      quiet: true,
    },
    {
      name: "expired",
      make: async () => await signed(),
      world: () => ({ now: testTime + 7 * day + 1 }),
      result: "expired",
      code: "ipp/expired",
      quiet: true,
    },
    // Instances.
    ...[
      "Sender",
      "To",
      "Cc",
      "Reply-To",
      "Subject",
      "Date",
      "Message-ID",
      "MIME-Version",
      "Content-Type",
      "Content-Transfer-Encoding",
    ].flatMap((name): Bad[] => [
      {
        name: `a ${name} added on top`,
        make: async () => withFields(await signed(), field(name, "x")),
        result: "broken",
        code: "ipp/instances",
        quiet: true,
      },
      {
        name: `a ${name} added at the bottom`,
        make: async () => {
          const mail = await signed();
          return { ...mail, fields: [...mail.fields, field(name, "x")] };
        },
        result: "broken",
        code: "ipp/instances",
        quiet: true,
      },
    ]),
    ...["To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"].flatMap(
      (name): Bad[] => [
        {
          name: `${name} changed`,
          make: async () => editField(await signed(), name, (value) => `${value}x`),
          result: "broken",
          code: "ipp/signature",
        },
        {
          name: `${name} removed`,
          make: async () => editField(await signed(), name, () => null),
          result: "broken",
          code: "ipp/signature",
        },
      ],
    ),
    {
      name: "From's display name changed",
      make: async () => editField(await signed(), "From", () => " Your Bank <alice@example.org>"),
      result: "broken",
      code: "ipp/signature",
    },
    {
      name: "another purpose",
      make: async () =>
        editField(await signed(), "IPP-Purpose", (value) => value.replace("transactional.invoice", "personal")),
      result: "broken",
      code: "ipp/signature",
    },
    {
      name: "a signed List-Id doubled",
      make: async () =>
        withFields(await signed({ more: [["List-Id", "<a.example>"]] }), field("List-Id", "<b.example>")),
      result: "broken",
      code: "ipp/instances",
      quiet: true,
    },
    {
      name: "a signed List-Unsubscribe replaced",
      make: async () =>
        editField(
          await signed({ more: [["List-Unsubscribe", "<https://a.example/>"]] }),
          "List-Unsubscribe",
          () => " <https://b.example/>",
        ),
      result: "broken",
      code: "ipp/signature",
    },
    {
      name: "two Subjects signed, then swapped",
      make: async () => {
        const mail = await signed({ more: [["Subject", "second"]] });
        const at = mail.fields.findIndex((entry) => entry.name === "Subject");
        const fields = [...mail.fields];
        const last = fields.pop();
        fields.splice(at, 0, last ?? field("Subject", ""));
        return { ...mail, fields };
      },
      result: "broken",
      code: "ipp/signature",
    },
    // Body.
    {
      name: "another body",
      make: async () => ({ ...(await signed()), body: Buffer.from("Pay to another account\r\n") }),
      result: "broken",
      code: "ipp/body-hash",
      quiet: true,
    },
    {
      name: "a list's footer",
      make: async () => {
        const mail = await signed();
        return { ...mail, body: Buffer.concat([mail.body, Buffer.from("-- \r\nlist\r\n")]) };
      },
      result: "broken",
      code: "ipp/body-hash",
      quiet: true,
    },
    // The domain's record.
    {
      name: "no record",
      make: async () => await signed(),
      world: () => ({ records: {} }),
      result: "permerror",
      code: "ipp/no-record",
      quiet: true,
    },
    {
      name: "two records",
      make: async () => await signed(),
      world: () => ({ records: { "example.org": ["v=IPP1", "v=IPP1"] } }),
      result: "permerror",
      code: "ipp/record-several",
      quiet: true,
    },
    {
      name: "the resolver fails",
      make: async () => await signed(),
      world: () => ({ records: { "example.org": "temp" } }),
      result: "temperror",
      code: "dns/servfail",
      quiet: true,
    },
    // Certificates.
    {
      name: "no key published",
      make: async () => await signed(),
      world: () => ({ published: [] }),
      result: "permerror",
      code: "ipp/no-key",
    },
    {
      name: "the host is down",
      make: async () => await signed(),
      world: () => ({ down: true }),
      result: "temperror",
      code: "fetch/timeout",
    },
    {
      name: "a certificate for another address",
      make: async () => await signMail(makeMail(), others.mallory),
      world: () => ({ published: [others.mallory] }),
      result: "permerror",
      code: "ipp/certificate-address",
    },
    {
      name: "a certificate that had expired",
      make: async () => await signMail(makeMail(), others.expired),
      world: () => ({ published: [others.expired] }),
      result: "permerror",
      code: "ipp/certificate-validity",
    },
    {
      name: "a certificate not yet valid",
      make: async () => await signMail(makeMail(), others.future),
      world: () => ({ published: [others.future] }),
      result: "permerror",
      code: "ipp/certificate-validity",
    },
    {
      name: "a source that answers with another key",
      make: async () => await signed(),
      world: () => ({ published: [{ ...others.weak, signer: alice.signer }] }),
      result: "permerror",
      code: "ipp/key-mismatch",
    },
    {
      name: "a key of another type than a says",
      make: async () =>
        editField(await signed(), "IPP-Signature", (value) => value.replace("ecdsa-p256-sha256", "ed25519-sha256")),
      result: "permerror",
      code: "ipp/key-type",
    },
    {
      name: "keyUsage without digitalSignature",
      make: async () => await signed(),
      world: () => ({ published: [{ ...alice, leaf: { ...alice.leaf, keyUsage: ["keyEncipherment"] } }] }),
      result: "permerror",
      code: "ipp/certificate-usage",
    },
    {
      name: "a TLS server's certificate",
      make: async () => await signed(),
      world: () => ({ published: [{ ...alice, leaf: { ...alice.leaf, extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] } }] }),
      result: "permerror",
      code: "ipp/certificate-usage",
    },
    {
      name: "an unknown critical extension",
      make: async () => await signed(),
      world: () => ({ published: [{ ...alice, leaf: { ...alice.leaf, unknownCritical: ["1.2.3"] } }] }),
      result: "permerror",
      code: "ipp/certificate-critical",
    },
    {
      name: "an RSA key of 1,024 bits",
      make: async () => await signMail(makeMail(), others.rsa),
      world: () => ({ published: [{ ...others.rsa, leaf: { ...others.rsa.leaf, rsaBits: 1_024 } }] }),
      result: "permerror",
      code: "ipp/weak-key",
    },
    {
      name: "an address in the common name only",
      make: async () => await signed(),
      world: () => ({ published: [{ ...alice, leaf: { ...alice.leaf, emails: [] } }] }),
      result: "permerror",
      code: "ipp/certificate-address",
    },
    {
      name: "the address with another local part case in the certificate",
      make: async () => await signed(),
      world: () => ({ published: [{ ...alice, leaf: { ...alice.leaf, emails: ["Alice@example.org"] } }] }),
      result: "permerror",
      code: "ipp/certificate-address",
    },
    {
      name: "an ASCII address as SmtpUTF8Mailbox",
      make: async () => await signed(),
      world: () => ({
        published: [{ ...alice, leaf: { ...alice.leaf, emails: [], smtpUtf8Mailboxes: ["alice@example.org"] } }],
      }),
      result: "permerror",
      code: "ipp/certificate-address",
    },
  ];
  test.each(rows)("$name: $result, $code", async ({ make, world, result, code, quiet }) => {
    const { finding, asked } = await verify(await make(), world?.());
    expect(finding).toMatchObject({ result, code, trust: { level: "none" } });
    if (quiet === true) {
      expect(asked.filter((question) => !question.startsWith("discover "))).toEqual([]);
    }
  });

  test("signed by somebody else's key under her ks", async () => {
    const stranger = nodeSigner(generateKey("p256"));
    const signer = { ...alice.signer, sign: (data: Uint8Array) => stranger?.sign(data) ?? data };
    const mail = await signMail(makeMail(), { ...alice, signer });
    expect((await verify(mail)).finding).toMatchObject({ result: "broken", code: "ipp/signature" });
  });

  test("every result but good ones still tells whether the domain declares all its mail", async () => {
    const records = { "example.org": testRecord("m=all") };
    const mails = [
      makeMail(),
      editField(await signed(), "IPP-Signature", () => " garbage"),
      editField(await signed(), "Subject", () => " other"),
      editField(await signed(), "IPP-Purpose", () => null),
    ];
    for (const mail of mails) {
      expect((await verify(mail, { records })).finding.allMail).toBe(true);
    }
    expect((await verify(await signed(), { records, now: testTime + 30 * day })).finding.allMail).toBe(true);
  });

  test("bogus DNSSEC is a temporary error that shows", async () => {
    const mail = await signed();
    const sources = {
      ...makeDirectory({}),
      discover: () => ({ ok: false, kind: "temp", code: "dns/bogus", detail: "" }) as const,
    };
    const finding = must(
      await verifyDeclaration(
        { fields: mail.fields, bodyHash: bodyHashOf(mail), recipients: [], now: testTime },
        sources,
      ),
    );
    expect(finding).toMatchObject({ result: "temperror", code: "dns/bogus", dnssec: "bogus", allMail: null });
  });

  test("a permanent failure of the sender's side is a permanent error", async () => {
    const mail = await signed();
    const sources = {
      ...makeDirectory({ records: { "example.org": testRecord() } }),
      certificates: () => perm("fetch/too-large", ""),
    };
    const finding = must(
      await verifyDeclaration(
        { fields: mail.fields, bodyHash: bodyHashOf(mail), recipients: [], now: testTime },
        sources,
      ),
    );
    expect(finding).toMatchObject({ result: "permerror", code: "fetch/too-large" });
  });
});
