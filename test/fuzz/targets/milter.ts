// The milter protocol as a state machine: the real server with the real pipeline behind a UNIX socket, and an MTA that does
// what it likes. What the pipeline was told and what came back is compared with milter-model.ts's slow reading of the octets
// that were sent; a second MTA's mail is under way on the same server all the time.
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { formatConnect, formatMacros, formatOptions } from "../../../bridge/milter/codec.ts";
import { formatPacket } from "../../../bridge/milter/packet.ts";
import { commands } from "../../../bridge/milter/protocol.ts";
import { serveMilter } from "../../../bridge/milter/server.ts";
import { createInbound } from "../../../bridge/pipeline/inbound.ts";
import type { HeaderEdit, Passage } from "../../../bridge/pipeline/mail.ts";
import type { HeaderField } from "../../../shared/header/field.ts";
import { Mta } from "../../bridge/milter/mta.ts";
import { applyEdits, hopsOf, makeDesk } from "../../bridge/pipeline/desk.ts";
import { makeIdentity, testRecord } from "../../fakes/mail.ts";
import { byteString, holds, octetsOf, type Target } from "../target.ts";
import { type Answered, readAnswers, readScript, type Heard } from "./milter-model.ts";

const alice = await makeIdentity("alice@example.org");
const desk = makeDesk({ records: { "example.org": testRecord() }, published: [alice] });
const open = createInbound(desk.deps);
/** Where its socket is. */
export const milterFolder = mkdtempSync(join(tmpdir(), "waybill-fuzz-milter-"));
process.once("exit", () => rmSync(milterFolder, { recursive: true, force: true }));

/** Whose mail is whose: the well-behaved MTA's has this sender. */
const wellBehaved = "steady@example.org";
const syncRecipient = "sync@example.net";
const syncReply = { code: 450, enhanced: "4.0.0", text: "in sync" };
let heard: Heard[] = [];

/** A passage of the real pipeline that notes what it is told. */
function noted(passage: Passage, from: string): Passage {
  if (from === wellBehaved) return passage;
  const mail: Heard = { from, recipients: [], fields: [], body: "", ended: false };
  heard.push(mail);
  return {
    recipient(address) {
      if (address === syncRecipient) return syncReply;
      mail.recipients.push(address);
      return passage.recipient(address);
    },
    field(name, value) {
      mail.fields.push({ name, value });
      passage.field(name, value);
    },
    body(chunk) {
      mail.body += byteString(chunk);
      passage.body(chunk);
    },
    end(queueId) {
      mail.ended = true;
      return passage.end(queueId);
    },
  };
}

const broken: string[] = [];
const server = await serveMilter(
  {
    endpoint: { path: join(milterFolder, "milter.sock") },
    listener: "border",
    open: (client, from) => noted(open(client, from), from),
    wants: { body: true },
    recipientsDiffer: () => true,
    facts: null,
    onFailure: "tempfail",
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (facts) =>
        void broken.push(JSON.stringify(facts, (_, value: unknown) => (value instanceof Error ? value.stack : value))),
    },
    counters: { count: () => undefined },
  },
  new AbortController().signal,
);

/** Where the server listens. */
export const milterPath = String(server.address);

/** Octets as one connection's other end writes them, and what it gets. */
class Peer {
  readonly socket: Socket;
  sent = "";
  got = "";
  readonly closed: Promise<void>;
  #told: (() => void)[] = [];
  isClosed = false;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on("data", (chunk) => {
      this.got += chunk.toString("latin1");
      this.#tell();
    });
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on("close", () => {
        this.isClosed = true;
        this.#tell();
        resolve();
      });
    });
  }

  #tell(): void {
    for (const tell of this.#told.splice(0)) tell();
  }

  write(octets: string): void {
    if (this.isClosed || this.socket.writableEnded) return;
    this.sent += octets;
    this.socket.write(octets, "latin1");
  }

  /** Until `done` holds, or the server has closed. */
  async until(done: () => boolean): Promise<void> {
    while (!done() && !this.isClosed) await new Promise<void>((tell) => this.#told.push(tell));
  }
}

const offer = (steps: number, actions: number, version: number): string =>
  formatPacket(commands.negotiate, formatOptions({ version, actions, steps, macros: [] }));

