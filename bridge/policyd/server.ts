// Postfix' policy service (check_policy_service): asked at RCPT, DATA and the end of each mail, answers by rules.ts. A peer
// that breaks the protocol is cut; Postfix then answers as smtpd_policy_service_default_action says.
import { createServer, type Socket } from "node:net";
import { limits } from "../../shared/limits.ts";
import { listenOn, type Place } from "../endpoint/listen.ts";
import type { Counters, Log } from "../pipeline/ports.ts";
import { PolicyRequestReader } from "./request.ts";
import { decide, formatAction, type PolicyRule } from "./rules.ts";

/** One policy service. */
export interface PolicydOptions {
  readonly endpoint: Place;
  /** Asked in order. */
  readonly rules: readonly PolicyRule[];
  readonly log: Log;
  readonly counters: Counters;
  readonly times?: Partial<PolicydTimes>;
}

/** How long a peer may take, ms. */
export interface PolicydTimes {
  /** For one request, from its first octet to its last. */
  readonly requestMs: number;
  /** Between requests: Postfix closes after smtpd_policy_service_max_idle, 300 s. */
  readonly idleMs: number;
}

/** A service at work. */
export interface PolicydServer {
  /** The socket's path, or the TCP port. */
  readonly address: string | number;
  /** Settles once all connections are gone, after the signal. */
  readonly stopped: Promise<void>;
}

const defaultTimes: PolicydTimes = { requestMs: 10_000, idleMs: 1_200_000 };
const tickMs = 1_000;

/** One connection: requests strictly in order. Milliseconds never go back, whoever sets the clock. */
class PolicydConnection {
  readonly #socket: Socket;
  readonly #options: PolicydOptions;
  readonly #reader = new PolicyRequestReader();
  #working = false;
  #stopping = false;
  #lastMs: number;

  constructor(socket: Socket, options: PolicydOptions, nowMs: number) {
    this.#socket = socket;
    this.#options = options;
    this.#lastMs = nowMs;
  }

  receive(chunk: Buffer, nowMs: number): void {
    if (!this.#reader.partial) this.#lastMs = nowMs;
    this.#reader.push(chunk);
    void this.#run();
  }

  tick(nowMs: number, times: PolicydTimes): void {
    const allowedMs = this.#reader.partial ? times.requestMs : times.idleMs;
    if (!this.#working && nowMs - this.#lastMs >= allowedMs) this.#cut("policyd/timeout");
  }

  /** Ends the connection now, or once what was asked has its answer. */
  stop(): void {
    this.#stopping = true;
    if (!this.#working && !this.#reader.partial) this.#socket.end();
  }

  async #run(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    this.#socket.pause();
    try {
      for (let request = this.#reader.next(); request !== null; request = this.#reader.next()) {
        if (!request.ok) return this.#cut(request.code);
        this.#lastMs = performance.now();
        if (this.#socket.writableLength > limits.policydUnreadBytes) return this.#cut("policyd/unread");
        this.#socket.write(formatAction(await decide(this.#options.rules, request.value)), "latin1");
      }
    } catch (error) {
      // A bug of ours: Postfix sees a broken connection and does as its default action says.
      this.#options.counters.count("failures", { where: "policyd" });
      this.#options.log.error({ err: error }, "a policy request could not be answered");
      this.#socket.destroy();
    } finally {
      this.#working = false;
      this.#socket.resume();
      if (this.#stopping) this.stop();
    }
  }

  #cut(code: string): void {
    this.#options.log.warn({ code }, "policy client broke the protocol");
    this.#socket.destroy();
  }
}

/** Starts listening; stops by the signal: connections end with their answers, as Postfix opens new ones by itself. */
export async function servePolicy(options: PolicydOptions, signal: AbortSignal): Promise<PolicydServer> {
  const times = { ...defaultTimes, ...options.times };
  const connections = new Map<Socket, PolicydConnection>();
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new PolicydConnection(socket, options, performance.now());
    connections.set(socket, connection);
    socket.on("data", (chunk) => connection.receive(chunk, performance.now()));
    socket.on("error", (error) => options.log.info({ code: error.message }, "policy connection broke off"));
    socket.on("close", () => connections.delete(socket));
  });
  server.maxConnections = limits.policydConnections;
  server.on("drop", () => options.log.warn({ limit: limits.policydConnections }, "too many policy connections"));
  const address = await listenOn(server, options.endpoint);
  const timer = setInterval(() => {
    for (const connection of connections.values()) connection.tick(performance.now(), times);
  }, tickMs);
  const stopped = new Promise<void>((resolve) => {
    const stop = (): void => {
      server.close(() => {
        clearInterval(timer);
        resolve();
      });
      for (const connection of connections.values()) connection.stop();
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  return { address, stopped };
}
