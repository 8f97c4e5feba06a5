// How far one reader's complaint reaches, over real sockets: mail through the pipeline, the complaint by HTTP, the report to
// the other side's server by HTTP, the feedback report to an SMTP server.
import { formatHopSignal } from "../../../shared/hop/format.ts";
import { SMTPServer } from "smtp-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startHttp, type HttpListener } from "../../../bridge/api/http.ts";
import { judgeDue } from "../../../bridge/reports/inbox.ts";
import { createMailer } from "../../../bridge/reports/mailer.ts";
import { sendDue } from "../../../bridge/reports/outbox.ts";
import { readerAddresses } from "../../../bridge/reports/reader-addresses.ts";
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import { parseArf } from "../../../shared/report/arf-parse.ts";
import { ok, temp } from "../../../shared/result.ts";
import { type Identity, makeIdentity, makeMail, must, signMail, testTime, withFields } from "../../fakes/mail.ts";
import { datedBy, hostOf, makeSide, type Side, type SideOptions, testClock, type World } from "../api/side.ts";
import { makeDesk, receive } from "../pipeline/desk.ts";
import { memoryStore } from "../store/fixtures.ts";

const clock = testClock();
const users = [
  { login: "bob", addresses: ["bob@example.net", "b.builder@example.net", "bob@old.example"] },
  { login: "al", addresses: ["al@example.net", "sales@example.net"] },
  { login: "cy", addresses: ["cy@example.net", "sales@example.net"] },
];
let stop: AbortController;
let smtp: SMTPServer;
let mailbox: { to: string[]; text: string }[] = [];
let identity: Identity;
let reader: Side;
let sender: Side;
let listeners: Map<string, HttpListener>;
let refs = 0;

async function start(more: Partial<SideOptions> = {}): Promise<void> {
  reader = makeSide({
    domain: "example.net",
    store: await memoryStore(),
    clock,
    addresses: readerAddresses(() => users),
    ...more,
  });
  sender = makeSide({ domain: "bank.example", store: await memoryStore(), clock });
  for (const { app, domain } of [reader, sender]) {
    listeners.set(
      domain,
      await startHttp({ app: () => Promise.resolve(app), host: "127.0.0.1", port: 0, signal: stop.signal }),
    );
  }
}

beforeEach(async () => {
  clock.time = testTime;
  stop = new AbortController();
  listeners = new Map();
  mailbox = [];
  refs = 0;
  identity = await makeIdentity("billing@bank.example");
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mailbox.push({ to, text: Buffer.concat(pieces).toString() });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  stop.abort();
  await Promise.all([...listeners.values()].map(({ closed }) => closed));
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  await reader.store.close();
  await sender.store.close();
});

/** https by name becomes http on loopback: TLS is not what is tested here. */
const ask = datedBy(clock, async ({ url, method, headers, body }) => {
  const { host, pathname, search } = new URL(url);
  const [domain] = [...listeners.keys()].filter((name) => hostOf(name) === host);
  const listener = listeners.get(domain ?? "");
  if (listener === undefined) return temp("fetch/network", host);
  const answer = await fetch(`${listener.url}${pathname}${search}`, {
    method,
    headers: { ...headers },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  });
  return ok({
    status: answer.status,
    headers: new Map(answer.headers),
    body: new Uint8Array(await answer.arrayBuffer()),
  });
});

/** A mail to this envelope recipient comes in; its `ref`. Between two passes, as where DKIM is checked by another milter. */
async function arrive(
  to: string,
  fields: readonly HeaderField[] = [],
  pass: "both" | "seal" = "seal",
): Promise<string> {
  refs += 1;
  const { store } = reader;
  const rows: string[] = [];
  const signals = {
    async record(row: Parameters<typeof store.signals.record>[0]): Promise<void> {
      rows.push(row.ref);
      await store.signals.record(row);
    },
  };
  const records = { "bank.example": ["v=IPP1; t=url; url=https://ipp.bank.example/ipp/{d}/"] };
  const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(refs);
  const desk = makeDesk({ records, published: [identity] }, {}, { pass, signals, random });
  const mail: Message = await signMail(makeMail({ from: "billing@bank.example", to }), identity);
  await receive(desk, withFields(mail, ...fields), { to: [to] });
  const [ref = ""] = rows;
  return ref;
}

