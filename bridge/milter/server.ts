// Listens for MTAs that speak the milter protocol, on a UNIX socket or TCP, and stops without losing what is under way.
import { createServer, type Socket } from "node:net";
import { limits } from "../../shared/limits.ts";
import { listenOn, type Place } from "../endpoint/listen.ts";
import type { ClientFacts } from "../pipeline/client-facts.ts";
import type { Listener, OpenPassage } from "../pipeline/mail.ts";
import type { Counters, Log } from "../pipeline/ports.ts";
import type { FailureAnswer } from "./answer.ts";
import { Connection, type ConnectionDeps, type Times } from "./connection.ts";
import { Gathering } from "./gathering.ts";
import { Rest, threadLoop } from "./rest.ts";
import { Negotiations, type Wants } from "./negotiate.ts";
import { RecipientAnswers, type RecipientsDiffer } from "./recipient-answers.ts";

/** One listener. */
export interface MilterOptions {
  readonly endpoint: Place;
  readonly listener: Listener;
  readonly open: OpenPassage;
  readonly wants: Omit<Wants, "recipients">;
  /** Whether one recipient of a mail may have to be refused and another not. */
  readonly recipientsDiffer: RecipientsDiffer;
  /** What the policy service learnt of the clients; null where it runs in another process. */
  readonly facts: ClientFacts | null;
  readonly onFailure: FailureAnswer;
  readonly log: Log;
  readonly counters: Counters;
  readonly times?: Partial<Times>;
  /** After the stop: how long mails under way may take until their connections are cut, ms. */
  readonly stopMs?: number;
}

/** A listener at work. */
export interface MilterServer {
  /** The socket's path, or the TCP port (chosen by the system where 0 was asked for). */
  readonly address: string | number;
  /** Settles once all connections are gone, after the signal. */
  readonly stopped: Promise<void>;
}

const defaultTimes: Times = { packetMs: 60_000, idleMs: 7_210_000, progressMs: 5_000, answerMs: 240_000 };
const defaultStopMs = 30_000;
const tickMs = 500;

/** Starts listening; stops by the signal. Throws where the address cannot be listened on. */
export async function serveMilter(options: MilterOptions, signal: AbortSignal): Promise<MilterServer> {
  const connections = new Map<Socket, Connection>();
  const gathering = new Gathering();
  const rest = new Rest(threadLoop());
  const deps: ConnectionDeps = {
    listener: options.listener,
    negotiations: new Negotiations("path" in options.endpoint ? "unix" : "tcp", options.wants),
    recipients: new RecipientAnswers(options.recipientsDiffer),
    open: options.open,
    facts: options.facts,
    onFailure: options.onFailure,
    log: options.log,
    counters: options.counters,
    times: { ...defaultTimes, ...options.times },
    gathering,
  };
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new Connection(socket, deps, performance.now());
    connections.set(socket, connection);
    socket.on("data", (chunk) => {
      rest.heard(connections.size);
      connection.receive(chunk, performance.now());
    });
    socket.on("error", (error) => options.log.info({ code: error.message }, "milter connection broke off"));
    socket.on("close", () => {
      connections.delete(socket);
      connection.closed();
    });
  });
  server.maxConnections = limits.milterConnections;
  server.on("drop", () => options.log.warn({ limit: limits.milterConnections }, "too many milter connections"));
  const address = await listenOn(server, options.endpoint);
  const timer = setInterval(() => {
    const nowMs = performance.now();
    for (const connection of connections.values()) connection.tick(nowMs);
  }, tickMs);
  const stopped = new Promise<void>((resolve) => {
    const stop = (): void => {
      const cut = setTimeout(() => {
        for (const socket of connections.keys()) socket.destroy();
      }, options.stopMs ?? defaultStopMs);
      server.close(() => {
        clearInterval(timer);
        clearTimeout(cut);
        resolve();
      });
      afterLook(() => {
        for (const connection of connections.values()) connection.stop();
      });
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  return { address, stopped };
}

/** Calls once everything has been read that is in the sockets by now: an MTA may have begun a mail that nobody has seen yet. */
function afterLook(job: () => void): void {
  // The first ends the turn under way, the second one that has looked at every socket.
  setImmediate(() => setImmediate(job));
}
