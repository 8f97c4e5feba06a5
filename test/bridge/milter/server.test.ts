// The milter server over real sockets: order, refusals, aborts, timeouts, our own bugs, and the stop.
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { formatConnect, formatStrings } from "../../../bridge/milter/codec.ts";
import { actions, commands, steps } from "../../../bridge/milter/protocol.ts";
import type { RecipientsDiffer } from "../../../bridge/milter/recipient-answers.ts";
import { formatPacket } from "../../../bridge/milter/packet.ts";
import { ClientFacts } from "../../../bridge/pipeline/client-facts.ts";
import type { Outcome } from "../../../bridge/pipeline/mail.ts";
import { limits } from "../../../shared/limits.ts";
import { Mta, offeredActions } from "./mta.ts";
import { accepted, type Behaviour, greet, milterDesk, send } from "./serving.ts";

const desk = milterDesk();
const { serve, seen, logged, counted } = desk;

describe.each([{ transport: "UNIX socket" }, { transport: "TCP" }])("over a $transport", ({ transport }) => {
  const tcp = transport === "TCP";

  test("one connection carries many mails, each told in order", async () => {
    const address = await serve({}, { tcp });
    const mta = await Mta.open(address);
    await greet(mta);
    for (let count = 0; count < 3; count += 1) expect(await send(mta)).toBe("c");
    expect(seen).toHaveLength(3);
    expect(seen[2]).toMatchObject({
      from: "alice@sender.test",
      recipients: ["bob@example.test"],
      fields: [
        ["Subject", " hi"],
        ["From", " Alice <alice@sender.test>"],
      ],
      body: "hello\r\n",
      queueId: "4QX1",
      done: true,
    });
    mta.close();
  });

  test("everything of a mail in one write, before any answer is read", async () => {
    const address = await serve({}, { tcp });
    const mta = await Mta.open(address);
    const strings = (...list: string[]): string => formatStrings(list);
    mta.raw(
      formatPacket(commands.connect, formatConnect({ host: "h", family: "U", port: null, address: null })) +
        formatPacket(commands.helo, strings("h")) +
        formatPacket(commands.mail, strings("<>")) +
        formatPacket(commands.recipient, strings("<b@c>")) +
        formatPacket(commands.header, strings("Subject", " x")) +
        formatPacket(commands.body, "z") +
        formatPacket(commands.endOfMessage, "") +
        formatPacket(commands.abort, "") +
        formatPacket(commands.mail, strings("<a@b>")) +
        formatPacket(commands.recipient, strings("<b@c>")) +
        formatPacket(commands.endOfMessage, ""),
    );
    const expected = tcp ? 8 : 4;
    for (let count = 0; count < expected; count += 1) expect((await mta.answer()).letter).toBe("c");
    expect(seen.map(({ from, done }) => ({ from, done }))).toEqual([
      { from: "", done: true },
      { from: "a@b", done: true },
    ]);
    mta.close();
  });

  test("a body of many packets arrives whole", async () => {
    const address = await serve({}, { tcp });
    const mta = await Mta.open(address);
    await greet(mta);
    await mta.mail("<a@b>");
    await mta.recipient("<c@d>");
    await mta.content(["Subject: big"], "");
    const piece = "0123456789abcdef".repeat(4_095);
    for (let count = 0; count < 10; count += 1) await mta.ask(commands.body, piece);
    await mta.end();
    expect(seen[0]?.body).toBe(piece.repeat(10));
    mta.close();
  });
});

