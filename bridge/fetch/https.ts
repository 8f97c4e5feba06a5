// One https request to a place that strangers named, without harm: no redirects, no cookies, no decompression, 64 KiB,
// ten seconds from look-up to last octet, and only to addresses that destination.ts lets through (protocol section 1).
// The same over http, larger and slower, for CRLs (section 2).
// The name is looked up once and the connection pinned to what was checked, so that a second answer (DNS rebinding) is
// never asked for; the connected address is checked again all the same.
import type { IncomingMessage } from "node:http";
import { isIP, type LookupFunction } from "node:net";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { limits } from "../../shared/limits.ts";
import { ok, perm, temp, type Failure, type Result } from "../../shared/result.ts";
import type { Resolver } from "../dns/resolver.ts";
import { request, tlsRequest } from "../endpoint/node-http.ts";
import type { Budget } from "./budget.ts";
import { addressLiteral, checkUrl, mayConnect, type Reach } from "./destination.ts";
import { leaves, type AskLeave } from "./leave.ts";

export interface HttpsRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** This very URL gave a good answer before: it need not wait behind made-up ones. */
  readonly known?: boolean;
  /** http: will do too: what comes is signed, and kept only if the signature holds. */
  readonly plainToo?: boolean;
  /** Default limits.fetchBytes. */
  readonly maxBytes?: number;
  /** From look-up to last octet, ms. Default limits.fetchMs. */
  readonly timeoutMs?: number;
  /** Gives the request up: fetch/timeout. */
  readonly signal?: AbortSignal;
}

export interface HttpsResponse {
  /** Never 3xx: a redirect is a failure. */
  readonly status: number;
  /** Names lower-case; of several fields of one name, the first. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/**
 * Asks; any status but a redirect is an answer. Permanent failures: fetch/url, fetch/address, fetch/redirect,
 * fetch/encoding, fetch/too-large, fetch/status; temporary: fetch/timeout, fetch/network, fetch/tls, fetch/busy, fetch/budget and the
 * resolver's.
 */
export type HttpsAsk = (request: HttpsRequest) => Promise<Result<HttpsResponse>>;

export interface HttpsOptions {
  readonly resolver: Resolver;
  readonly reach: Reach;
  readonly budget: Pick<Budget, "takeNetwork">;
  /** PEM certificates believed beside Node's own roots. */
  readonly extraCa: readonly string[];
  readonly userAgent: string;
  /** Shorter than limits.fetchMs only in tests. */
  readonly timeoutMs?: number;
}

/** Header section of an answer, octets: servers of all kinds stay under 8 kB. */
const maxHeaderBytes = 16_384;
const minVersion = "TLSv1.2";
/** Times the body's octets that all of an answer under TLS may have: interim answers, chunks' sizes, trailers never end. */
const wrapping = 4;

/** Thrown inside one request to end it with this failure; never leaves this file. */
class Refusal extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.detail);
    this.failure = failure;
  }
}

/** Ends with the signal even where the awaited thing can't be stopped. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Addresses of the URL's host that may be connected to; throws a Refusal when there are none. */
async function destinations(url: URL, options: HttpsOptions): Promise<readonly string[]> {
  const literal = addressLiteral(url);
  if (literal !== null) return [literal];
  const found = await options.resolver.addresses(url.hostname);
  if (!found.ok) throw new Refusal(found);
  if (found.value.length === 0) throw new Refusal(perm("fetch/address", `${url.hostname} has no address`));
  const allowed = found.value.filter((address) => mayConnect(address, options.reach));
  if (allowed.length === 0) {
    throw new Refusal(
      perm("fetch/address", `${url.hostname} has no public address (${found.value.slice(0, 8).join(", ")})`),
    );
  }
  return allowed;
}

/** The CAs believed, read when the first request is made; null: Node's own store, which all connections share. */
function believedCas({ extraCa }: HttpsOptions): () => SecureContext | null {
  let context: SecureContext | null = null;
  return () => {
    if (extraCa.length === 0) return null;
    context ??= createSecureContext({ ca: [...rootCertificates, ...extraCa], minVersion });
    return context;
  };
}

/** A look-up that knows these addresses only. */
function pinned(addresses: readonly string[]): LookupFunction {
  const answers = addresses.map((address) => ({ address, family: isIP(address) }));
  const [first] = answers;
  return (_host, how, answer) => {
    if (how.all === true) return answer(null, answers);
    answer(null, first?.address ?? "", first?.family);
  };
}

