// Every way in which a declaration fails, with its result and code. docs/protocol.md section 3.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateKey } from "../../../bridge/keys/key-file.ts";
import { nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { relaxedField } from "../../../shared/header/canonical.ts";
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import { fieldsToSign } from "../../../shared/ipp/sign.ts";
import { formatSignature, parseSignature, signatureField } from "../../../shared/ipp/signature.ts";
import { indexFields, signedData } from "../../../shared/ipp/signed-data.ts";
import { coveredFields } from "../../../shared/ipp/signed-fields.ts";
import { verifyDeclaration } from "../../../shared/ipp/verify.ts";
import { perm } from "../../../shared/result.ts";
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
} from "../../fakes/mail.ts";
import { alice, others, verify, type World } from "./world.ts";

const day = 86_400;
const field = (name: string, value: string): HeaderField => ({ name, value: ` ${value}` });

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

/** Signed, with these fields beside what the mail has, by a signer who minds nothing. */
async function signedWith(...more: readonly HeaderField[]): Promise<Message> {
  const mail = await signed();
  const own = mail.fields.find(({ name }) => name === signatureField);
  const fields = [...mail.fields.filter((entry) => entry !== own), ...more];
  const index = indexFields(fields);
  const parts = { ...must(parseSignature(own?.value ?? "")), signedFields: fieldsToSign(index), signature: null };
  const value = formatSignature(parts);
  const data = signedData(fields, index, parts.signedFields, relaxedField(signatureField, value));
  const signature = await alice.signer.sign(bytesFromString(data));
  return { ...mail, fields: [{ name: signatureField, value: formatSignature({ ...parts, signature }) }, ...fields] };
}

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
    {
      name: "a second From under obsolete syntax (RFC 5322 section 4.5)",
      make: async () => withFields(await signed(), field("From \t", "b@evil.example")),
      result: "permerror",
      code: "ipp/from-not-single",
      quiet: true,
    },
    {
      name: "a group whose name looks like an address in From",
      make: async () => editField(await signed(), "From", () => " billing@bank.example: alice@example.org;"),
      result: "permerror",
      code: "ipp/from-not-single",
      quiet: true,
    },
    // What mail programs read as another line than we do.
    ...[
      { name: "a second From behind a CR alone", value: " hello\rFrom: billing@bank.example" },
      { name: "a second From behind an LF alone", value: " hello\nFrom: billing@bank.example" },
      { name: "a body behind CRs alone", value: " hello\r\rPay here" },
      { name: "a CR before the line end", value: " hello\r" },
      { name: "a NUL", value: " hello\0there" },
    ].map(({ name, value }): Bad => ({
      name,
      make: async () => withFields(await signed(), { name: "X-Any", value }),
      result: "permerror",
      code: "ipp/header-form",
      quiet: true,
    })),
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
    ...coveredFields.map((name): Bad => ({
      name: `${name} added`,
      make: async () => withFields(await signed(), field(name, "x")),
      result: "broken",
      code: "ipp/instances",
      quiet: true,
    })),
    {
      name: "a second instance of a field that its author wrote",
      make: async () =>
        withFields(
          await signed({ more: [["Mail-Reply-To", "a@example.org"]] }),
          field("Mail-Reply-To", "b@evil.example"),
        ),
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
    // Which of them counts differs from program to program.
    ...[
      [field("MIME-Version", "1.0")],
      [field("Content-Type", "text/html")],
      [field("content-type ", "text/html")],
      [field("Content-Transfer-Encoding", "base64")],
      [field("Content-Disposition", "inline"), field("Content-Disposition", "attachment")],
    ].map((more): Bad => ({
      name: `two ${more[0]?.name}, both signed`,
      make: async () => await signedWith(...more),
      result: "permerror",
      code: "ipp/structure",
      quiet: true,
    })),
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
      result: "expired",
      code: "ipp/certificate-expired",
    },
    {
      name: "a certificate not yet valid",
      make: async () => await signMail(makeMail(), others.future),
      world: () => ({ published: [others.future] }),
      result: "permerror",
      code: "ipp/certificate-not-yet",
    },
    {
      name: "a source that answers with another key",
      make: async () => await signed(),
      world: () => ({ published: [{ ...others.twin, signer: alice.signer }] }),
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
        { fields: mail.fields, bodyHash: bodyHashOf(mail), hidesPartEnds: false, recipients: [], now: testTime },
        sources,
      ),
    );
    expect(finding).toMatchObject({ result: "temperror", code: "dns/bogus", dnssec: "bogus", allMail: null });
  });

  test("whatever the fields hold, there is a finding, and it is never good", async () => {
    const relaxed = (entry: HeaderField | undefined): string => relaxedField(entry?.name ?? "", entry?.value ?? "");
    const mail = await signed();
    const names = [...new Set(mail.fields.map((entry) => entry.name)), "Sender", "List-Id", "X-A", "from "];
    const pieces = mail.fields.flatMap((entry) => entry.value.split(/(?<=[;=:,@ ])/));
    const value = fc.string({ unit: fc.constantFrom(...pieces, "\0", "\r\n ", "<", ">", '"', "\xff"), maxLength: 30 });
    const fields = fc.array(fc.record({ name: fc.constantFrom(...names), value }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fields, async (list) => {
        const { finding } = await verify({ ...mail, fields: list });
        expect(["pass", "forwarded"]).not.toContain(finding.result);
        expect(finding.code).not.toBeNull();
        const patched = mail.fields.map((entry) => list.find((other) => other.name === entry.name) ?? entry);
        const good = ["pass", "forwarded"].includes((await verify({ ...mail, fields: patched })).finding.result);
        // What relaxing takes away is no change; within the signature field white space is none either.
        const changed = patched.filter((entry, index) => relaxed(entry) !== relaxed(mail.fields[index]));
        if (good) expect(changed.every((entry) => entry.name === "IPP-Signature")).toBe(true);
        if (changed.length === 0) expect(good).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("what a signer who minds nothing signs verifies", async () => {
    expect((await verify(await signedWith(field("X-Any", "x")))).finding.result).toBe("pass");
  });

  test("a permanent failure of the sender's side is a permanent error", async () => {
    const mail = await signed();
    const sources = {
      ...makeDirectory({ records: { "example.org": testRecord() } }),
      certificates: () => perm("fetch/too-large", ""),
    };
    const finding = must(
      await verifyDeclaration(
        { fields: mail.fields, bodyHash: bodyHashOf(mail), hidesPartEnds: false, recipients: [], now: testTime },
        sources,
      ),
    );
    expect(finding).toMatchObject({ result: "permerror", code: "fetch/too-large" });
  });
});
