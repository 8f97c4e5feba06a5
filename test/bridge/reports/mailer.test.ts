// The bridge's own mail against a real SMTP server.
import { SMTPServer } from "smtp-server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMailer } from "../../../bridge/reports/mailer.ts";

let server: SMTPServer;
let port = 0;
let refusal: string | null = null;
let received: { from: string; to: string[]; text: string }[] = [];
beforeEach(async () => {
  received = [];
  refusal = null;
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo(_, __, done) {
      done(refusal === null ? null : Object.assign(new Error(refusal), { responseCode: 550 }));
    },
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? "" : mailFrom.address;
        received.push({ from, to: rcptTo.map(({ address }) => address), text: Buffer.concat(pieces).toString() });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

test("a pairing code arrives with its header, as a mail that nobody answers", async () => {
  const mailer = createMailer({ host: "127.0.0.1", port, from: "postmaster@example.net" });
  const headers = { "Waybill-Pairing": "p; code=c" };
  expect(await mailer.send({ to: "bob@example.net", subject: "x", text: "y", headers })).toEqual({ ok: true });
  expect(received).toMatchObject([{ from: "postmaster@example.net", to: ["bob@example.net"] }]);
  expect(received[0]?.text).toMatch(/^Waybill-Pairing: p; code=c\r$/m);
  expect(received[0]?.text).toMatch(/^Auto-Submitted: auto-generated\r$/m);
});

test("an address cannot smuggle a second recipient or a header", async () => {
  const mailer = createMailer({ host: "127.0.0.1", port, from: "postmaster@example.net" });
  const to = '"a\r\nBcc: eve"@example.net';
  await mailer.send({
    to,
    subject: "x\r\nBcc: eve@other.example",
    text: "y",
    headers: { "X-A": "b\r\nBcc: eve@other.example" },
  });
  for (const { to, text } of received) {
    expect(to).toHaveLength(1);
    expect(text).not.toMatch(/^Bcc:/m);
  }
});

test("a whole mail goes as it is", async () => {
  const mailer = createMailer({ host: "127.0.0.1", port, from: "postmaster@example.net" });
  await mailer.sendRaw("fbl@bank.example", new TextEncoder().encode("Subject: report\r\n\r\nbody\r\n"));
  expect(received).toMatchObject([{ to: ["fbl@bank.example"], text: "Subject: report\r\n\r\nbody\r\n" }]);
});

test("no server is a temporary failure", async () => {
  const mailer = createMailer({ host: "127.0.0.1", port: 1, from: "postmaster@example.net" });
  const sent = await mailer.send({ to: "bob@example.net", subject: "x", text: "y", headers: {} });
  expect(sent).toMatchObject({ ok: false, kind: "temp", code: "mail/send" });
});

test.each([
  { name: "in brackets", said: "5.1.1 <bob@example.net>: Recipient address rejected: User unknown" },
  { name: "bare, and an alias's", said: "5.1.1 bob@example.net (bob.builder@inner.example): unknown" },
  { name: "beyond ASCII", said: "5.1.1 <b\u00f6b@ex\u00e4mple.net>: unknown" },
])("a refusal that repeats addresses is told without them: $name", async ({ said }) => {
  refusal = said;
  const mailer = createMailer({ host: "127.0.0.1", port, from: "postmaster@example.net" });
  const sent = await mailer.send({ to: "bob@example.net", subject: "x", text: "y", headers: {} });
  expect(sent).toMatchObject({ ok: false, code: "mail/send", detail: expect.stringContaining("5.1.1") });
  expect(JSON.stringify(sent)).not.toContain("@");
});
