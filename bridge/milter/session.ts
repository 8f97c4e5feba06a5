// What one milter connection has told about the SMTP client behind it, and the Client made of it for a mail.
import { type ClientCertificate, type ClientFacts, untaggedAddress } from "../pipeline/client-facts.ts";
import type { Client, Listener } from "../pipeline/mail.ts";
import { ianaCipherName } from "../../shared/tls/ciphers.ts";
import type { Connect, Macros } from "./codec.ts";
import { commands } from "./protocol.ts";

/** A Client whose certificate is looked up when it is asked for. A class: objects with a getter of their own are slow. */
class MilterClient implements Client {
  readonly listener: Listener;
  readonly address: string | null;
  readonly port: number | null;
  readonly rdns: string | null;
  readonly helo: string | null;
  readonly tls: Client["tls"];
  readonly login: string | null;
  readonly protocol: string | null;
  readonly #find: () => ClientCertificate | null;

  constructor(known: Omit<Client, "certificate">, find: () => ClientCertificate | null) {
    this.listener = known.listener;
    this.address = known.address;
    this.port = known.port;
    this.rdns = known.rdns;
    this.helo = known.helo;
    this.tls = known.tls;
    this.login = known.login;
    this.protocol = known.protocol;
    this.#find = find;
  }

  get certificate(): ClientCertificate | null {
    return this.#find();
  }
}

/** Where a client's macros may stand, the latest word first; the queue id; all that a mail's end makes void. */
const clientStages = [commands.mail, commands.helo, commands.connect];
const queueIdStages = [commands.endOfMessage, commands.data, commands.mail];
const mailStages = [commands.mail, commands.data, commands.endOfMessage];

/** The SMTP session so far. A second HELO (after STARTTLS, RFC 3207 section 4.2) replaces the first with its macros. */
export class SmtpSession {
  #connect: Connect | null = null;
  #helo: string | null = null;
  /** Macros by the command they came with; a command's new set replaces its old one. */
  readonly #macros = new Map<number, ReadonlyMap<string, string>>();

  connected(connect: Connect): void {
    this.#connect = connect;
    this.#helo = null;
  }

  greeted(name: string): void {
    this.#helo = name;
  }

  define({ command, values }: Macros): void {
    this.#macros.set(command, values);
  }

  /** The connection will be used for another client (SMFIC_QUIT_NC). */
  reset(): void {
    this.#connect = null;
    this.#helo = null;
    this.#macros.clear();
  }

  /** A mail is over: what was told with it is, too. */
  endMail(): void {
    for (const command of mailStages) this.#macros.delete(command);
  }

  /** The queue id, which MTAs tell with DATA at the latest; null before. */
  get queueId(): string | null {
    return this.#macro("i", queueIdStages);
  }

  /** The client of the mail that begins. `mailArguments`: what followed the address in MAIL FROM. */
  client(listener: Listener, mailArguments: readonly string[], facts: ClientFacts | null): Client {
    const tls = this.#tls();
    const login = this.#macro("{auth_authen}");
    const address = this.#address();
    const port = this.#port("{client_port}") ?? (this.#connect?.port || null);
    const serverAddress = this.#macro("{daemon_addr}");
    const serverPort = this.#port("{daemon_port}");
    const named = this.#macro("{cert_subject}") !== null || this.#macro("{cert_issuer}") !== null;
    const known = {
      listener,
      address,
      port,
      rdns: this.#reverseName(),
      helo: this.#helo,
      tls,
      login,
      protocol: protocolOf(tls !== null, login !== null, mailArguments),
    };
    return new MilterClient(known, () => {
      if (tls === null) return null;
      const found =
        facts !== null && address !== null && port !== null && serverAddress !== null && serverPort !== null
          ? facts.find({ clientAddress: address, clientPort: port, serverAddress, serverPort })
          : null;
      if (found !== null) return found;
      // Postfix names a certificate's subject and issuer to milters only once it has verified it.
      return named ? { state: "verified", fingerprint: null, keyFingerprint: null } : null;
    });
  }

  #macro(name: string, stages = clientStages): string | null {
    for (const command of stages) {
      const value = this.#macros.get(command)?.get(name);
      if (value !== undefined && value !== "") return value;
    }
    return null;
  }

  #port(name: string): number | null {
    const text = this.#macro(name);
    return text !== null && /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : null;
  }

  #address(): string | null {
    const connect = this.#connect;
    if (connect === null || connect.address === null || connect.family === "L") return null;
    return untaggedAddress(connect.address);
  }

  /** The name the client's address has and that leads back to it; an MTA without one says "[192.0.2.1]" or "unknown". */
  #reverseName(): string | null {
    const host = this.#connect?.host ?? "";
    const resolve = this.#macro("{client_resolve}");
    if (host === "" || host === "unknown" || host.startsWith("[")) return null;
    return resolve === null || resolve === "OK" ? host : null;
  }

  #tls(): Client["tls"] {
    const version = this.#macro("{tls_version}");
    if (version === null) return null;
    const cipher = this.#macro("{cipher}");
    const bits = this.#macro("{cipher_bits}");
    return {
      version,
      cipher: cipher === null ? null : (ianaCipherName(cipher) ?? cipher),
      bits: bits !== null && /^[0-9]{1,5}$/.test(bits) ? Number(bits) : null,
    };
  }
}

/**
 * The "with" of this session (RFC 3848; RFC 6531 section 4.3). STARTTLS, AUTH and arguments of MAIL only exist in ESMTP
 * (RFC 3207, RFC 4954, RFC 5321 section 4.1.1.2); where none of them was used it cannot be known: null.
 */
function protocolOf(tls: boolean, login: boolean, mailArguments: readonly string[]): string | null {
  if (!tls && !login && mailArguments.length === 0) return null;
  const utf8 = mailArguments.some((argument) => argument.toUpperCase() === "SMTPUTF8");
  return `${utf8 ? "UTF8SMTP" : "ESMTP"}${tls ? "S" : ""}${login ? "A" : ""}`;
}