describe("negotiation", () => {
  test("over a UNIX socket nothing is waited for but recipients, over TCP only content goes without", async () => {
    const unix = await Mta.open(await serve({}));
    const tcp = await Mta.open(await serve({}, { tcp: true }));
    const noReply = 0xff080;
    expect((unix.options?.steps ?? 0) & noReply).toBe(noReply & ~steps.noReplyRecipient);
    expect((tcp.options?.steps ?? 0) & noReply).toBe(
      steps.noReplyHeader | steps.noReplyEndOfHeader | steps.noReplyBody,
    );
    unix.close();
    tcp.close();
  });

  test("nothing is taken that the MTA did not offer", async () => {
    const mta = await Mta.open(await serve({}), { version: 2, steps: 0x7f, actions: 0x3f });
    expect(mta.options).toMatchObject({ version: 2, steps: steps.noEndOfHeader, actions: 0x31, macros: [] });
    await greet(mta);
    expect(await send(mta)).toBe("c");
    expect(seen[0]?.fields[0]).toEqual(["Subject", "hi"]);
    mta.close();
  });

  test("an MTA that lets no field be changed is refused", async () => {
    const address = await serve({});
    await expect(Mta.open(address, { actions: offeredActions.withoutChanges })).rejects.toThrow("closed");
    expect(logged).toMatchObject([{ level: "warn", facts: { code: "milter/actions" } }]);
  });

  test("so is one that lets no body be replaced, where that is needed", async () => {
    const offer = { actions: offeredActions.all & ~actions.changeBody };
    const mta = await Mta.open(await serve({}), offer);
    mta.close();
    await desk.stopped();
    const address = await serve({}, { newBody: true });
    await expect(Mta.open(address, offer)).rejects.toThrow("closed");
    expect(logged).toMatchObject([{ level: "warn", facts: { code: "milter/actions" } }]);
  });

  test("a listener that needs no body gets none", async () => {
    const mta = await Mta.open(await serve({}, { body: false }));
    expect((mta.options?.steps ?? 0) & steps.noBody).toBe(steps.noBody);
    mta.close();
  });
});

