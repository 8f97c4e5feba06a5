// Mail going out: the wish becomes a declaration that the inbound side finds good, or the writer hears why not.
import PostalMime from "postal-mime";
import { beforeAll, describe, expect, test } from "vitest";
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { createOutbound, type OutboundDeps } from "../../../bridge/pipeline/outbound.ts";
import { BodyRoom } from "../../../bridge/pipeline/outgoing-body.ts";
import type { SigningGrant } from "../../../bridge/pipeline/ports.ts";
import { parseWish } from "../../../bridge/pipeline/wish.ts";
import { limits } from "../../../shared/limits.ts";
import {
  editField,
  type Identity,
  makeIdentity,
  makeMail,
  rawMail,
  testRecord,
  testTime,
  testTokenKey,
  withFields,
} from "../../fakes/mail.ts";
import {
  client as anyClient,
  declared,
  hopsOf,
  makeDesk,
  makePipelineDeps,
  type Desk,
  pass,
  type Passed,
  receive,
  valuesOf,
} from "./desk.ts";

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
  return { ...shared, users: { signing: () => grant }, lifetimeSeconds: () => 7 * 86_400 };
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

/** A mail of this type. */
function typed(type: string, body: string): Message {
  return { ...editField(makeMail(), "Content-Type", () => ` ${type}`), body: bytesFromString(body) };
}

