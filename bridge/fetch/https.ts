// One https request to a place that strangers named, without harm: no redirects, no cookies, no decompression, 64 KiB,
// ten seconds from look-up to last octet, and only to addresses that destination.ts lets through (protocol section 1).
// The name is looked up once and the connection pinned to what was checked, so that a second answer (DNS rebinding) is
// never asked for; the connected address is checked again all the same.
import { rootCertificates } from "node:tls";
import { Client, buildConnector, errors } from "undici";
import { limits } from "../../shared/limits.ts";
import { ok, perm, temp, type Failure, type Result } from "../../shared/result.ts";
import type { Resolver } from "../dns/resolver.ts";
import { addressLiteral, checkUrl, mayConnect, type Reach } from "./destination.ts";

export interface HttpsRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
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
 * fetch/encoding, fetch/too-large; temporary: fetch/timeout, fetch/network, fetch/tls, fetch/busy and the resolver's.
 */
export type HttpsAsk = (request: HttpsRequest) => Promise<Result<HttpsResponse>>;

export interface HttpsOptions {
  readonly resolver: Resolver;
  readonly reach: Reach;
  /** PEM certificates believed beside Node's own roots. */
  readonly extraCa: readonly string[];
  readonly userAgent: string;
  /** Shorter than limits.fetchMs only in tests. */
  readonly timeoutMs?: number;
}

/** Requests under way at once; more wait for nobody and are told to come again. */
const maxInFlight = 64;
/** Header section of an answer, octets: servers of all kinds stay under 8 kB. */
const maxHeaderBytes = 16_384;

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
    throw new Refusal(perm("fetch/address", `${url.hostname} has no public address (${found.value.join(", ")})`));
  }
  return allowed;
}

/** A connector that knows these addresses only. */
function pinned(addresses: readonly string[], options: HttpsOptions): buildConnector.connector {
  const answers = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const [first] = answers;
  const connect = buildConnector({
    allowH2: false,
    maxCachedSessions: 0,
    timeout: options.timeoutMs ?? limits.fetchMs,
    autoSelectFamily: true,
    ca: [...rootCertificates, ...options.extraCa],
    minVersion: "TLSv1.2",
    lookup: (_host, how, answer) => {
      if (how.all === true) return answer(null, answers);
      answer(null, first?.address ?? "", first?.family);
    },
  });
  return (target, callback) =>
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      if (mayConnect(socket.remoteAddress ?? "", options.reach)) return callback(null, socket);
      socket.destroy();
      callback(new Refusal(perm("fetch/address", `connected to ${socket.remoteAddress ?? "?"}`)), null);
    });
}

async function readBody(body: AsyncIterable<Uint8Array>, declared: string | undefined): Promise<Uint8Array> {
  const tooLarge = perm("fetch/too-large", `more than ${limits.fetchBytes} octets`);
  if (declared !== undefined && Number(declared) > limits.fetchBytes) throw new Refusal(tooLarge);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > limits.fetchBytes) throw new Refusal(tooLarge);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function headerMap(headers: NodeJS.Dict<string | string[]>): ReadonlyMap<string, string> {
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    const first = Array.isArray(value) ? value[0] : value;
    return first === undefined ? [] : [[name.toLowerCase(), first]];
  });
  return new Map(pairs);
}

async function askPinned(url: URL, request: HttpsRequest, options: HttpsOptions, signal: AbortSignal) {
  const addresses = await orAborted(destinations(url, options), signal);
  const client = new Client(url.origin, {
    connect: pinned(addresses, options),
    pipelining: 1,
    maxHeaderSize: maxHeaderBytes,
    maxResponseSize: limits.fetchBytes,
  });
  try {
    const answer = await client.request({
      path: `${url.pathname}${url.search}`,
      method: request.method,
      headers: { "user-agent": options.userAgent, accept: "*/*", "accept-encoding": "identity", ...request.headers },
      body: request.body ?? null,
      signal,
    });
    const headers = headerMap(answer.headers);
    // An unread body that is given up reports so on the stream: nobody listens to it any more.
    answer.body.on("error", () => undefined);
    const { statusCode: status } = answer;
    if (status >= 300 && status < 400) throw new Refusal(perm("fetch/redirect", `answered ${status}`));
    const encoding = headers.get("content-encoding");
    if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
      throw new Refusal(perm("fetch/encoding", `content-encoding ${encoding.slice(0, 40)}`));
    }
    const body = await readBody(answer.body, headers.get("content-length"));
    return { status, headers, body };
  } finally {
    await client.destroy();
  }
}

/** OpenSSL's and Node's codes for a certificate that does not hold: trying again does not mend it, an operator does. */
const certificateCodes = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_SSL_|HOSTNAME_MISMATCH)/;

function failureOf(error: unknown, url: URL, signal: AbortSignal): Failure {
  if (error instanceof Refusal) return error.failure;
  if (signal.aborted) return temp("fetch/timeout", `${url.host}: no complete answer in time`);
  if (error instanceof errors.ResponseExceededMaxSizeError) {
    return perm("fetch/too-large", `more than ${limits.fetchBytes} octets`);
  }
  const { code, message } = error as { code?: string; message?: string };
  const said = `${url.host}: ${code ?? ""} ${message ?? ""}`;
  // A wrong certificate may be the attacker's in between: temporary, as if the host were silent (RFC 8461 section 3.3).
  return certificateCodes.test(code ?? "") ? temp("fetch/tls", said) : temp("fetch/network", said);
}

/** The bridge's way to ask strangers' servers. */
export function httpsAsk(options: HttpsOptions): HttpsAsk {
  let inFlight = 0;
  return async (request) => {
    const checked = checkUrl(request.url, options.reach);
    if (!checked.ok) return checked;
    if (inFlight >= maxInFlight) return temp("fetch/busy", `${maxInFlight} requests under way`);
    inFlight += 1;
    // One deadline over everything: an octet a second keeps every idle timer content.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), options.timeoutMs ?? limits.fetchMs);
    try {
      return ok(await askPinned(checked.value, request, options, deadline.signal));
    } catch (error) {
      return failureOf(error, checked.value, deadline.signal);
    } finally {
      clearTimeout(timer);
      inFlight -= 1;
    }
  };
}
