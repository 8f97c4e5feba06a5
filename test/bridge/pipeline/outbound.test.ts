// Mail going out: the wish becomes a declaration that the inbound side finds good, or the writer hears why not.
import { beforeAll, describe, expect, test } from "vitest";
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { createOutbound, type OutboundDeps } from "../../../bridge/pipeline/outbound.ts";
import type { SigningGrant } from "../../../bridge/pipeline/ports.ts";
import { parseWish } from "../../../bridge/pipeline/wish.ts";
import {
  editField,
  type Identity,
  makeIdentity,
  makeMail,
  testRecord,
  testTime,
  testTokenKey,
  withFields,
} from "../../fakes/mail.ts";
import { declared, hopsOf, makeDesk, makePipelineDeps, pass, type Passed, receive, valuesOf } from "./desk.ts";

let alice: Identity;
let counted: string[] = [];

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
});

function granted(more: Partial<SigningGrant & { kind: "granted" }> = {}): SigningGrant {
  return { kind: "granted", signer: alice.signer, purposes: ["*"], unasked: null, tokenKey: testTokenKey, ...more };
}

function outbound(grant: SigningGrant = granted()): OutboundDeps {
  counted = [];
  const shared = makePipelineDeps({ counted, logged: [], now: testTime });
  return { ...shared, users: { signing: () => grant }, lifetimeSeconds: 7 * 86_400 };
}

function wishing(value: string, mail: Message = makeMail()): Message {
  return withFields(mail, { name: "X-IPP-Purpose", value: ` ${value}` });
}

async function submit(
  mail: Message,
  grant?: SigningGrant,
  login: string | null = "alice@example.org",
): Promise<Passed> {
  return await pass(createOutbound(outbound(grant)), mail, { client: { listener: "submission", login } });
}

function names(mail: Message): string[] {
  return mail.fields.map(({ name }) => name);
}

describe("a wish", () => {
  test("becomes a declaration that its receiver finds good, and goes itself", async () => {
    const { outcome, mail } = await submit(wishing("transactional.invoice"));
    expect(outcome.action).toBe("accept");
    expect(names(mail).slice(0, 3)).toEqual(["IPP-Signature", "IPP-Purpose", "From"]);
    expect(counted).toEqual(["mails submission signed accept"]);
    const desk = makeDesk({ records: { "example.org": testRecord() }, published: [alice] });
    const received = (await receive(desk, mail)).mail;
    expect((await hopsOf(received)).verified).toMatchObject([
      { signal: { declaration: "pass", purpose: "transactional.invoice" } },
    ]);
  });

  const forms = [
    { name: "a purpose alone", input: "newsletter", want: { purpose: "newsletter", classification: null } },
    {
      name: "tags without a version",
      input: "p=newsletter; cls=bulk",
      want: { purpose: "newsletter", classification: "bulk" },
    },
    { name: "all of IPP-Purpose", input: "v=1; p=personal", want: { purpose: "personal", classification: null } },
    { name: "none", input: "none", want: null },
    { name: "nothing", input: "  ", want: null },
  ];
  test.each(forms)("may be $name", ({ input, want }) => {
    const wish = parseWish(input);
    expect(wish).toMatchObject({ ok: true });
    if (want === null) expect(wish).toEqual({ ok: true, value: null });
    else expect(wish).toMatchObject({ value: want });
  });

  const refusals = [
    {
      name: "not understood",
      mail: () => wishing("Two words"),
      grant: granted,
      want: "X-IPP-Purpose is not understood (ipp/purpose)",
    },
    {
      name: "made twice",
      mail: () => wishing("personal", wishing("newsletter")),
      grant: granted,
      want: "The mail has more than one X-IPP-Purpose",
    },
    {
      name: "for another's address",
      mail: () => wishing("personal"),
      grant: (): SigningGrant => ({ kind: "foreign-address" }),
      want: "You are not allowed to declare mail of alice@example.org",
    },
    {
      name: "for a purpose not granted",
      mail: () => wishing("marketing"),
      grant: () => granted({ purposes: ["transactional.*", "personal"] }),
      want: "You are not allowed to declare mail as marketing",
    },
    {
      name: "without a single author",
      mail: () => wishing("personal", makeMail({ from: "a@example.org, b@example.org" })),
      grant: granted,
      want: "IPP-Purpose needs a single From address",
    },
  ];
  test.each(refusals)("$name is refused aloud", async ({ mail, grant, want }) => {
    const { outcome } = await submit(mail(), grant());
    expect(outcome).toEqual({ action: "reject", reply: { code: 550, enhanced: "5.7.1", text: want }, edits: [] });
  });

  test("covered by a granted pattern is signed", async () => {
    const { mail } = await submit(wishing("transactional.receipt"), granted({ purposes: ["transactional.*"] }));
    expect(valuesOf(mail, "IPP-Purpose")).toEqual(["v=1; p=transactional.receipt"]);
  });
});

/** A mail of one part, with this for the line that ends the part's header. */
function multipart(empty: string): Message {
  const mail = makeMail({ body: `--b\r\nContent-Type: text/html\r\n${empty}\r\n<p>12.50</p>\r\n--b--\r\n` });
  return editField(mail, "Content-Type", () => " multipart/mixed; boundary=b");
}