async function api(
  path: string,
  as: string,
  body?: object,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const token = `bearer-of-${as.replaceAll(/[^a-z]/g, "-")}-of-some-length`;
  await reader.store.bearers.add({ token, address: as, now: clock.now() }).catch(() => undefined);
  const answer = await fetch(`${listeners.get("example.net")?.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

const complain = (ref: string, as: string) =>
  api("/api/v1/complaints", as, { ref, code: "unsolicited", tellSender: true });

/** Two days later everything has been sent and judged. */
async function deliver(): Promise<readonly { attested: boolean; count: number }[]> {
  clock.time += 2 * 86_400;
  const address = smtp.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const world: World = { sides: [reader, sender], ask };
  const mailer = createMailer({ host: "127.0.0.1", port, from: "postmaster@example.net" });
  await sendDue({ ...reader.outbox(world), mailer });
  await judgeDue(sender.inbox(world));
  return (await sender.store.received.counts(0)).map(({ attested, count }) => ({ attested, count }));
}

describe("a reader who got the mail by another address", () => {
  const rows: { name: string; to: string; as: string; reach: string; want: object[] }[] = [
    {
      name: "the paired one",
      to: "bob@example.net",
      as: "bob@example.net",
      reach: "sender",
      want: [{ attested: true, count: 1 }],
    },
    {
      name: "an alias of the same login",
      to: "b.builder@example.net",
      as: "bob@example.net",
      reach: "sender",
      want: [{ attested: true, count: 1 }],
    },
    {
      name: "a subaddress of the alias",
      to: "b.builder+shop@example.net",
      as: "bob@example.net",
      reach: "sender",
      want: [{ attested: true, count: 1 }],
    },
    {
      name: "an address that several write as",
      to: "sales@example.net",
      as: "al@example.net",
      reach: "provider",
      want: [],
    },
    { name: "somebody else's", to: "bob@example.net", as: "al@example.net", reach: "provider", want: [] },
    { name: "one that is nobody's", to: "postmaster@example.net", as: "bob@example.net", reach: "provider", want: [] },
  ];
  test.each(rows)("$name: $reach", async ({ to, as, reach, want }) => {
    await start();
    const ref = await arrive(to);
    expect(await complain(ref, as)).toMatchObject({ status: 201, json: { reach } });
    expect(await deliver()).toEqual(want);
  });

  test("is one reader, by whichever address he is paired", async () => {
    await start();
    const ref = await arrive("b.builder@example.net");
    expect((await complain(ref, "bob@example.net")).status).toBe(201);
    clock.time += 700;
    expect((await complain(ref, "b.builder@example.net")).status).toBe(409);
    expect((await api(`/api/v1/complaints?ref=${ref}`, "bob@example.net")).json).toMatchObject({ state: "pending" });
    expect(await deliver()).toEqual([{ attested: true, count: 1 }]);
    for (const as of ["bob@example.net", "b.builder@example.net", "bob@old.example"]) {
      expect((await api(`/api/v1/complaints?ref=${ref}`, as)).json).toMatchObject({ state: "counted" });
    }
    expect((await api(`/api/v1/complaints?ref=${ref}`, "al@example.net")).status).toBe(404);
  });

  test("a mail to two of his addresses gives one word", async () => {
    await start();
    const ref = await arrive("bob@example.net");
    const signal = await reader.store.signals.find(ref);
    if (signal === null) throw new Error("no signal");
    await reader.store.signals.record({
      ...signal,
      signalValue: formatHopSignal(signal.signal, null),
      recipients: ["b.builder@example.net", "bob@example.net"],
    });
    expect((await complain(ref, "b.builder@example.net")).status).toBe(201);
    clock.time += 700;
    expect((await complain(ref, "bob@example.net")).status).toBe(409);
  });
});

describe("CFBL (RFC 9477)", () => {
  const loop: HeaderField = { name: "CFBL-Address", value: " fbl@bank.example; report=arf" };
  const id: HeaderField = { name: "CFBL-Feedback-ID", value: " 111:\r\n 222" };
  const dkim = (h: string): HeaderField => ({
    name: "DKIM-Signature",
    value: ` v=1; a=rsa-sha256; d=bank.example; s=s1; h=${h}; bh=x; b=AbCdEfGhIjKl`,
  });
  const results: HeaderField = {
    name: "Authentication-Results",
    value: ' mx1.example.net;\r\n\tdkim=pass (2048-bit key) header.d=bank.example header.s=s1 header.b="AbCdEfGh"',
  };
  const covered = dkim("From:Subject:Message-ID:CFBL-Address:CFBL-Feedback-ID");

  test("the mail's own address gets a report with the mail's own id", async () => {
    await start({ feedbackAddress: () => "agreed@bank.example" });
    const ref = await arrive("bob@example.net", [results, covered, loop, id]);
    await complain(ref, "bob@example.net");
    expect(mailbox).toEqual([]);
    expect(await deliver()).toEqual([{ attested: true, count: 1 }]);
    expect(mailbox.map(({ to }) => to)).toEqual([["fbl@bank.example"]]);
    const text = mailbox[0]?.text ?? "";
    const arf = must(parseArf(new TextEncoder().encode(text)));
    expect(arf).toMatchObject({ feedbackType: "abuse", reportedDomains: ["bank.example"], originalRecipients: [] });
    expect(arf.original).toEqual({
      kind: "headers",
      text: "CFBL-Feedback-ID: 111:222\r\nMessage-ID: <4711@example.org>\r\n",
    });
    expect(text).not.toContain("bob");
  });

  test("a mail without an id is named by its token", async () => {
    await start();
    const ref = await arrive("bob@example.net", [results, covered, loop]);
    await complain(ref, "bob@example.net");
    await deliver();
    const token = (await reader.store.signals.find(ref))?.finding.signer?.token;
    expect(mailbox.map(({ to }) => to)).toEqual([["fbl@bank.example"]]);
    expect(mailbox[0]?.text).toContain(`CFBL-Feedback-ID: ${token}\r\n`);
  });

  const rows: { name: string; fields: HeaderField[]; pass?: "both" | "seal" }[] = [
    { name: "the signature does not cover the address", fields: [results, dkim("From:Subject"), loop] },
    { name: "the signature does not cover the id", fields: [results, dkim("From:CFBL-Address"), loop, id] },
    { name: "nobody of ours checked DKIM", fields: [covered, loop] },
    { name: "the results came with the mail: the border removes them", fields: [results, covered, loop], pass: "both" },
    { name: "another domain's address", fields: [results, covered, { ...loop, value: " x@victim.example" }] },
  ];
  test.each(rows)("is not followed where $name; what is agreed is", async ({ fields, pass }) => {
    await start({ feedbackAddress: () => "agreed@bank.example" });
    const ref = await arrive("bob@example.net", fields, pass);
    await complain(ref, "bob@example.net");
    await deliver();
    expect(mailbox.map(({ to }) => to)).toEqual([["agreed@bank.example"]]);
  });

  test("goes nowhere where the report does not go either", async () => {
    await start();
    const ref = await arrive("bob@example.net", [results, covered, loop, id]);
    await complain(ref, "al@example.net");
    await deliver();
    expect(mailbox).toEqual([]);
  });
});
