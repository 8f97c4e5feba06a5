// An SMTP client that says at which step an answer came, and that never takes silence for an answer. (smtp-source sends one
// mail over and over: which of them came, and which came twice, it can't tell.)
import { connect, type Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";
import type { SoakMail } from "./mails.ts";

/** The answer that decided over a mail. `step`: "connect", "HELO", "MAIL", "RCPT", "DATA", or "end" for the dot. */
export interface Answer {
  readonly step: string;
  readonly code: number;
  readonly text: string;
  /** Since when the mail's content had been asked for, monotonic ms; null where it was not. */
  readonly contentMs: number | null;
}

/** One session with the MTA; strictly one command after the other. */
export class SmtpSession {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = createInterface({ input: socket });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Connects and greets; an Answer where the MTA does not want to. */
  static async open(port: number): Promise<SmtpSession | Answer> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const session = new SmtpSession(socket);
    socket.on("error", () => socket.destroy());
    const hello = await session.#answer("connect");
    if (hello.code !== 220) return session.#left(hello);
    const greeted = await session.#say("HELO", "EHLO client.sender.test");
    return greeted.code === 250 ? session : session.#left(greeted);
  }

  /** Hands one mail over: the first answer that is not as hoped for, or the last one. Throws where the session breaks. */
  async send(mail: SoakMail): Promise<Answer> {
    const from = await this.#say("MAIL", `MAIL FROM:<${mail.from}>`);
    if (from.code !== 250) return from;
    const to = await this.#say("RCPT", `RCPT TO:<${mail.to}>`);
    if (to.code !== 250) return to;
    const data = await this.#say("DATA", "DATA");
    if (data.code !== 354) return data;
    const contentMs = performance.now();
    // No line of ours begins with a dot.
    this.#socket.write(mail.raw);
    return { ...(await this.#say("end", ".")), contentMs };
  }

  close(): void {
    this.#reader.close();
    this.#socket.end("QUIT\r\n");
    this.#socket.destroySoon();
  }

  #left(answer: Answer): Answer {
    this.close();
    return answer;
  }

  async #say(step: string, line: string): Promise<Answer> {
    this.#socket.write(`${line}\r\n`);
    return this.#answer(step);
  }

  async #answer(step: string): Promise<Answer> {
    for (;;) {
      const line = await this.#lines.next();
      if (line.done === true) throw new Error(`the MTA hung up at ${step}`);
      if (line.value[3] !== "-")
        return { step, code: Number(line.value.slice(0, 3)), text: line.value.slice(4), contentMs: null };
    }
  }
}