test("a multipart mail is signed", async () => {
  const { mail } = await submit(wishing("personal", multipart("")));
  expect(names(mail).filter((name) => /ipp/i.test(name))).toHaveLength(2);
});

describe("unsigned, but sent", () => {
  const eightBit = { ...makeMail(), body: bytesFromString("Gr\xc3\xbc\xc3\x9fe\r\n") };
  const cases = [
    {
      name: "without a certificate",
      mail: () => wishing("personal"),
      grant: (): SigningGrant => ({ kind: "no-certificate" }),
      want: "no-certificate",
    },
    { name: "not authenticated", mail: () => wishing("personal"), login: null, want: "not-authenticated" },
    {
      name: "with Resent-* fields",
      mail: () => wishing("personal", withFields(makeMail(), { name: "Resent-From", value: " x@y" })),
      want: "resent",
    },
    { name: "with an 8-bit body", mail: () => wishing("personal", eightBit), want: "eight-bit" },
    {
      name: "with a long line",
      mail: () => wishing("personal", makeMail({ body: `${"x".repeat(999)}\r\n` })),
      want: "eight-bit",
    },
    {
      name: "with white space that hides where its parts begin",
      mail: () => wishing("personal", multipart(" ")),
      want: "hidden-parts",
    },
    {
      name: "with two Dates",
      mail: () => wishing("personal", withFields(makeMail(), { name: "Date", value: " x" })),
      want: "not-signable",
    },
  ];
  test.each(cases)("$name", async ({ mail, grant, login, want }) => {
    const { outcome, mail: left } = await submit(mail(), grant?.(), login === undefined ? "alice@example.org" : login);
    expect(outcome.action).toBe("accept");
    expect(names(left).filter((name) => /ipp/i.test(name))).toEqual([]);
    expect(counted).toEqual([`unsigned ${want}`, "mails submission unsigned accept"]);
  });

  const quiet = [
    { name: "nobody wished", mail: () => makeMail(), grant: granted },
    { name: "none was wished", mail: () => wishing("none"), grant: () => granted({ unasked: declared("personal") }) },
    {
      name: "another's address, nothing wished",
      mail: () => makeMail(),
      grant: (): SigningGrant => ({ kind: "foreign-address" }),
    },
  ];
  test.each(quiet)("$name: without a word", async ({ mail, grant }) => {
    const { mail: left } = await submit(mail(), grant());
    expect(names(left)).toEqual(names(makeMail()));
    expect(counted).toEqual(["mails submission unsigned accept"]);
  });

  test("unasked where configured, within the purposes granted", async () => {
    const { mail } = await submit(makeMail(), granted({ unasked: declared("personal") }));
    expect(valuesOf(mail, "IPP-Purpose")).toEqual(["v=1; p=personal"]);
    const outside = await submit(makeMail(), granted({ unasked: declared("marketing"), purposes: ["personal"] }));
    expect(valuesOf(outside.mail, "IPP-Purpose")).toEqual([]);
  });
});

describe("the header", () => {
  const foreign: HeaderField[] = [
    { name: "IPP-Purpose", value: " v=1; p=personal" },
    { name: "ipp-signature", value: " v=1" },
    { name: "Hop-Signal", value: " v=1; s=example.org" },
    { name: "Hop-Client", value: " x" },
  ];

  test("loses what only bridges write", async () => {
    const { mail } = await submit(withFields(wishing("newsletter"), ...foreign));
    expect(names(mail).filter((name) => name.startsWith("Hop-"))).toEqual([]);
    expect(valuesOf(mail, "IPP-Purpose")).toEqual(["v=1; p=newsletter"]);
    expect(valuesOf(mail, "IPP-Signature")).toHaveLength(1);
  });

  test.each([
    { name: "passed on by a program", mail: () => makeMail(), login: null },
    { name: "sent again", mail: () => withFields(makeMail(), { name: "Resent-From", value: " x@y" }), login: "x@y" },
  ])("keeps another author's declaration when $name", async ({ mail, login }) => {
    const { mail: left } = await submit(withFields(mail(), ...foreign), granted(), login);
    expect(names(left).filter((name) => /^(ipp|hop)-/i.test(name))).toEqual(["IPP-Purpose", "ipp-signature"]);
  });

  test("gets a missing Date and Message-ID, both signed", async () => {
    const bare = editField(
      editField(makeMail(), "Date", () => null),
      "Message-ID",
      () => null,
    );
    const { mail } = await submit(wishing("personal", bare));
    expect(valuesOf(mail, "Date")).toEqual(["Sat, 22 Nov 2025 22:20:00 +0000"]);
    expect(valuesOf(mail, "Message-ID")[0]).toMatch(/^<[0-9a-f]{32}@example\.org>$/);
    const desk = makeDesk({ records: { "example.org": testRecord() }, published: [alice] });
    expect((await hopsOf((await receive(desk, mail)).mail)).verified).toMatchObject([
      { signal: { declaration: "pass" } },
    ]);
  });

  test("keeps Date and Message-ID it has, and gets none where nobody logged in", async () => {
    const bare = editField(makeMail(), "Date", () => null);
    expect(valuesOf((await submit(bare, granted(), null)).mail, "Date")).toEqual([]);
    expect(valuesOf((await submit(makeMail())).mail, "Message-ID")).toEqual(["<4711@example.org>"]);
  });
});
