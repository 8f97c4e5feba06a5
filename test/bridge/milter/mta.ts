// A small MTA's end of the milter protocol, to drive a server over a real socket.
import { connect, type Socket } from "node:net";
import {
  type Connect,
  formatConnect,
  formatMacros,
  formatOptions,
  formatStrings,
  type Options,
  parseOptions,
} from "../../../bridge/milter/codec.ts";
import { formatPacket } from "../../../bridge/milter/packet.ts";
import { actions, commands, noReplyStep, steps } from "../../../bridge/milter/protocol.ts";

/** One packet from the filter. */
export interface Answer {
  readonly letter: string;
  readonly text: string;
}

const everything = 0x1fffff;
const allActions = 0x1ff;

/** A connection to a milter. */
export class Mta {
  readonly socket: Socket;
  /** What was agreed. */
  options: Options | null = null;
  #bytes = "";
  #waiting: (() => void)[] = [];
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#bytes += chunk.toString("latin1");
      this.#wake();
    });
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
    socket.on("error", () => undefined);
  }

  /**
   * Connects, without a word. `address`: a socket's path or a TCP port of this host. `deaf`: like an MTA between answers it
   * does not notice by itself that its peer has gone.
   */
  static async dial(address: string | number, deaf = false): Promise<Mta> {
    const place = typeof address === "string" ? { path: address } : { port: address, host: "127.0.0.1" };
    const socket = connect({ ...place, allowHalfOpen: deaf });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new Mta(socket);
  }

  /** Connects and negotiates with everything offered, or less. */
  static async open(address: string | number, offer: Partial<Options> = {}, deaf = false): Promise<Mta> {
    const mta = await Mta.dial(address, deaf);
    mta.send(
      commands.negotiate,
      formatOptions({ version: 6, actions: allActions, steps: everything, macros: [], ...offer }),
    );
    const answer = await mta.answer();
    if (answer.letter !== "O") throw new Error(`negotiation answered by ${answer.letter}`);
    const options = parseOptions(answer.text);
    if (!options.ok) throw new Error(options.detail);
    mta.options = options.value;
    return mta;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Writes octets as they are. */
  raw(bytes: string): void {
    this.socket.write(bytes, "latin1");
  }

  /** Writes one packet. */
  send(command: number, payload = ""): void {
    this.raw(formatPacket(command, payload));
  }

  macros(command: number, values: Record<string, string>): void {
    this.send(commands.macros, formatMacros({ command, values: new Map(Object.entries(values)) }));
  }

  /** The next packet of the filter. Throws when the connection ends first. */
  async answer(): Promise<Answer> {
    for (;;) {
      if (this.#bytes.length >= 4) {
        const length = Buffer.from(this.#bytes.slice(0, 4), "latin1").readUInt32BE();
        if (this.#bytes.length >= 4 + length) {
          const letter = this.#bytes.charAt(4);
          const text = this.#bytes.slice(5, 4 + length);
          this.#bytes = this.#bytes.slice(4 + length);
          return { letter, text };
        }
      }
      if (this.closed) throw new Error("the filter closed the connection");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Settles when the filter has closed the connection. */
  async ended(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Sends a command and waits for its answer where one was agreed on; null where not. */
  async ask(command: number, payload = ""): Promise<Answer | null> {
    this.send(command, payload);
    const step = noReplyStep.get(command) ?? 0;
    return ((this.options?.steps ?? 0) & step) !== 0 ? null : await this.answer();
  }

  async connect(client: Partial<Connect> = {}, macros: Record<string, string> = {}): Promise<Answer | null> {
    this.macros(commands.connect, macros);
    return await this.ask(
      commands.connect,
      formatConnect({ host: "a.sender.test", family: "4", port: 40_000, address: "192.0.2.1", ...client }),
    );
  }

  async helo(name: string, macros: Record<string, string> = {}): Promise<Answer | null> {
    this.macros(commands.helo, macros);
    return await this.ask(commands.helo, formatStrings([name]));
  }

  async mail(from: string, ...mailArguments: string[]): Promise<Answer | null> {
    return await this.ask(commands.mail, formatStrings([from, ...mailArguments]));
  }

  async recipient(to: string): Promise<Answer | null> {
    return await this.ask(commands.recipient, formatStrings([to]));
  }

  /** DATA, header fields ("Name: value" each, value with its leading space as agreed) and body; no end yet. */
  async content(fields: readonly string[], body: string, queueId = "4QX1"): Promise<void> {
    this.macros(commands.data, { i: queueId });
    await this.ask(commands.data);
    for (const field of fields) {
      const colon = field.indexOf(":");
      const spaced = ((this.options?.steps ?? 0) & steps.headerLeadingSpace) !== 0;
      const value = field.slice(colon + 1);
      const payload = formatStrings([field.slice(0, colon), spaced ? value : value.trimStart()]);
      await this.ask(commands.header, payload);
    }
    if (body !== "" && ((this.options?.steps ?? 0) & steps.noBody) === 0) await this.ask(commands.body, body);
  }

  /** The end of a message: every answer up to the last word. */
  async end(): Promise<Answer[]> {
    this.send(commands.endOfMessage);
    const answers: Answer[] = [];
    for (;;) {
      const answer = await this.answer();
      answers.push(answer);
      if (!"himpbq".includes(answer.letter)) return answers;
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** All actions an MTA may offer. */
export const offeredActions = {
  all: allActions,
  none: 0,
  withoutChanges: allActions & ~actions.changeHeaders,
} as const;
