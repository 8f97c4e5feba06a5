// A small client for Marionette, the remote protocol of Gecko programs: "<length>:<JSON>" over TCP on loopback.
// A command is [0, id, name, parameters], its answer [1, id, error, result].
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

interface Waiting {
  readonly name: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface RemoteError {
  readonly error: string;
  readonly message: string;
  readonly stacktrace?: string;
}

/** One connection to a Gecko program. */
export class Marionette {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #buffer = Buffer.alloc(0);
  #id = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data) => this.#read(data));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("marionette: the connection is closed")));
  }

  /** Connects as soon as the program listens. */
  static async connect(port: number, timeoutMs = 60_000): Promise<Marionette> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const socket = await new Promise<Socket | null>((resolve) => {
        const attempt = connect(port, "127.0.0.1", () => resolve(attempt));
        attempt.once("error", () => resolve(null));
      });
      if (socket !== null) return new Marionette(socket);
      if (Date.now() > end) throw new Error(`marionette: nobody listens on ${port}`);
      await sleep(50);
    }
  }

  /** Sends one command; its result, unwrapped. */
  command(name: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.#id;
    const text = JSON.stringify([0, id, name, parameters]);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { name, resolve, reject });
      this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
  }

  /**
   * Runs a function with the program's own rights, in its chrome. The function travels as source: it sees its
   * arguments (JSON) and the globals of privileged.ts, nothing of its surroundings.
   */
  async chrome<A extends readonly unknown[], R>(run: (...args: A) => R | Promise<R>, ...args: A): Promise<R> {
    const script = `const [args, done] = arguments;
      (async () => (${String(run)})(...args))().then(
        (value) => done({ value: value ?? null }),
        (error) => done({ error: String(error) + "\\n" + (error?.stack ?? "") }));`;
    const answer = (await this.command("WebDriver:ExecuteAsyncScript", {
      script,
      args: [args],
      newSandbox: true,
      scriptTimeout: 60_000,
    })) as { readonly value?: R; readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value as R;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (;;) {
      const colon = this.#buffer.indexOf(":");
      if (colon < 0) return;
      const length = Number(this.#buffer.subarray(0, colon).toString());
      if (this.#buffer.length < colon + 1 + length) return;
      const message: unknown = JSON.parse(this.#buffer.subarray(colon + 1, colon + 1 + length).toString());
      this.#buffer = this.#buffer.subarray(colon + 1 + length);
      if (Array.isArray(message)) this.#answer(message as [number, number, RemoteError | null, unknown]);
    }
  }

  #answer([, id, error, value]: [number, number, RemoteError | null, unknown]): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (error !== null) waiting.reject(new Error(`${waiting.name}: ${error.error}: ${error.message}`));
    else waiting.resolve(isWrapped(value) ? value.value : value);
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function isWrapped(value: unknown): value is { readonly value: unknown } {
  return typeof value === "object" && value !== null && Object.keys(value).join() === "value";
}
