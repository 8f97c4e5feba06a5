// One HTTP exchange with the reader's own bridge: no cookies, no redirects, a size and a time limit, JSON in and out.
import { limits } from "../../shared/limits.ts";
import { ok, perm, temp } from "../../shared/result.ts";
import type { Result } from "../../shared/result.ts";

/** The platform's fetch, injected. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The bearer that pairing gave. */
  readonly token?: string | null;
  /** Largest answer read, octets. */
  readonly maxBytes?: number;
}

/** Time for one answer, ms: a reader waits for it. */
const timeoutMs = limits.fetchMs;
/** The largest answer about a mail is a certificate list: chains of several leaves, base64. */
const usualBytes = 262_144;

async function readLimited(response: Response, maxBytes: number): Promise<Result<Uint8Array>> {
  const declared = Number(response.headers.get("content-length") ?? 0);
  if (declared > maxBytes) return perm("client/too-large", `${declared} bytes`);
  const reader = response.body?.getReader();
  if (reader === undefined) return ok(new Uint8Array());
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return perm("client/too-large", `more than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return ok(whole);
}

function parseJson(bytes: Uint8Array): Result<unknown> {
  if (bytes.length === 0) return ok(null);
  try {
    return ok(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown);
  } catch {
    // Neither UTF-8 nor JSON: not a bridge that answers there.
    return perm("client/not-json", "the answer is no JSON");
  }
}

/** A finished exchange, whatever its status. */
export interface Answer {
  readonly status: number;
  /** null where it was empty. */
  readonly body: unknown;
}

function statusFailure({ status, body }: Answer): Result<never> {
  const said = typeof body === "object" && body !== null && "code" in body ? String(body.code) : "";
  const code = /^[a-z]+\/[a-z0-9-]{1,60}$/.test(said) ? said : `client/status-${status}`;
  const detail = `status ${status}`;
  return status >= 500 || status === 429 ? temp(code, detail) : perm(code, detail);
}

/** Fails with client/unreachable, client/too-large, client/not-json; a status is an answer. */
export async function exchange(fetchIt: Fetch, request: Request): Promise<Result<Answer>> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (request.body !== undefined) headers["content-type"] = "application/json";
  if (request.token !== undefined && request.token !== null) headers["authorization"] = `Bearer ${request.token}`;
  try {
    const response = await fetchIt(request.url, {
      method: request.method,
      headers,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const bytes = await readLimited(response, request.maxBytes ?? usualBytes);
    if (!bytes.ok) return bytes;
    const body = parseJson(bytes.value);
    // An error page in HTML is still an answer, only without a code in it.
    if (!body.ok && response.ok) return body;
    return ok({ status: response.status, body: body.ok ? body.value : null });
  } catch (error) {
    // fetch throws for everything between here and an answer: no route, no name, TLS, a redirect, the time limit.
    return temp("client/unreachable", String(error));
  }
}

/** An answer's body for statuses 200 to 299; else the bridge's own code where it gives one, or client/status-nnn. */
export function bodyOf(answer: Answer): Result<unknown> {
  return answer.status >= 200 && answer.status < 300 ? ok(answer.body) : statusFailure(answer);
}

/** exchange() and bodyOf() in one. */
export async function requestJson(fetchIt: Fetch, request: Request): Promise<Result<unknown>> {
  const answer = await exchange(fetchIt, request);
  return answer.ok ? bodyOf(answer.value) : answer;
}
