// A milter server for tests, whose mails note what they are told and do as a test says; and one MTA's usual steps.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { FailureAnswer } from "../../../bridge/milter/answer.ts";
import type { Times } from "../../../bridge/milter/connection.ts";
import { commands } from "../../../bridge/milter/protocol.ts";
import type { RecipientsDiffer } from "../../../bridge/milter/recipient-answers.ts";
import { type MilterServer, serveMilter } from "../../../bridge/milter/server.ts";
import type { ClientFacts } from "../../../bridge/pipeline/client-facts.ts";
import type { Client, Outcome, Passage } from "../../../bridge/pipeline/mail.ts";
import type { Mta } from "./mta.ts";

/** What a passage was told. */
interface Seen {
  client: Client;
  from: string;
  recipients: string[];
  fields: [string, string][];
  body: string;
  queueId: string | null;
  done: boolean;
}

/** What a passage does beside noting. */
export type Behaviour = Partial<Passage>;

interface Setup {
  tcp?: boolean;
  recipientsDiffer?: RecipientsDiffer;
  body?: boolean;
  newBody?: boolean;
  onFailure?: FailureAnswer;
  times?: Partial<Times>;
  stopMs?: number;
  facts?: ClientFacts;
}

export const accepted: Outcome = { action: "accept", reply: null, edits: [] };

/** Servers of a test file, each test with its own; what they were told, logged and counted since the test began. */
export function milterDesk() {
  const desk = {
    folder: "",
    seen: [] as Seen[],
    logged: [] as { level: string; message: string; facts: object }[],
    counted: [] as string[],
  };
  let servers: MilterServer[] = [];
  let signal = new AbortController();

  beforeEach(async () => {
    desk.folder = await mkdtemp(join(tmpdir(), "waybill-milter-"));
    for (const list of [desk.seen, desk.logged, desk.counted]) list.splice(0);
  });
  afterEach(async () => {
    await stopped();
    await rm(desk.folder, { recursive: true, force: true });
  });

  const note =
    (level: string) =>
    (facts: object, message: string): void =>
      void desk.logged.push({ level, message, facts });

  function noting(client: Client, from: string, behaviour: Behaviour): Passage {
    const mail: Seen = { client, from, recipients: [], fields: [], body: "", queueId: null, done: false };
    desk.seen.push(mail);
    return {
      recipient(address) {
        mail.recipients.push(address);
        return behaviour.recipient?.(address) ?? null;
      },
      field(name, value) {
        mail.fields.push([name, value]);
        behaviour.field?.(name, value);
      },
      body(chunk) {
        mail.body += Buffer.from(chunk).toString("latin1");
        behaviour.body?.(chunk);
      },
      abandon: () => behaviour.abandon?.(),
      async end(queueId) {
        mail.queueId = queueId;
        const outcome = (await behaviour.end?.(queueId)) ?? accepted;
        mail.done = true;
        return outcome;
      },
    };
  }

  /** A server whose passages note what they are told and do as `behaviour` says; its address. */
  async function serve(behaviour: Behaviour, setup: Setup = {}): Promise<string | number> {
    const server = await serveMilter(
      {
        endpoint: setup.tcp === true ? { host: "127.0.0.1", port: 0 } : { path: join(desk.folder, "milter.sock") },
        listener: "border",
        open: (client, from) => noting(client, from, behaviour),
        wants: { body: setup.body ?? true, newBody: setup.newBody ?? false },
        recipientsDiffer: setup.recipientsDiffer ?? (() => true),
        facts: setup.facts ?? null,
        onFailure: setup.onFailure ?? "tempfail",
        log: { info: note("info"), warn: note("warn"), error: note("error") },
        counters: { count: (name) => void desk.counted.push(name) },
        times: { packetMs: 60_000, ...setup.times },
        stopMs: setup.stopMs ?? 30_000,
      },
      signal.signal,
    );
    servers.push(server);
    return server.address;
  }

  /** Tells all servers to stop; settles once they have. */
  async function stopped(): Promise<void> {
    signal.abort();
    const all = servers;
    servers = [];
    signal = new AbortController();
    await Promise.all(all.map((server) => server.stopped));
  }

  return Object.assign(desk, { serve, stopped });
}

/** Who the client is. */
export async function greet(mta: Mta): Promise<void> {
  await mta.connect({}, { "{client_addr}": "192.0.2.1" });
  await mta.helo("a.sender.test");
}

/** All of a mail but its end. */
export async function begin(mta: Mta, queueId = "4QX1"): Promise<void> {
  await mta.mail("<alice@sender.test>");
  await mta.recipient("<bob@example.test>");
  await mta.content(["Subject: hi", "From: Alice <alice@sender.test>"], "hello\r\n", queueId);
}

/** A whole mail; its answers, letter and text each, "|" between them. */
export async function send(mta: Mta, queueId?: string): Promise<string> {
  await begin(mta, queueId);
  const answers = await mta.end();
  mta.send(commands.abort);
  return answers.map(({ letter, text }) => `${letter}${text}`).join("|");
}
