// Gives the application a socket: plain HTTP behind a reverse proxy, or https itself. Every wait has an end, so that no
// client that trickles its request (slow-loris) keeps a connection, and no network has more than its share of them.
import { createServer, type ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { hangUpOnCrowds } from "./crowds.ts";

/** Where and how to listen. */
export interface HttpSettings {
  readonly app: Hono;
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
  const server =
    tls === undefined
      ? createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false, createServer, serverOptions })
      : createAdaptorServer({
          fetch: app.fetch,
          overrideGlobalObjects: false,
          createServer: createTlsServer,
          serverOptions: { ...serverOptions, ...tls, minVersion: "TLSv1.2", handshakeTimeout: headersMs },
        });
  server.maxConnections = maxConnections;
  // Node's own default is none, and it sets that after each request: who asks much and reads nothing stayed for ever.
  if ("timeout" in server) server.timeout = idleMs;
  if ("maxRequestsPerSocket" in server) server.maxRequestsPerSocket = maxRequestsPerConnection;
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
    server.close(() => resolve());
    if ("closeIdleConnections" in server) server.closeIdleConnections();
    setTimeout(() => {
      if ("closeAllConnections" in server) server.closeAllConnections();
    }, graceMs).unref();
  }
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  const bound = server.address() as AddressInfo;
  const shownHost = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return {
    url: `${tls === undefined ? "http" : "https"}://${shownHost}:${bound.port}`,
    port: bound.port,
    renew(next) {
      if ("setSecureContext" in server) server.setSecureContext({ ...next, minVersion: "TLSv1.2" });
    },
    closed,
  };
}
