// The MTA the milter protocol comes from, Debian's Sendmail, takes mail with the real pipeline as its filter and hands it on:
// what arrives is sealed, by an implementation of the MTA's side that is neither ours nor Postfix'. Left out, saying so,
// without root.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MilterServer, serveMilter } from "../../../bridge/milter/server.ts";
import { createInbound } from "../../../bridge/pipeline/inbound.ts";
import type { Client } from "../../../bridge/pipeline/mail.ts";
import type { Message } from "../../../shared/header/field.ts";
import { splitMessage } from "../../../shared/header/split.ts";
import type { Policy } from "../../../shared/policy/types.ts";
import {
  type Identity,
  makeIdentity,
  makeMail,
  must,
  rawMail,
  signMail,
  testRecord,
  withFields,
} from "../../fakes/mail.ts";
import { accepting, type Desk, hopsOf, makeDesk, valuesOf } from "../pipeline/desk.ts";
import { type Sendmail, sendmailObstacle, startSendmail } from "./sendmail.ts";

const refusing: Policy = { ...accepting, id: "strict", undeclared: "reject" };
const holding: Policy = { ...accepting, id: "careful", undeclared: "quarantine" };

let folder = "";
let alice: Identity;
let desk: Desk;
let stopMilter = new AbortController();
let milter: MilterServer | null = null;
let sendmail: Sendmail | null = null;
let port = 0;
let arrived: { to: string[]; mail: Message }[] = [];
let clients: Client[] = [];

const next = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS", "AUTH"],
  onData(stream, session, done) {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
    stream.on("end", () => {
      const mail = must(splitMessage(new Uint8Array(Buffer.concat(chunks))));
      arrived.push({ to: session.envelope.rcptTo.map(({ address }) => address), mail });
      done();
    });
  },
});

async function listen(server: { listen: (port: number, host: string, done: () => void) => unknown }): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await listen(server);
  const found = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof found === "object" && found !== null ? found.port : 0;
}

async function startMilter(): Promise<void> {
  stopMilter = new AbortController();
  const open = createInbound(desk.deps);
  milter = await serveMilter(
    {
      endpoint: { path: join(folder, "milter.sock") },
      listener: "border",
      open: (client, from) => {
        clients.push(client);
        return open(client, from);
      },
      wants: { body: true },
      recipientsDiffer: () => true,
      facts: null,
      onFailure: "tempfail",
      log: desk.deps.log,
      counters: desk.deps.counters,
    },
    stopMilter.signal,
  );
}

beforeAll(async () => {
  if (sendmailObstacle !== null) return;
  folder = mkdtempSync(join(tmpdir(), "waybill-sendmail-"));
  alice = await makeIdentity("alice@example.org");
  desk = makeDesk(
    { records: { "example.org": testRecord() }, published: [alice] },
    {
      "refused@example.net": { default: refusing },
      "held@example.net": { default: holding },
      "strict@example.net": { default: { ...refusing, id: "stricter" } },
    },
    { quarantine: () => "hold" },
  );
  await listen(next);
  const address = next.server.address();
  await startMilter();
  sendmail = await startSendmail(folder, {
    port: await freePort(),
    milter: join(folder, "milter.sock"),
    next: typeof address === "object" && address !== null ? address.port : 0,
  });
  port = sendmail.port;
});

beforeEach(() => {
  arrived = [];
  clients = [];
});

