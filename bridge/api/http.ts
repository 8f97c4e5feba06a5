// Gives the application a socket: plain HTTP behind a reverse proxy, or https itself. Every wait has an end, so that no
// client that trickles its request (slow-loris) keeps a connection, and no network has more than its share of them.
import type { IncomingMessage, ServerOptions, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { Hono } from "hono";
import { createServer, createTlsServer } from "../endpoint/node-http.ts";
import { hangUpOnCrowds } from "./crowds.ts";

/** Where and how to listen. */
export interface HttpSettings {
  /** Asked for at the first request: a bridge that only filters mail never loads it. */
  readonly app: () => Promise<Hono>;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** PEM; without it plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly signal: AbortSignal;
  /** Addresses of reverse proxies, beside loopback: all clients come through them. */
  readonly proxies?: readonly string[];
  /** Shorter ones are for tests. */
  readonly timeouts?: HttpTimeouts;
}

/** How long clients may take, ms. */
export interface HttpTimeouts {
  /** From the first octet to the end of the header section. */
  readonly headersMs: number;
  /** To the end of the whole request. */
  readonly requestMs: number;
  /** Without a word: an idle connection, a TLS handshake. */
  readonly idleMs: number;
}

/** A listening server. */
export interface HttpListener {
  /** As reached from this machine. */
  readonly url: string;
  readonly port: number;
  /** New key and certificate for connections from now on. */
  renew(tls: { readonly key: string; readonly cert: string }): void;
  /** Settles when all connections have ended after `signal` aborted. */
  readonly closed: Promise<void>;
}

const usualTimeouts: HttpTimeouts = { headersMs: 10_000, requestMs: 20_000, idleMs: 30_000 };
/** Octets of a header section: a signed report's is some 1,500. */
const maxHeaderBytes = 16_384;
const maxConnections = 2_000;
/** Requests of one connection. All that a client sends in one go are worked on at once, and their answers kept until read. */
const maxRequestsPerConnection = 100;
/** Requests under way may end within this after a stop, ms. */
const graceMs = 5_000;

type Answering = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<unknown>;

/** Hands requests to the application, which the first of them loads. */
function answering(app: HttpSettings["app"]): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const load = async (): Promise<Answering> => {
    const [{ getRequestListener }, { fetch }] = await Promise.all([import("@hono/node-server"), app()]);
    const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
    return (incoming, outgoing) => listener(incoming, outgoing);
  };
  let loaded: Promise<Answering> | null = null;
  return (incoming, outgoing) => {
    loaded ??= load().catch((error: unknown) => {
      // The next request tries again: what could not be read may be there by then.
      loaded = null;
      throw error;
    });
    loaded.then((listener) => listener(incoming, outgoing)).catch(() => outgoing.destroy());
  };
}

/** Listens until `signal` aborts. Rejects when the address cannot be had. */
export async function startHttp(settings: HttpSettings): Promise<HttpListener> {
  const { app, host, port, tls, signal } = settings;
  const { headersMs, requestMs, idleMs } = settings.timeouts ?? usualTimeouts;
  const serverOptions: ServerOptions = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    // Node looks for late ones only so often; by default every 30 s.
    connectionsCheckingInterval: Math.min(1_000, headersMs / 2),
    keepAliveTimeout: 5_000,
    maxHeaderSize: maxHeaderBytes,
  };
  const answer = answering(app);
  const server =
    tls === undefined
      ? createServer(serverOptions, answer)
      : createTlsServer({ ...serverOptions, ...tls, minVersion: "TLSv1.2", handshakeTimeout: headersMs }, answer);
  server.maxConnections = maxConnections;
  // Node's own default is none, and it sets that after each request: who asks much and reads nothing stayed for ever.
  server.timeout = idleMs;
  server.maxRequestsPerSocket = maxRequestsPerConnection;
  server.on("connection", hangUpOnCrowds(settings.proxies ?? []));
  server.on("connection", (socket: Socket) => socket.setTimeout(idleMs, () => socket.destroy()));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  function stop(): void {
    // Those that are busy now are idle once they have their answer.
    const sweeping = setInterval(() => server.closeIdleConnections(), 100);
    server.close(() => {
      clearInterval(sweeping);
      resolve();
    });
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), graceMs).unref();
  }
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  const bound = server.address() as AddressInfo;
  const shownHost = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return {
    url: `${tls === undefined ? "http" : "https"}://${shownHost}:${bound.port}`,
    port: bound.port,
    renew(next) {
      if (server instanceof TlsServer) server.setSecureContext({ ...next, minVersion: "TLSv1.2" });
    },
    closed,
  };
}