/** Good payloads, by command. */
const canned: Readonly<Record<string, readonly string[]>> = {
  O: [0x1fffff, 0, 0x1ff].map((steps) => formatOptions({ version: 6, actions: 0x1ff, steps, macros: [] })),
  C: [formatConnect({ host: "a.example", family: "4", port: 4_000, address: "192.0.2.1" }), "x\0U"],
  H: ["mail.example.org\0"],
  M: ["<alice@example.org>\0", "<>\0SIZE=5\0BODY=8BITMIME\0", "<\xc3\xa9@\xc3\xa9.example>\0"],
  R: ["<bob@example.net>\0", "<carol@example.net>\0NOTIFY=NEVER\0"],
  T: [""],
  L: [
    "From\0 Alice <alice@example.org>\0",
    "Hop-Signal\0 v=1; b=AA\0",
    "Authentication-Results\0 mx1.example.net; dkim=pass\0",
    "Subject \0a\n\tb\0",
  ],
  N: [""],
  B: ["hello\r\n", "x".repeat(5_000)],
  E: ["", "last\r\n"],
  A: [""],
  Q: [""],
  K: [""],
  U: ["FOO\0"],
  D: [
    "Mi\x004QX1\0",
    "Ci\0\0",
    "L",
    "",
    formatMacros({ command: commands.helo, values: new Map([["{tls_version}", "TLSv1.3"]]) }),
  ],
};
const letters = Object.keys(canned);

/** Writes what the octets of a script say; each step is an octet with its arguments. */
async function perform(script: Uint8Array, peer: Peer): Promise<{ readonly left: boolean }> {
  let at = 0;
  const next = (): number => script[at++] ?? 0;
  const text = (): string => {
    const length = next();
    const piece = byteString(script.subarray(at, at + length));
    at += length;
    return piece;
  };
  while (at < script.length) {
    const step = next();
    const letter = letters[(step >> 4) % letters.length] ?? "O";
    const choices = canned[letter] ?? [""];
    const payload = choices[step % choices.length] ?? "";
    switch (step % 11) {
      case 0:
      case 1:
      case 2:
      case 3:
        peer.write(formatPacket(letter.charCodeAt(0), payload));
        break;
      case 4:
        peer.write(formatPacket(letter.charCodeAt(0), text()));
        break;
      case 5:
        peer.write(text());
        break;
      case 6: {
        // A length that lies.
        const packet = formatPacket(letter.charCodeAt(0), payload);
        const length = (packet.length - 4 + next() - 128) >>> 0;
        peer.write(bigEndian(length) + packet.slice(4));
        break;
      }
      case 7:
        await inPieces(peer, formatPacket(letter.charCodeAt(0), payload), 1 + (next() % 64));
        break;
      case 8:
        await turns(3);
        break;
      case 9:
        // A whole mail, its last piece in the packet that ends it.
        for (const each of ["M", "R", "T", "L", "N", "B", "E"])
          peer.write(formatPacket(each.charCodeAt(0), canned[each]?.[each === "E" ? 1 : 0] ?? ""));
        break;
      default:
        if (next() < 16) return { left: true };
        await turns(1);
    }
  }
  return { left: false };
}

/** Writes pieces of so many octets, or a hundred larger ones, each read before the next is there. */
async function inPieces(peer: Peer, octets: string, size: number): Promise<void> {
  const step = Math.max(size, Math.ceil(octets.length / 100));
  for (let at = 0; at < octets.length; at += step) {
    peer.write(octets.slice(at, at + step));
    await turns(2);
  }
}