/** A mail as Thunderbird and others write it: UTF-8, 8bit. */
function eightBit(body = "Liebe Gr\xc3\xbc\xc3\x9fe, und mehr davon\r\n"): Message {
  const mail = editField(typed("text/plain; charset=utf-8", body), "Content-Transfer-Encoding", () => " 8bit");
  return mail;
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

const manyFields = Array.from({ length: limits.headerFields }, () => ({ name: "X", value: " y" }));

/** A mail of one part, with this for the line that ends the part's header. */
function multipart(empty: string): Message {
  const mail = makeMail({ body: `--b\r\nContent-Type: text/html\r\n${empty}\r\n<p>12.50</p>\r\n--b--\r\n` });
  return editField(mail, "Content-Type", () => " multipart/mixed; boundary=b");
}

test("a multipart mail is signed", async () => {
  const { mail } = await submit(wishing("personal", multipart("")));
  expect(names(mail).filter((name) => /ipp/i.test(name))).toHaveLength(2);
});

describe("a wish that can't be kept is refused aloud", () => {
  const attached = 'Content-Disposition: attachment; filename="Gr\xc3\xbc\xc3\x9fe.txt"';
  const cases: { name: string; mail: () => Message; grant?: () => SigningGrant; login?: null; want: string }[] = [
    {
      name: "without a certificate, for now",
      mail: () => wishing("personal"),
      grant: () => ({ kind: "no-certificate", unasked: null }),
      want: "tempfail 451 4.3.5 There is no certificate to declare mail of alice@example.org",
    },
    {
      name: "not logged in",
      mail: () => wishing("personal"),
      login: null,
      want: "reject 550 5.7.1 Only who has logged in may declare mail (X-IPP-Purpose)",
    },
    {
      name: "with white space that hides where its parts begin",
      mail: () => wishing("personal", multipart(" ")),
      want: "reject 550 5.6.0 White space in the mail hides where its parts begin",
    },
    {
      name: "with two Dates",
      mail: () => wishing("personal", withFields(makeMail(), { name: "Date", value: " x" })),
      want: "reject 550 5.6.0 The mail can't be declared (not exactly one date)",
    },
    {
      name: "with two types",
      mail: () => wishing("personal", withFields(makeMail(), { name: "Content-Type", value: " text/html" })),
      want: "reject 550 5.6.0 The mail can't be declared (more than one content-type)",
    },
    {
      name: "signed by its writer, with 8-bit text",
      mail: () =>
        wishing("personal", typed("multipart/signed; boundary=b", "--b\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n--b--\r\n")),
      want: "reject 550 5.6.3 A part of the mail (multipart/signed) holds 8-bit text, and may not be recoded",
    },
    {
      name: "with a file's name in raw UTF-8",
      mail: () => wishing("personal", typed("multipart/mixed; boundary=b", `--b\r\n${attached}\r\n\r\nx\r\n--b--\r\n`)),
      want: "reject 550 5.6.3 A file's name or an attached mail's header has letters beyond ASCII",
    },
    {
      name: "of two minds about its encoding",
      mail: () => wishing("personal", withFields(eightBit(), { name: "Content-Transfer-Encoding", value: " 7bit" })),
      want: "reject 550 5.6.0 The mail's 8-bit text can't be recoded, its parts are malformed (two types or encodings)",
    },
    {
      name: "with raw UTF-8 in a field that is signed",
      mail: () =>
        wishing(
          "personal",
          editField(makeMail(), "Subject", () => " Gr\xc3\xbc\xc3\x9fe"),
        ),
      want: "reject 550 5.6.3 Subject has letters beyond ASCII that are not encoded",
    },
    {
      name: "too large to be recoded",
      mail: () => wishing("personal", eightBit("\xc3\x9f".repeat(400).concat("\r\n").repeat(45_000))),
      want: "reject 552 5.3.4 The mail is too large for its 8-bit text to be recoded",
    },
  ];
  test.each(cases)("$name", async ({ mail, grant, login, want }) => {
    const { outcome } = await submit(mail(), grant?.(), login === null ? null : "alice@example.org");
    const { code, enhanced, text } = outcome.reply ?? { code: 0, enhanced: "", text: "" };
    expect(`${outcome.action} ${code} ${enhanced} ${text}`).toContain(want);
    expect(outcome.edits).toEqual([]);
    expect(outcome.body).toBeUndefined();
    expect(counted).toEqual([`mails submission refused ${outcome.action}`]);
    // All of it is said: a milter's reply is one line of at most 400 characters.
    expect(text.length).toBeLessThan(300);
  });

  test("where a certificate is missing the log tells the postmaster what to do", async () => {
    const logged: Desk["logged"] = [];
    const shared = makePipelineDeps({ counted: [], logged, now: testTime });
    const users = { signing: () => ({ kind: "no-certificate", unasked: null }) as const };
    const passage = createOutbound({ ...shared, users, lifetimeSeconds: () => 86_400 });
    await pass(passage, wishing("personal"), { client: { listener: "submission", login: "alice@example.org" } });
    expect(logged).toMatchObject([{ level: "warn", facts: { reason: "no-certificate" } }]);
    expect(JSON.stringify(logged)).toMatch(/waybill cert new.*systemctl reload waybill/);
    expect(JSON.stringify(logged)).not.toContain("alice");
  });

  test("but mail as large that is 7-bit is signed", async () => {
    const { mail } = await submit(wishing("personal", makeMail({ body: `${"x".repeat(800)}\r\n`.repeat(45_000) })));
    expect(valuesOf(mail, "IPP-Signature")).toHaveLength(1);
  });

  test("for now, where other mails take all the room there is, until they are gone", async () => {
    const open = createOutbound(outbound(), new BodyRoom(1_000));
    const client = { listener: "submission", login: "alice@example.org" } as const;
    const large = wishing("personal", eightBit("\xc3\x9f".repeat(200)));
    const begun = Array.from({ length: 2 }, () => {
      const passage = open({ ...anyClient, ...client }, "alice@example.org");
      for (const { name, value } of large.fields) passage.field(name, value);
      passage.body(large.body);
      return passage;
    });
    const { outcome } = await pass(open, wishing("personal", eightBit()), { client });
    expect(outcome.action).toBe("accept");
    const { outcome: late } = await pass(open, large, { client });
    expect(late).toMatchObject({ action: "tempfail", reply: { code: 451, enhanced: "4.3.1" } });
    for (const passage of begun) passage.abandon?.();
    expect((await pass(open, large, { client })).outcome.action).toBe("accept");
  });

  const client = { listener: "submission", login: "alice@example.org" } as const;
  const size = 67_108_864;

  test.each([
    ...cases,
    {
      name: "with more fields than are looked at",
      mail: () => ({ ...wishing("personal"), fields: [...wishing("personal").fields, ...manyFields] }),
    },
  ])("$name: the memory that its body took is others' again", async ({ mail, ...one }) => {
    const room = new BodyRoom(size);
    const grant = "grant" in one ? one.grant?.() : undefined;
    await pass(createOutbound(outbound(grant), room), mail(), { client });
    expect(room.take(size)).toBe(true);
  });

  test("a bug of ours keeps no memory either", async () => {
    const room = new BodyRoom(size);
    const signer = { ...alice.signer, sign: () => Promise.reject(new Error("bug")) };
    const open = createOutbound(outbound(granted({ signer })), room);
    await expect(pass(open, wishing("personal", eightBit()), { client })).rejects.toThrow("bug");
    expect(room.take(size)).toBe(true);
  });

  test("what leaves in a body's place takes its memory until it is written, and gives it back once", async () => {
    const room = new BodyRoom(10_000);
    const open = createOutbound(outbound(), room);
    const { outcome } = await pass(open, wishing("personal", eightBit()), { client });
    const bytes = outcome.body?.length ?? 0;
    expect(bytes).toBeGreaterThan(0);
    expect([room.take(10_000 - bytes + 1), room.take(10_000 - bytes)]).toEqual([false, true]);
    outcome.release?.();
    outcome.release?.();
    expect([room.take(bytes + 1), room.take(bytes)]).toEqual([false, true]);
  });

  test("what has grown beyond the memory there is comes again later", async () => {
    const mail = wishing("personal", eightBit("\xc3\x9f".repeat(200)));
    const { outcome } = await pass(createOutbound(outbound(), new BodyRoom(mail.body.length + 10)), mail, { client });
    expect(outcome).toMatchObject({ action: "tempfail", reply: { code: 451, enhanced: "4.3.1" } });
  });
});

describe("8-bit text", () => {
  const cases = [
    { name: "is recoded", mail: () => wishing("personal", eightBit()) },
    { name: "is recoded where the declaration is made unasked", mail: eightBit, unasked: declared("personal") },
    {
      name: "without MIME becomes MIME",
      mail: () =>
        wishing(
          "personal",
          ["MIME-Version", "Content-Type", "Content-Transfer-Encoding"].reduce(
            (mail, name) => editField(mail, name, () => null),
            eightBit(),
          ),
        ),
    },
    {
      name: "in a long line of ASCII",
      mail: () => wishing("personal", makeMail({ body: `${"word ".repeat(300)}\r\n` })),
    },
    {
      name: "is only a label",
      mail: () =>
        wishing(
          "personal",
          editField(makeMail(), "Content-Transfer-Encoding", () => " 8bit"),
        ),
    },
    {
      name: "is only a label, of a mail without a body",
      mail: () =>
        wishing(
          "personal",
          editField(makeMail({ body: "" }), "Content-Transfer-Encoding", () => " 8bit"),
        ),
    },
    {
      name: "and raw UTF-8 in the header stay what they mean under SMTPUTF8",
      mail: () =>
        wishing(
          "personal",
          editField(eightBit(), "Subject", () => " Gr\xc3\xbc\xc3\x9fe"),
        ),
      protocol: "UTF8SMTPSA",
    },
  ];
  test.each(cases)("$name, and the declaration is of what leaves", async ({ mail: make, unasked, protocol }) => {
    const before = make();
    const { outcome, mail } = await pass(createOutbound(outbound(granted({ unasked: unasked ?? null }))), before, {
      client: { listener: "submission", login: "alice@example.org", protocol: protocol ?? "ESMTPSA" },
    });
    expect(outcome.action).toBe("accept");
    expect([...mail.body].every((octet) => octet > 0 && octet < 0x80)).toBe(true);
    expect(valuesOf(mail, "Content-Transfer-Encoding").join()).toMatch(/^(?:7bit|quoted-printable)$/);
    expect(valuesOf(mail, "MIME-Version")).toEqual(["1.0"]);
    const parsed = await PostalMime.parse(rawMail(mail));
    expect(parsed.text?.trimEnd()).toBe((await PostalMime.parse(rawMail(before))).text?.trimEnd());
    expect(parsed.subject).toBe((await PostalMime.parse(rawMail(before))).subject);
    const desk = makeDesk({ records: { "example.org": testRecord() }, published: [alice] });
    expect((await hopsOf((await receive(desk, mail)).mail)).verified).toMatchObject([
      { signal: { declaration: "pass", purpose: "personal" } },
    ]);
  });

  test("is left alone where nothing is declared", async () => {
    const { outcome, mail } = await submit(eightBit());
    expect(outcome.body).toBeUndefined();
    expect(mail).toEqual(eightBit());
  });
});

describe("unsigned, but sent", () => {
  const unasked = declared("personal");
  const cases: { name: string; mail: () => Message; grant?: () => SigningGrant; want: string }[] = [
    {
      name: "sent again (Resent-*), though wished for",
      mail: () => wishing("personal", withFields(makeMail(), { name: "Resent-From", value: " x@y" })),
      want: "resent",
    },
    {
      name: "unasked, without a certificate",
      mail: () => makeMail(),
      grant: () => ({ kind: "no-certificate", unasked }),
      want: "no-certificate",
    },
    {
      name: "unasked, with two Dates",
      mail: () => withFields(makeMail(), { name: "Date", value: " x" }),
      grant: () => granted({ unasked }),
      want: "not-signable",
    },
    {
      name: "unasked, signed by its writer with 8-bit text",
      mail: () => typed("multipart/signed; boundary=b", "--b\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n--b--\r\n"),
      grant: () => granted({ unasked }),
      want: "eight-bit",
    },
    {
      name: "unasked, for a purpose that is not granted",
      mail: () => makeMail(),
      grant: () => granted({ unasked, purposes: ["newsletter"] }),
      want: "purpose-not-granted",
    },
  ];
  test.each(cases)("$name", async ({ mail, grant, want }) => {
    const { outcome, mail: left } = await submit(mail(), grant?.());
    expect(outcome.action).toBe("accept");
    expect(names(left).filter((name) => /ipp/i.test(name))).toEqual([]);
    expect(left.body).toEqual(mail().body);
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