/** Sends the request; the answer's head has come, its body not yet. */
function send(
  url: URL,
  asked: HttpsRequest,
  options: HttpsOptions,
  way: { readonly lookup: LookupFunction; readonly cas: SecureContext | null; readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  const { maxBytes = limits.fetchBytes } = asked;
  return new Promise((resolve, reject) => {
    const sending = (url.protocol === "http:" ? request : tlsRequest)(url, {
      method: asked.method,
      headers: { "user-agent": options.userAgent, accept: "*/*", "accept-encoding": "identity", ...asked.headers },
      // A connection of its own, closed afterwards.
      agent: false,
      lookup: way.lookup,
      minVersion,
      maxHeaderSize: maxHeaderBytes,
      signal: way.signal,
      ...(way.cas === null ? {} : { secureContext: way.cas }),
    });
    sending.once("socket", (socket) => {
      // Before TLS, so before anything is said.
      socket.once("connect", () => {
        if (mayConnect(socket.remoteAddress ?? "", options.reach)) return;
        sending.destroy(new Refusal(perm("fetch/address", `connected to ${socket.remoteAddress ?? "?"}`)));
      });
      let bytes = 0;
      socket.on("data", (piece: Uint8Array) => {
        bytes += piece.length;
        if (bytes > wrapping * maxBytes) sending.destroy(tooLarge(maxBytes));
      });
    });
    sending.once("response", resolve);
    // Without a listener Node closes the connection and says nothing: the request would never end.
    sending.once("upgrade", (_, socket) => {
      socket.destroy();
      reject(new Refusal(perm("fetch/status", "switched protocols without being asked")));
    });
    // Stays: what is given up may fail once more, and nobody listens to it any longer.
    sending.on("error", reject);
    sending.end(asked.body);
  });
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(perm("fetch/too-large", `more than ${maxBytes} octets`));
}

async function readBody(
  body: AsyncIterable<Uint8Array>,
  declared: string | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function headerMap({ headersDistinct }: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = Object.entries(headersDistinct).flatMap(([name, values]): [string, string][] => {
    const first = values?.[0];
    return first === undefined ? [] : [[name, first]];
  });
  return new Map(pairs);
}

async function askPinned(
  url: URL,
  asked: HttpsRequest,
  options: HttpsOptions,
  way: { readonly leave: AskLeave; readonly cas: SecureContext | null; readonly signal: AbortSignal },
): Promise<HttpsResponse> {
  const { cas, signal } = way;
  const leave = way.leave(await orAborted(destinations(url, options), signal), asked.known === true);
  if (!leave.ok) throw new Refusal(leave);
  const { addresses, end } = leave.value;
  try {
    const sent = send(url, asked, options, { lookup: pinned(addresses), cas, signal });
    return await receive(await orAborted(sent, signal), asked.maxBytes ?? limits.fetchBytes);
  } finally {
    end();
  }
}

/** The answer whose head has come, body and all. */
async function receive(answer: IncomingMessage, maxBytes: number): Promise<HttpsResponse> {
  // A body that is given up unread reports so on the stream: nobody listens to it any more.
  answer.on("error", () => undefined);
  try {
    const headers = headerMap(answer);
    const { statusCode: status = 0 } = answer;
    if (status >= 300 && status < 400) throw new Refusal(perm("fetch/redirect", `answered ${status}`));
    const encoding = headers.get("content-encoding");
    if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
      throw new Refusal(perm("fetch/encoding", `content-encoding ${encoding.slice(0, 40)}`));
    }
    const body = await readBody(answer, headers.get("content-length"), maxBytes);
    return { status, headers, body };
  } finally {
    answer.destroy();
  }
}

/** OpenSSL's and Node's codes for a certificate that does not hold: trying again does not mend it, an operator does. */
const certificateCodes = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_SSL_|HOSTNAME_MISMATCH)/;

function failureOf(error: unknown, url: URL, signal: AbortSignal): Failure {
  if (error instanceof Refusal) return error.failure;
  if (signal.aborted) return temp("fetch/timeout", `${url.host}: no complete answer in time`);
  const { code, message } = error as { code?: string; message?: string };
  const said = `${url.host}: ${code ?? ""} ${message ?? ""}`;
  // A wrong certificate may be the attacker's in between: temporary, as if the host were silent (RFC 8461 section 3.3).
  return certificateCodes.test(code ?? "") ? temp("fetch/tls", said) : temp("fetch/network", said);
}

/** The bridge's way to ask strangers' servers. */
export function httpsAsk(options: HttpsOptions): HttpsAsk {
  const leave = leaves(options.budget);
  const cas = believedCas(options);
  return async (asked) => {
    const checked = checkUrl(asked.url, options.reach, asked.plainToo);
    if (!checked.ok) return checked;
    // One deadline over everything: an octet a second keeps every idle timer content.
    const deadline = new AbortController();
    const signal = asked.signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, asked.signal]);
    const timer = setTimeout(() => deadline.abort(), options.timeoutMs ?? asked.timeoutMs ?? limits.fetchMs);
    try {
      return ok(await askPinned(checked.value, asked, options, { leave, cas: cas(), signal }));
    } catch (error) {
      return failureOf(error, checked.value, signal);
    } finally {
      clearTimeout(timer);
    }
  };
}