function bigEndian(value: number): string {
  return String.fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Each acceptance comes with a seal of ours that holds for the mail as it then stands. */
async function checkSeals(answers: readonly Answered[]): Promise<void> {
  const ended = heard.filter((mail) => mail.ended);
  const ends = answers.filter(({ to }) => to === "end");
  holds(ends.length <= ended.length, "no end is answered that was not one");
  for (const [index, { letter, edits }] of ends.entries()) {
    const mail = ended[index];
    if (letter !== "c" || mail === undefined) continue;
    const fields: HeaderField[] = applyEdits(mail.fields, edits as readonly HeaderEdit[]);
    const own = fields.filter(({ name }) => name.trimEnd().toLowerCase() === "hop-signal");
    holds(own.length === 1 && own[0] === fields[0], "accepted with one Hop-Signal, on top");
    const { verified } = await hopsOf({ fields, body: new Uint8Array(Buffer.from(mail.body, "latin1")) });
    holds(verified.length === 1 && verified[0]?.body === "same", "whose seal holds");
  }
}

let steady: Mta | null = null;

/** A mail of the other MTA, of which half went before the script and half goes after it. */
async function steadyMail(half: "first" | "second"): Promise<void> {
  steady ??= await Mta.open(milterPath);
  if (half === "first") {
    await steady.mail(`<${wellBehaved}>`);
    await steady.recipient("<bob@example.net>");
    return;
  }
  await steady.content(["Subject: steady"], "steady\r\n");
  const answers = await steady.end();
  holds(answers.at(-1)?.letter === "c" && answers.some(({ text }) => text.includes("Hop-Signal")), "others are served");
}

async function run(script: Uint8Array, path: string): Promise<void> {
  heard = [];
  broken.splice(0);
  for (const list of [desk.rows, desk.sightings, desk.keys, desk.counted, desk.logged]) list.splice(0);
  await steadyMail("first");
  const peer = new Peer(path);
  const { left } = await perform(script, peer);
  if (left) {
    peer.socket.destroy();
  } else {
    // Where the stream can still be followed, the server says when it has read all of it.
    const model = readScript(peer.sent);
    if (model.open) {
      peer.write(formatPacket(commands.abort, "") + formatPacket(commands.mail, "<>\0"));
      peer.write(formatPacket(commands.recipient, `<${syncRecipient}>\0`));
      await peer.until(() => peer.got.includes(syncReply.text));
      holds(peer.got.includes(syncReply.text), "a connection that did nothing wrong goes on");
    } else {
      peer.socket.end();
    }
  }
  peer.socket.end();
  await peer.closed;
  const model = readScript(peer.sent);
  const told = heard.filter((mail) => mail.from !== wellBehaved);
  holds(model.matches(told, !left && model.open), `told what was sent: ${JSON.stringify([told, model.mails])}`);
  const answers = readAnswers(peer.got, model.questions);
  if (!left && model.open) holds(answers.length === model.questions.length, "every question has its answer");
  await checkSeals(answers);
  holds(broken.length === 0, `no bug of ours: ${broken[0] ?? ""}`);
  await steadyMail("second");
}

/** An octet whose high part means the letter, and whose rest means one of these kinds of steps. */
function octetFor(letter: string, from: number, kinds: readonly number[]): number {
  for (let octet = from; octet < 256; octet += 1) {
    if (letters[(octet >> 4) % letters.length] === letter && kinds.includes(octet % 11)) return octet;
  }
  return 0;
}

/** A good packet. */
const step = (letter: string, choice: number): number => octetFor(letter, choice, [0, 1, 2, 3]);
/** The same in pieces of as many octets as the next octet says. */
const cut = (letter: string): number => octetFor(letter, 0, [7]);
const mail = ["O", "C", "H", "M", "R", "T", "L", "L", "N", "B", "E"].map((letter) => step(letter, 0));
const others = [9, 8, 4, 5, 6, 10, ...["M", "R", "L", "B", "E"].map(cut)];

/** A milter server at a UNIX socket: `milterPath`, or what stands before it. */
export function milterTarget(name: string, path: string): Target {
  return {
    name,
    seeds: [
      Uint8Array.from(mail),
      Uint8Array.from([...mail, 9, 9]),
      Uint8Array.from([step("O", 0), 9, 8, 9]),
      Uint8Array.from([...mail.slice(0, -1), step("E", 1)]),
      Uint8Array.from([...mail.slice(0, -2), cut("B"), 3, step("E", 0)]),
      octetsOf(offer(0, 0x1ff, 2)),
    ],
    structured: fc
      .array(fc.oneof(fc.constantFrom(...mail), fc.constantFrom(...others), fc.nat(255)), {
        minLength: 1,
        maxLength: 40,
      })
      .map((steps) => Uint8Array.from([step("O", 0), ...steps])),
    maxBytes: 600,
    baseSteps: 100_000,
    stepsPerByte: 20_000,
    run: (script) => run(script, path),
  };
}

export const milterTargets: readonly Target[] = [milterTarget("milter/protocol", milterPath)];