afterAll(async () => {
  await sendmail?.stop();
  stopMilter.abort();
  await milter?.stopped;
  await new Promise<void>((resolve) => next.close(resolve));
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

interface Handed {
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
  /** What SMTP said at last. */
  readonly said: string;
}

/** Hands one mail in by SMTP. */
async function hand(mail: Message, ...to: readonly string[]): Promise<Handed> {
  const transport = createTransport({ host: "127.0.0.1", port, name: "mail.example.org", ignoreTLS: true });
  const envelope = { from: "alice@example.org", to: [...to] };
  try {
    const done = await transport.sendMail({ envelope, raw: Buffer.from(rawMail(mail)) });
    return { accepted: done.accepted.map(String), rejected: done.rejected.map(String), said: done.response };
  } catch (error) {
    return {
      accepted: [],
      rejected: [...to],
      said: error instanceof Error && "response" in error ? String(error.response) : String(error),
    };
  } finally {
    transport.close();
  }
}

describe.skipIf(sendmailObstacle !== null)(
  `Sendmail${sendmailObstacle === null ? "" : ` (${sendmailObstacle})`}`,
  () => {
    test("delivers declared mail, sealed as it arrived", async () => {
      const forged = withFields(
        await signMail(
          makeMail({ to: "Bob <bob@example.net>,\r\n carol@example.com", subject: "Your invoice\r\n 4711 " }),
          alice,
        ),
        { name: "Hop-Signal", value: " v=1; a=ed25519-sha256; s=example.net; b=AAAA" },
        { name: "Authentication-Results", value: " mx1.example.net; dkim=pass header.d=bank.example" },
        { name: "hop-signal", value: " another" },
      );
      expect(await hand(forged, "bob@example.net", "carol@example.com")).toMatchObject({
        rejected: [],
        said: /^250 2\.0\.0/,
      });
      const [{ to, mail } = { to: [], mail: forged }] = arrived;
      expect(to.toSorted((a, b) => a.localeCompare(b))).toEqual(["bob@example.net", "carol@example.com"]);
      expect(valuesOf(mail, "Hop-Signal")).toHaveLength(1);
      expect(valuesOf(mail, "Authentication-Results").join()).not.toContain("bank.example");
      const { verified } = await hopsOf(mail);
      expect(verified).toMatchObject([
        { body: "same", signal: { declaration: "pass", ip: "127.0.0.1", helo: "mail.example.org" } },
      ]);
      expect(verified[0]?.signal.queueId).toMatch(/^[0-9A-Za-z]{8,}$/);
    });

    test("is told of its client by its own macros", async () => {
      await hand(makeMail(), "bob@example.net");
      expect(clients[0]).toMatchObject({ address: "127.0.0.1", helo: "mail.example.org", tls: null, login: null });
      expect(clients[0]?.port).toBeGreaterThan(0);
    });

    test("passes our refusal on", async () => {
      expect((await hand(makeMail(), "refused@example.net")).said).toMatch(/^550 5\.7\.1 /);
      expect(arrived).toEqual([]);
    });

    test("takes one recipient and puts another off whose policy differs", async () => {
      const { accepted, rejected } = await hand(makeMail(), "bob@example.net", "strict@example.net");
      expect([accepted, rejected]).toEqual([["bob@example.net"], ["strict@example.net"]]);
      expect(arrived.map(({ to }) => to)).toEqual([["bob@example.net"]]);
    });

    test("holds what is quarantined", async () => {
      expect((await hand(makeMail(), "held@example.net")).said).toMatch(/^250 /);
      expect(arrived).toEqual([]);
      expect(sendmail?.queued().filter((file) => file.startsWith("hf"))).toHaveLength(1);
    });

    test("a body of 300 kB, cut into its own chunks, is hashed as sent", async () => {
      const body = `${"All work and no play makes Jack a dull boy.\r\n".repeat(7_000)}end\r\n`;
      await hand(await signMail(makeMail({ body }), alice), "bob@example.net");
      const [{ mail } = { mail: makeMail() }] = arrived;
      expect((await hopsOf(mail)).verified).toMatchObject([{ body: "same", signal: { declaration: "pass" } }]);
    });

    test("puts mail off while the bridge is down, and delivers once it is back", async () => {
      stopMilter.abort();
      await milter?.stopped;
      expect((await hand(makeMail(), "bob@example.net")).said).toMatch(/^451 4\./);
      expect(arrived).toEqual([]);
      await startMilter();
      expect((await hand(makeMail(), "bob@example.net")).said).toMatch(/^250 /);
      expect(await hopsOf(arrived[0]?.mail ?? makeMail())).toMatchObject({ verified: [{ body: "same" }] });
    });
  },
);
