// 8-bit mail through a real Postfix to a server that takes 7-bit mail only: the way on which Postfix recodes what is not
// 7-bit, or is labelled so, and breaks whoever signed it. Needs root and Postfix; left out without.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type MilterServer, serveMilter } from "../../../bridge/milter/server.ts";
import { createOutbound } from "../../../bridge/pipeline/outbound.ts";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { splitMessage } from "../../../shared/header/split.ts";
import { makeIdentity, must, testRecord, testTime, testTokenKey } from "../../fakes/mail.ts";
import { canRunPostfix, freePort, type MinimalPostfix, startPostfix } from "../../bench/postfix.ts";
import { hopsOf, makeDesk, makePipelineDeps, receive } from "../pipeline/desk.ts";

const folder = mkdtempSync(join(tmpdir(), "waybill-recoding-"));
const stop = new AbortController();
const alice = await makeIdentity("alice@example.org");
const arrived: string[] = [];
let postfix: MinimalPostfix | null = null;
let milter: MilterServer | null = null;
let sink: SMTPServer | null = null;

async function listen(): Promise<MilterServer> {
  const deps = makePipelineDeps({ counted: [], logged: [], now: testTime });
  const grant = {
    kind: "granted",
    signer: alice.signer,
    purposes: ["*"],
    unasked: null,
    tokenKey: testTokenKey,
  } as const;
  const open = createOutbound({ ...deps, users: { signing: () => grant }, lifetimeSeconds: () => 86_400 });
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return await serveMilter(
    {
      endpoint: { path: join(folder, "milter.sock"), mode: 0o666 },
      listener: "submission",
      // This Postfix has no SASL.
      open: (client, from) => open({ ...client, certificate: null, login: "alice@example.org" }, from),
      wants: { body: true, newBody: true },
      recipientsDiffer: () => false,
      facts: null,
      onFailure: "tempfail",
      log: silent,
      counters: { count: () => undefined },
    },
    stop.signal,
  );
}

/** A server that announces neither 8BITMIME nor SMTPUTF8. */
async function startSink(port: number): Promise<SMTPServer> {
  const server = new SMTPServer({
    hide8BITMIME: true,
    hideSMTPUTF8: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    disableReverseLookup: true,
    logger: false,
    onData(stream, _, done) {
      let raw = "";
      stream.on("data", (chunk: Buffer) => (raw += chunk.toString("latin1")));
      stream.on("end", () => {
        arrived.push(raw);
        done();
      });
    },
  });
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  return server;
}

beforeAll(async () => {
  if (!canRunPostfix) return;
  chmodSync(folder, 0o755);
  milter = await listen();
  const port = await freePort();
  sink = await startSink(port);
  postfix = await startPostfix({
    folder,
    deliver: "files",
    main: [
      `smtpd_milters = unix:${folder}/milter.sock`,
      "mynetworks = 127.0.0.0/8",
      "smtpd_relay_restrictions = permit_mynetworks, reject",
      `default_transport = smtp:[127.0.0.1]:${port}`,
    ],
  });
}, 60_000);

afterAll(async () => {
  await postfix?.stop();
  await new Promise<void>((resolve) => {
    if (sink === null) resolve();
    else sink.close(resolve);
  });
  stop.abort();
  await milter?.stopped;
  rmSync(folder, { recursive: true, force: true });
});

/** Hands the mail in, as 8BITMIME; what came at the other end. */
async function through(header: readonly string[], body: string): Promise<string> {
  const before = arrived.length;
  const fields = ["From: alice@example.org", "To: bob@example.net", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", ...header];
  const transport = createTransport({ host: "127.0.0.1", port: postfix?.port ?? 0, ignoreTLS: true });
  const envelope = { from: "alice@example.org", to: "bob@example.net", use8BitMime: true };
  await transport.sendMail({ envelope, raw: Buffer.from([...fields, "", body].join("\r\n"), "utf8") });
  transport.close();
  await vi.waitFor(() => expect(arrived.length).toBe(before + 1), { timeout: 20_000 });
  return arrived.at(-1) ?? "";
}

const wish = "X-IPP-Purpose: personal";
const plain = ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"];
const mixed = ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "Content-Transfer-Encoding: 8bit"];
const part = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nLiebe Grüße\r\n";
const attached = `Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n${plain.join("\r\n")}\r\n\r\nGrüße von innen\r\n`;

describe.skipIf(!canRunPostfix)("a server without 8BITMIME", () => {
  test("gets from Postfix what it has recoded: signed before, it would be broken", async () => {
    const raw = await through(plain, "Liebe Grüße\r\n");
    expect(raw).toContain("Content-Transfer-Encoding: quoted-printable\r\n");
    expect(raw).toContain("Gr=C3=BC=C3=9Fe");
  });

  const cases = [
    { name: "text", header: plain, body: "Liebe Grüße\r\n" },
    { name: "text of several packets", header: plain, body: "Liebe Grüße, immer wieder\r\n".repeat(10_000) },
    { name: "ASCII that is labelled 8bit", header: plain, body: "Best regards\r\n" },
    { name: "a long line", header: plain, body: `${"Grüße ".repeat(400)}\r\n` },
    { name: "parts", header: mixed, body: `--b\r\n${part}--b\r\n${part}--b--\r\n` },
    { name: "an attached mail", header: mixed, body: `--b\r\n${attached}--b--\r\n` },
    { name: "text without MIME", header: [], body: "Liebe Grüße\r\n" },
  ];
  test.each(cases)("gets a declaration that holds: $name", async ({ header, body }) => {
    const raw = await through([wish, ...header], body);
    expect(raw).toMatch(/^IPP-Signature:/m);
    expect(raw).not.toMatch(/[\x80-\xff]|^Content-Transfer-Encoding: 8bit/im);
    const mail = must(splitMessage(bytesFromString(raw)));
    const desk = makeDesk({ records: { "example.org": testRecord() }, published: [alice] });
    const received = await receive(desk, { fields: [...mail.fields], body: mail.body });
    expect((await hopsOf(received.mail)).verified).toMatchObject([{ signal: { declaration: "pass" } }]);
  });

  test("gets nothing where the wish can't be kept: the writer hears why", async () => {
    const protectedMail = ["MIME-Version: 1.0", "Content-Type: multipart/signed; boundary=b"];
    await expect(through([wish, ...protectedMail], `--b\r\n${part}--b--\r\n`)).rejects.toThrow(
      /550 5\.6\.3 A part of the mail \(multipart\/signed\)/,
    );
  });
});
