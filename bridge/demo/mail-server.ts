// The demo's receiving mail server: smtp-server with STARTTLS, asking clients for their certificates. Every mail goes through
// the very pipeline that the milter uses; what it decides is done as Postfix would.
import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import type { HeaderField } from "../../shared/header/field.ts";
import { splitMessage } from "../../shared/header/split.ts";
import { applyEdits, joinMessage } from "../cli/carry.ts";
import type { Client, OpenPassage, Passage, Reply } from "../pipeline/mail.ts";
import type { TlsIdentity } from "./world.ts";

/** A mail that was taken. */
export interface Delivered {
  readonly recipients: readonly string[];
  readonly raw: Uint8Array;
}

export interface MailServerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly tls: TlsIdentity;
  /** PEM: whose clients' certificates are verified. */
  readonly ca: string;
  /** null: a server without a bridge. */
  readonly open: OpenPassage | null;
  readonly reverse: (address: string) => string | null;
  readonly deliver: (mail: Delivered) => void;
  /** Bugs. */
  readonly fail: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** One mail of the demo is some kB. */
const maxBytes = 1_048_576;

interface Transaction {
  readonly passage: Passage | null;
  readonly recipients: string[];
}

function certificateOf(socket: TLSSocket): Client["certificate"] {
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined) return { state: "none", fingerprint: null, keyFingerprint: null };
  const digest = (data: Buffer): string => createHash("sha256").update(data).digest("base64url");
  const spki = shown.publicKey.export({ format: "der", type: "spki" });
  const state = socket.authorized ? "verified" : "present";
  return { state, fingerprint: digest(shown.raw), keyFingerprint: digest(spki) };
}

/** Key length of the suite, which Node doesn't tell and the name does. */
function bitsOf(suite: string): number | null {
  const length = /_(128|256)_/.exec(suite)?.[1];
  return suite.includes("CHACHA20") ? 256 : length === undefined ? null : Number(length);
}

function tlsOf(socket: TLSSocket): Client["tls"] {
  const { standardName } = socket.getCipher();
  const version = socket.getProtocol();
  return version === null ? null : { version, cipher: standardName, bits: bitsOf(standardName) };
}

/** Postfix' wording (smtpd_tls_received_header = yes). RFC 5321 section 4.4. */
function receivedField(client: Client, hostname: string, queueId: string, at: Date): HeaderField {
  const { tls, helo, rdns, address, protocol } = client;
  const secure =
    tls === null ? "" : `\r\n\t(using ${tls.version} with cipher ${tls.cipher ?? "?"} (${tls.bits ?? "?"} bits))`;
  const from = `from ${helo ?? "unknown"} (${rdns ?? "unknown"} [${address ?? ""}])${secure}`;
  const date = at.toUTCString().replace("GMT", "+0000");
  return {
    name: "Received",
    value: ` ${from}\r\n\tby ${hostname} (Waybill demo) with ${protocol ?? "ESMTP"} id ${queueId};\r\n\t${date}`,
  };
}

function smtpError({ code, enhanced, text }: Reply): Error {
  return Object.assign(new Error(`${enhanced} ${text}`), { responseCode: code });
}

async function readAll(stream: SMTPServerDataStream): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return new Uint8Array(Buffer.concat(pieces));
}

/** Starts it; settles once it listens. `stopped` settles when it has closed after the signal. */
export async function startMailServer(options: MailServerOptions): Promise<{ readonly stopped: Promise<void> }> {
  const { hostname, tls, ca, open, signal } = options;
  const secured = new Map<string, Pick<Client, "tls" | "certificate">>();
  const transactions = new Map<string, Transaction>();

  function clientOf(session: SMTPServerSession): Client {
    return {
      listener: "border",
      address: session.remoteAddress,
      port: session.remotePort,
      rdns: options.reverse(session.remoteAddress),
      helo: session.hostNameAppearsAs,
      ...(secured.get(session.id) ?? { tls: null, certificate: null }),
      login: null,
      protocol: session.transmissionType,
    };
  }

  async function take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<Reply | null> {
    const raw = await readAll(stream);
    const transaction = transactions.get(session.id);
    transactions.delete(session.id);
    if (transaction === undefined || stream.sizeExceeded) return { code: 552, enhanced: "5.3.4", text: "too large" };
    const message = splitMessage(raw);
    if (!message.ok) return { code: 554, enhanced: "5.6.0", text: message.code };
    const { fields, body } = message.value;
    const { passage, recipients } = transaction;
    const queueId = randomBytes(6).toString("hex").toUpperCase();
    for (const { name, value } of fields) passage?.field(name, value);
    passage?.body(body);
    const outcome = (await passage?.end(queueId)) ?? { action: "accept", reply: null, edits: [] };
    if (outcome.action === "reject" || outcome.action === "tempfail") {
      return outcome.reply ?? { code: outcome.action === "reject" ? 550 : 451, enhanced: "4.7.1", text: "refused" };
    }
    const received = receivedField(clientOf(session), hostname, queueId, new Date());
    const header = applyEdits([received, ...fields], outcome.edits);
    options.deliver({ recipients, raw: joinMessage({ fields: header, body }) });
    return null;
  }

  const server = new SMTPServer({
    name: hostname,
    secure: false,
    key: tls.key,
    cert: tls.certificate,
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    authOptional: true,
    disabledCommands: ["AUTH"],
    disableReverseLookup: true,
    size: maxBytes,
    closeTimeout: 1_000,
    logger: false,
    onSecure(socket: Socket | TLSSocket, session, done) {
      if (socket instanceof TLSSocket) {
        secured.set(session.id, { tls: tlsOf(socket), certificate: certificateOf(socket) });
      }
      done();
    },
    onMailFrom(address, session, done) {
      const passage = open === null ? null : open(clientOf(session), address.address);
      transactions.set(session.id, { passage, recipients: [] });
      done();
    },
    onRcptTo(address, session, done) {
      const transaction = transactions.get(session.id);
      const answer = async (): Promise<void> => {
        const reply = (await transaction?.passage?.recipient(address.address)) ?? null;
        if (reply !== null) return done(smtpError(reply));
        transaction?.recipients.push(address.address);
        done();
      };
      answer().catch(options.fail);
    },
    onData(stream, session, done) {
      const answer = async (): Promise<void> => {
        const reply = await take(stream, session).catch((error: unknown): Reply => {
          options.fail(error);
          return { code: 451, enhanced: "4.3.0", text: "the bridge failed" };
        });
        done(reply === null ? null : smtpError(reply));
      };
      answer().catch(options.fail);
    },
    onClose(session) {
      secured.delete(session.id);
      transactions.delete(session.id);
    },
  });
  server.on("error", options.fail);
  await new Promise<void>((resolve, reject) => {
    server.server.once("error", reject);
    server.listen(options.port, "127.0.0.1", () => resolve());
  });
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => server.close(() => resolve()), { once: true });
  return { stopped };
}