describe("the client", () => {
  test("is what the macros and commands said, after a second HELO as TLS sees it", async () => {
    const facts = new ClientFacts({ now: () => 1_000 });
    const mta = await Mta.open(await serve({}, { facts }));
    await mta.connect(
      { host: "mail.sender.test", family: "6", address: "IPv6:2001:DB8::1", port: 40_001 },
      { "{client_port}": "40001", "{daemon_addr}": "IPv6:2001:db8::25", "{daemon_port}": "25" },
    );
    await mta.helo("first.test");
    mta.send(commands.abort);
    await mta.helo("second.test", {
      "{tls_version}": "TLSv1.2",
      "{cipher}": "ECDHE-RSA-AES256-GCM-SHA384",
      "{cipher_bits}": "256",
    });
    await mta.mail("<alice@sender.test>", "SMTPUTF8");
    const certificate = { state: "present", fingerprint: "f", keyFingerprint: "k" } as const;
    // Postfix asks its policy service after the milter has heard MAIL.
    facts.remember(
      { clientAddress: "2001:db8::1", clientPort: 40_001, serverAddress: "2001:db8::25", serverPort: 25 },
      certificate,
    );
    await mta.recipient("<b@c>");
    const client = seen[0]?.client;
    expect({ ...client, certificate: client?.certificate }).toEqual({
      listener: "border",
      address: "2001:db8::1",
      port: 40_001,
      rdns: "mail.sender.test",
      helo: "second.test",
      tls: { version: "TLSv1.2", cipher: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", bits: 256 },
      certificate,
      login: null,
      protocol: "UTF8SMTPS",
    });
    mta.close();
  });

  const clients = [
    {
      name: "no reverse name",
      connect: { host: "[192.0.2.1]" },
      macros: {},
      want: { rdns: null, address: "192.0.2.1" },
    },
    {
      name: "a name that does not lead back",
      connect: { host: "bank.test" },
      macros: { "{client_resolve}": "FORGED" },
      want: { rdns: null },
    },
    {
      name: "a local client",
      connect: { host: "localhost", family: "L", address: "/run/x" },
      macros: {},
      want: { address: null, tls: null, certificate: null, protocol: null },
    },
    {
      name: "a login",
      connect: {},
      macros: { "{auth_authen}": "alice" },
      want: { login: "alice", protocol: "ESMTPA" },
    },
    {
      name: "a named certificate without a policy service is verified, but of unknown fingerprint",
      connect: {},
      macros: { "{tls_version}": "TLSv1.3", "{cert_issuer}": "CA" },
      want: { certificate: { state: "verified", fingerprint: null, keyFingerprint: null }, protocol: "ESMTPS" },
    },
  ];
  test.each(clients)("$name", async ({ connect, macros, want }) => {
    const mta = await Mta.open(await serve({}));
    await mta.connect(connect, macros);
    await mta.mail("<a@b>");
    await mta.recipient("<c@d>");
    expect(seen[0]?.client).toMatchObject(want);
    mta.close();
  });
});

describe("answers", () => {
  const negotiated = [
    { name: "with every no-reply step, over a UNIX socket", offer: {}, tcp: false },
    { name: "with none", offer: { steps: 0 }, tcp: false },
    { name: "over TCP", offer: {}, tcp: true },
  ];
  test.each(negotiated)("a body is replaced in pieces, and a field in its place: $name", async ({ offer, tcp }) => {
    const body = Buffer.from("Gr=C3=BC=C3=9Fe, und so weiter\r\n".repeat(100_000));
    const edits = [
      { kind: "change", name: "Content-Transfer-Encoding", instance: 1, value: " quoted-printable" },
    ] as const;
    const end = async (): Promise<Outcome> => ({ ...accepted, edits, body });
    const mta = await Mta.open(await serve({ end }, { tcp, newBody: true, recipientsDiffer: () => false }), offer);
    expect((mta.options?.actions ?? 0) & actions.changeBody).toBe(actions.changeBody);
    await greet(mta);
    for (let mails = 0; mails < 2; mails += 1) {
      await mta.mail("<alice@example.org>");
      await mta.recipient("<bob@example.net>");
      await mta.content(["Content-Transfer-Encoding: 8bit"], "Gr\xc3\xbc\xc3\x9fe\r\n");
      const answers = await mta.end();
      const pieces = answers.filter(({ letter }) => letter === "b").map(({ text }) => text);
      expect(Math.max(...pieces.map(({ length }) => length))).toBe(65_535);
      expect(pieces.join("")).toBe(body.toString());
      const space = ((mta.options?.steps ?? 0) & steps.headerLeadingSpace) === 0 ? "" : " ";
      expect(answers.slice(pieces.length).map(({ letter, text }) => letter + text)).toEqual([
        `m\0\0\0\x01Content-Transfer-Encoding\0${space}quoted-printable\0`,
        "c",
      ]);
    }
    mta.close();
  });

  test("a body waits for an MTA that does not read, and nothing comes between its pieces", async () => {
    const body = Buffer.alloc(8_000_000, "0123456789abcde\n");
    const behaviour = { end: async () => ({ ...accepted, body }) };
    const mta = await Mta.open(await serve(behaviour, { newBody: true, times: { progressMs: 1 } }));
    await greet(mta);
    mta.socket.pause();
    await mta.mail("<a@b>");
    await mta.content([], "x\r\n");
    mta.send(commands.endOfMessage);
    await sleep(1_100);
    mta.socket.resume();
    let letters = "";
    while (!letters.endsWith("c")) letters += (await mta.answer()).letter;
    expect(letters).toMatch(/^p*b{123}c$/);
    mta.close();
  });

  test("an MTA that goes while its body is replaced leaves nothing behind", async () => {
    let abandoned = 0;
    const end = async (): Promise<Outcome> => ({ ...accepted, body: Buffer.alloc(8_000_000) });
    const address = await serve({ end, abandon: () => (abandoned += 1) }, { newBody: true });
    for (const leave of ["in the mail", "at its end"]) {
      const mta = await Mta.open(address);
      await greet(mta);
      await mta.mail("<a@b>");
      await mta.content([], "x\r\n");
      if (leave === "at its end") {
        mta.socket.pause();
        mta.send(commands.endOfMessage);
        await vi.waitFor(() => expect(seen.at(-1)?.done).toBe(true));
      }
      mta.close();
    }
    await vi.waitFor(() => expect(abandoned).toBe(2));
    const mta = await Mta.open(address);
    await greet(mta);
    await mta.mail("<a@b>");
    mta.send(commands.abort);
    await mta.mail("<a@b>");
    await mta.mail("<a@b>");
    await vi.waitFor(() => expect(abandoned).toBe(4));
    mta.close();
    expect(logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("edits come in order before the last word", async () => {
    const mta = await Mta.open(
      await serve({
        end: async () => ({
          ...accepted,
          edits: [
            { kind: "delete", name: "Hop-Signal", instance: 2 },
            { kind: "delete", name: "Hop-Signal", instance: 1 },
            { kind: "insert", index: 0, name: "Hop-Signal", value: "v=1;\n\tb=x" },
          ],
        }),
      }),
    );
    await greet(mta);
    expect(await send(mta)).toBe(
      "m\0\0\0\x02Hop-Signal\0\0|m\0\0\0\x01Hop-Signal\0\0|i\0\0\0\0Hop-Signal\0 v=1;\n\tb=x\0|c",
    );
    mta.close();
  });

  const outcomes = [
    {
      name: "a refusal",
      outcome: { action: "reject", reply: { code: 550, enhanced: "5.7.1", text: "100% no\r\nEvil: x" }, edits: [] },
      want: "y550 5.7.1 100%% no??Evil: x\0",
    },
    {
      name: "a delay",
      outcome: { action: "tempfail", reply: { code: 451, enhanced: "4.7.5", text: "later" }, edits: [] },
      want: "y451 4.7.5 later\0",
    },
    { name: "quarantine", outcome: { action: "quarantine", reply: null, edits: [] }, want: "qpolicy\0|c" },
    { name: "discard", outcome: { action: "discard", reply: null, edits: [] }, want: "d" },
  ] satisfies { name: string; outcome: Outcome; want: string }[];
  test.each(outcomes)("$name", async ({ outcome, want }) => {
    const mta = await Mta.open(await serve({ end: async () => outcome }));
    await greet(mta);
    expect(await send(mta)).toBe(want);
    mta.close();
  });

  test("one recipient is refused, the next taken, at once or later", async () => {
    const mta = await Mta.open(
      await serve({
        recipient: async (address) =>
          address.startsWith("no") ? { code: 452, enhanced: "4.5.3", text: "one at a time" } : null,
      }),
    );
    await mta.mail("<a@b>");
    expect(await mta.recipient("<yes@c>")).toEqual({ letter: "c", text: "" });
    expect(await mta.recipient("<no@c>")).toEqual({ letter: "y", text: "452 4.5.3 one at a time\0" });
    expect(await mta.recipient("<yes2@c>")).toEqual({ letter: "c", text: "" });
    mta.close();
  });

  test("where nobody waits at recipients, a refusal puts the mail off, and is heard from the next connection on", async () => {
    const address = await serve(
      {
        recipient: async (address) =>
          address.startsWith("no") ? { code: 452, enhanced: "4.5.3", text: "one at a time" } : null,
        end: async () => accepted,
      },
      { recipientsDiffer: () => false },
    );
    const mta = await Mta.open(address);
    await greet(mta);
    expect(await send(mta)).toBe("c");
    await mta.mail("<a@b>");
    expect(await mta.recipient("<yes@c>")).toBeNull();
    expect(await mta.recipient("<no@c>")).toBeNull();
    await mta.content(["Subject: hi"], "hello\r\n");
    expect(await mta.end()).toEqual([{ letter: "y", text: "451 4.5.3 one at a time\0" }]);
    mta.send(commands.abort);
    // Its other mails go on as before.
    await greet(mta);
    expect(await send(mta)).toBe("c");
    mta.close();
    const next = await Mta.open(address);
    await next.mail("<a@b>");
    expect(await next.recipient("<yes@c>")).toEqual({ letter: "c", text: "" });
    expect(await next.recipient("<no@c>")).toEqual({ letter: "y", text: "452 4.5.3 one at a time\0" });
    next.close();
  });

  const slowAnswers: { name: string; recipientsDiffer: RecipientsDiffer }[] = [
    { name: "later", recipientsDiffer: () => Promise.resolve(true) },
    { name: "never", recipientsDiffer: () => Promise.reject(new Error("locked")) },
  ];
  test.each(slowAnswers)("whether recipients differ is known $name", async ({ recipientsDiffer }) => {
    const mta = await Mta.open(await serve({}, { recipientsDiffer }));
    await mta.mail("<a@b>");
    expect(await mta.recipient("<yes@c>")).toEqual({ letter: "c", text: "" });
    mta.close();
  });

  test("a slow end sends progress until it knows", async () => {
    let finish: (outcome: Outcome) => void = () => undefined;
    const mta = await Mta.open(
      await serve({ end: () => new Promise((resolve) => (finish = resolve)) }, { times: { progressMs: 1 } }),
    );
    await greet(mta);
    const sent = send(mta);
    while (!logged.some(() => true) && seen[0]?.queueId === undefined) await new Promise((wake) => setTimeout(wake, 5));
    await new Promise((wake) => setTimeout(wake, 1_100));
    finish(accepted);
    expect(await sent).toMatch(/^(p\|)+c$/);
    mta.close();
  });
});

describe("bugs of ours", () => {
  const bug = (): never => {
    throw new Error("bug");
  };
  const places: { name: string; behaviour: Behaviour }[] = [
    { name: "at a recipient", behaviour: { recipient: bug } },
    { name: "at a field", behaviour: { field: bug } },
    { name: "at the body", behaviour: { body: bug } },
    { name: "at the end", behaviour: { end: bug } },
    { name: "at the end, later", behaviour: { end: () => Promise.reject(new Error("bug")) } },
    { name: "at a recipient, later", behaviour: { recipient: () => Promise.reject(new Error("bug")) } },
    {
      name: "in a header of our own",
      behaviour: {
        end: async () => ({ ...accepted, edits: [{ kind: "insert", index: 0, name: "A", value: "x\nB: y" }] }),
      },
    },
  ];
  test.each(places)("$name defer the mail and are logged once", async ({ behaviour }) => {
    const mta = await Mta.open(await serve(behaviour));
    await greet(mta);
    expect(await send(mta)).toMatch(/^y451 4\.3\.0 /);
    expect(logged.filter(({ level }) => level === "error")).toHaveLength(1);
    expect(counted).toEqual(["failures"]);
    await send(mta);
    expect(logged.filter(({ level }) => level === "error")).toHaveLength(2);
    mta.close();
  });

  test.each([
    { onFailure: "accept", want: /^c$/ },
    { onFailure: "reject", want: /^y554 5\.3\.0 / },
  ] as const)("are answered by $onFailure where configured", async ({ onFailure, want }) => {
    const mta = await Mta.open(await serve({ end: bug }, { onFailure }));
    await greet(mta);
    expect(await send(mta)).toMatch(want);
    mta.close();
  });

  test("an end that never comes is given up", async () => {
    const mta = await Mta.open(await serve({ end: () => new Promise(() => undefined) }, { times: { answerMs: 1 } }));
    await greet(mta);
    expect(await send(mta)).toMatch(/^y451 4\.3\.0 /);
    mta.close();
  });
});

describe("broken peers", () => {
  const negotiated = "\0\0\0\x0dO\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff";
  const breaches = [
    { name: "a command before negotiation", bytes: formatPacket(commands.helo, "x\0"), want: "milter/order" },
    { name: "a second negotiation", bytes: negotiated + negotiated, want: "milter/order" },
    {
      name: "a field outside of a mail",
      bytes: negotiated + formatPacket(commands.header, "a\0b\0"),
      want: "milter/order",
    },
    { name: "a body outside of a mail", bytes: negotiated + formatPacket(commands.body, "b"), want: "milter/order" },
    {
      name: "an end outside of a mail",
      bytes: negotiated + formatPacket(commands.endOfMessage, ""),
      want: "milter/order",
    },
    {
      name: "a recipient outside of a mail",
      bytes: negotiated + formatPacket(commands.recipient, "<a>\0"),
      want: "milter/order",
    },
    { name: "an unknown command", bytes: negotiated + formatPacket(0x7a, ""), want: "milter/command" },
    { name: "an oversized packet", bytes: `${negotiated}\x7f\xff\xff\xffL`, want: "milter/length" },
    { name: "a malformed address", bytes: negotiated + formatPacket(commands.mail, "<a>"), want: "milter/strings" },
    { name: "an old version", bytes: negotiated.replace("\x06", "\x01"), want: "milter/version" },
  ];
  test.each(breaches)("$name ends the connection, and no other", async ({ bytes, want }) => {
    const address = await serve({});
    const fine = await Mta.open(address);
    const mta = await Mta.dial(address);
    mta.raw(bytes);
    await mta.ended();
    expect(logged).toMatchObject([{ level: "warn", facts: { code: want } }]);
    await greet(fine);
    expect(await send(fine)).toBe("c");
    fine.close();
  });

  test("a silent one is cut before negotiation and inside a packet, not between mails", async () => {
    const address = await serve({}, { times: { packetMs: 1 } });
    const idle = await Mta.open(address);
    const mute = await Mta.dial(address);
    const slow = await Mta.open(address);
    slow.raw("\0\0\0\x20L");
    await mute.ended();
    await slow.ended();
    await greet(idle);
    expect(await send(idle)).toBe("c");
    expect(logged.map(({ facts }) => facts)).toMatchObject([{ code: "milter/timeout" }, { code: "milter/timeout" }]);
    idle.close();
  });

  test("more recipients than allowed are asked to come later", async () => {
    const mta = await Mta.open(await serve({}));
    await mta.mail("<a@b>");
    for (let count = 0; count < limits.recipients; count += 1) mta.send(commands.recipient, "<r@c>\0");
    for (let count = 0; count < limits.recipients; count += 1) await mta.answer();
    expect((await mta.recipient("<one@more>"))?.text).toMatch(/^452 4\.5\.3 /);
    mta.close();
  });
});

describe("aborts", () => {
  test("a mail given up leaves nothing behind", async () => {
    const mta = await Mta.open(await serve({}));
    await greet(mta);
    await mta.mail("<a@b>");
    await mta.recipient("<c@d>");
    await mta.content(["Subject: gone"], "x");
    mta.send(commands.abort);
    expect(await send(mta)).toBe("c");
    expect(seen.map(({ done }) => done)).toEqual([false, true]);
    mta.close();
  });

  test("a connection is handed to another client", async () => {
    const mta = await Mta.open(await serve({}));
    await greet(mta);
    await send(mta);
    mta.send(commands.quitKeepConnection);
    await mta.connect({ address: "192.0.2.9" });
    await mta.mail("<a@b>");
    await mta.recipient("<c@d>");
    expect(seen[1]?.client).toMatchObject({ address: "192.0.2.9", helo: null });
    mta.send(commands.quit);
    await mta.ended();
  });
});

describe("old and careless MTAs", () => {
  test.each([2, 3, 4, 5])(
    "one of version %i that knows no NR flag has every step answered, unknown commands too",
    async (version) => {
      const mta = await Mta.open(await serve({}), { version, steps: 0x3f, actions: 0x3f });
      expect(mta.options).toMatchObject({ version, macros: [] });
      for (const [command, payload] of [
        [commands.connect, "a.example\0U"],
        [commands.helo, "a.example\0"],
        [commands.unknown, "XYZZY\0"],
        [commands.mail, "<a@b>\0"],
        [commands.recipient, "<c@d>\0"],
        [commands.data, ""],
        [commands.header, "Subject\0hello\0"],
        [commands.endOfHeader, ""],
        [commands.body, "x\r\n"],
      ] as const) {
        mta.send(command, payload);
        expect(await mta.answer()).toEqual({ letter: "c", text: "" });
      }
      expect((await mta.end()).at(-1)?.letter).toBe("c");
      mta.close();
    },
  );

  test("one that waits for nothing, and sends a whole mail at once, is answered where it must be", async () => {
    const mta = await Mta.open(await serve({}));
    const packets = [
      formatPacket(commands.mail, "<a@b>\0"),
      formatPacket(commands.recipient, "<c@d>\0"),
      formatPacket(commands.data, ""),
      formatPacket(commands.header, "Subject\0 hello\0"),
      formatPacket(commands.endOfHeader, ""),
      formatPacket(commands.body, "x\r\n"),
      formatPacket(commands.endOfMessage, ""),
    ];
    mta.raw(packets.join("") + packets.join(""));
    const answers = [await mta.answer(), await mta.answer(), await mta.answer(), await mta.answer()];
    // A recipient and an end, twice; nothing else was to be answered.
    expect(answers.map(({ letter }) => letter)).toEqual(["c", "c", "c", "c"]);
    expect(seen.map(({ done, body }) => [done, body])).toEqual([
      [true, "x\r\n"],
      [true, "x\r\n"],
    ]);
    mta.close();
  });

  test("an MTA that passes no macros is a client of whom little is known", async () => {
    const mta = await Mta.open(await serve({}), { actions: 0x3f });
    mta.send(commands.connect, "a.example\0U");
    mta.send(commands.mail, "<a@b>\0");
    expect(await mta.recipient("<c@d>")).toMatchObject({ letter: "c" });
    expect(seen[0]?.client).toMatchObject({ address: null, port: null, tls: null, helo: null, protocol: null });
    mta.close();
  });
});

describe("the stop", () => {
  test("ends idle connections and lets mails finish", async () => {
    let finish: (outcome: Outcome) => void = () => undefined;
    const address = await serve({ end: () => new Promise((resolve) => (finish = resolve)) });
    const idle = await Mta.open(address);
    const busy = await Mta.open(address);
    await greet(busy);
    const sent = send(busy);
    while (seen[0]?.queueId !== "4QX1") await new Promise((wake) => setTimeout(wake, 5));
    const stopped = desk.stopped();
    await idle.ended();
    await expect(Mta.dial(address)).rejects.toThrow();
    finish(accepted);
    expect(await sent).toBe("c");
    await busy.ended();
    await stopped;
  });

  test("a mail that was in the socket already gets its answer", async () => {
    const mta = await Mta.open(await serve({}));
    await greet(mta);
    mta.send(commands.mail, formatStrings(["<a@b>"]));
    const stopped = desk.stopped();
    expect(await mta.recipient("<c@d>")).toMatchObject({ letter: "c" });
    await mta.content(["Subject: x"], "x");
    expect((await mta.end()).map(({ letter }) => letter)).toEqual(["c"]);
    await mta.ended();
    await stopped;
  });

  test.each([
    { when: "idle", before: 0 },
    { when: "after its mail", before: 1 },
  ])("$when: an MTA that waits for no answers notices at once that nobody reads its next mail", async ({ before }) => {
    const mta = await Mta.open(await serve({}, { recipientsDiffer: () => false }), {}, true);
    await greet(mta);
    if (before > 0) await mta.mail("<a@b>");
    const stopped = desk.stopped();
    if (before > 0) {
      await mta.recipient("<c@d>");
      await mta.end();
    }
    await stopped;
    const refused = new Promise<Error>((resolve) => mta.socket.once("error", resolve));
    await mta.mail("<a@b>");
    expect(await refused).toMatchObject({ code: "EPIPE" });
    expect(seen).toHaveLength(before);
    mta.close();
  });

  test("cuts what does not finish", async () => {
    const address = await serve({}, { stopMs: 20 });
    const mta = await Mta.open(address);
    await mta.mail("<a@b>");
    await mta.recipient("<c@d>");
    const stopped = desk.stopped();
    await mta.ended();
    await stopped;
  });

  test("a socket left behind by a killed process is taken over, another file is not", async () => {
    const path = join(desk.folder, "milter.sock");
    await writeFile(path, "mine");
    await expect(serve({})).rejects.toThrow("EADDRINUSE");
    await rm(path);
    await serve({});
    await expect(serve({})).rejects.toThrow("EADDRINUSE");
  });
});
