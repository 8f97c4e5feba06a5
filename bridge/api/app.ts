// The HTTP application: endpoints, what stands before each of them (size, rate, bearer, schema) and the headers of every
// answer. It has no socket; http.ts gives it one, tests call it directly.
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { Unavailable } from "../pipeline/unavailable.ts";
import { secretDigest } from "../store/digest.ts";
import { adminEndpoints } from "./admin.ts";
import { refuse, slowDown } from "./answers.ts";
import { bodyText, isHungUp } from "./body.ts";
import { certificateEndpoints } from "./certificates.ts";
import { type AskingClient, askingClient } from "./client-address.ts";
import { complaintEndpoints } from "./complaints.ts";
import { demoEndpoints } from "./demo.ts";
import type { Endpoint } from "./endpoint.ts";
import { healthEndpoints } from "./health.ts";
import { openApi } from "./openapi.ts";
import { mountPages } from "./pages.ts";
import { pairingEndpoints } from "./pairings.ts";
import { policyEndpoints } from "./policy.ts";
import type { ApiDeps } from "./ports.ts";
import { publicationRoutes } from "./publications.ts";
import { type RateLimit, rateLimit } from "./rate-limit.ts";
import { signalEndpoints } from "./signals.ts";
import { wellKnownEndpoints } from "./well-known.ts";

const bearerForm = /^Bearer ([A-Za-z0-9._~+/-]{20,200}=*)$/i;

function bearerOf(c: Context): string | null {
  return bearerForm.exec(c.req.header("authorization") ?? "")?.[1] ?? null;
}

function isAdmin(deps: ApiDeps, client: AskingClient, bearer: string | null): boolean {
  const { tokenHash, loopback } = deps.admin();
  if (bearer !== null && tokenHash !== null && secretDigest(bearer) === tokenHash) return true;
  return loopback && client.local;
}

type Caller = { readonly ok: true; readonly reader: string | null } | { readonly ok: false; readonly answer: Response };

/** Who calls, by the endpoint's rules. */
async function identify(
  deps: ApiDeps,
  limit: RateLimit,
  endpoint: Endpoint,
  c: Context,
  client: AskingClient,
): Promise<Caller> {
  const bearer = bearerOf(c);
  const given = c.req.header("authorization") !== undefined;
  const refused = (detail: string): Caller => {
    const wait = given ? limit.take("wrongToken", client.network) : 0;
    const answer = wait > 0 ? slowDown(wait) : refuse(401, "api/unauthorized", detail);
    answer.headers.set("www-authenticate", "Bearer");
    return { ok: false, answer };
  };
  switch (endpoint.access) {
    case "open":
      return { ok: true, reader: null };
    case "admin":
      return isAdmin(deps, client, bearer)
        ? { ok: true, reader: null }
        : refused("the administrator's token is needed");
    case "optional":
    case "bearer": {
      if (!given && endpoint.access === "optional") return { ok: true, reader: null };
      const reader = bearer === null ? null : await deps.store.bearers.address(bearer, deps.clock.now());
      return reader === null ? refused("no such pairing") : { ok: true, reader };
    }
  }
}

const jsonType = /^application\/json[ \t]*(?:;|$)/i;

type ReadBody = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly answer: Response };

async function readBody(endpoint: Endpoint, c: Context): Promise<ReadBody> {
  if (endpoint.body === null) return { ok: true, body: null };
  // Pages of strangers may have a browser post other types here without asking first (Fetch, CORS-safelisted).
  if (!jsonType.test(c.req.header("content-type") ?? "")) {
    return { ok: false, answer: refuse(415, "api/type", "application/json is taken here") };
  }
  const text = await bodyText(c, endpoint.maxBytes);
  if (text === null) return { ok: false, answer: refuse(413, "api/too-large", `at most ${endpoint.maxBytes} octets`) };
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, answer: refuse(400, "api/json", "the body is no JSON") };
    throw error;
  }
  const read = v.safeParse(endpoint.body, raw, { abortEarly: true });
  if (read.success) return { ok: true, body: read.output };
  const [issue] = read.issues;
  return { ok: false, answer: refuse(400, "api/body", `${v.getDotPath(issue) ?? "the body"}: ${issue.message}`) };
}

function mount(app: Hono, deps: ApiDeps, limit: RateLimit, endpoint: Endpoint): void {
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ":$1");
  const name = `${endpoint.method} ${endpoint.path}`;
  app.on([endpoint.method.toUpperCase()], [path], async (c) => {
    const client = askingClient(c, deps.trustedProxies);
    const answer = await (async () => {
      const wait = limit.take(endpoint.rate, client.network);
      if (wait > 0) return slowDown(wait);
      const caller = await identify(deps, limit, endpoint, c, client);
      if (!caller.ok) return caller.answer;
      // A pairing's own limit too, wherever it calls from.
      const pause = caller.reader === null ? 0 : limit.take(endpoint.rate, `reader ${caller.reader}`);
      if (pause > 0) return slowDown(pause);
      const read = await readBody(endpoint, c);
      if (!read.ok) return read.answer;
      const { reader } = caller;
      return endpoint.handle({
        c,
        body: read.body,
        reader,
        network: client.network,
        path: (name) => c.req.param(name) ?? "",
      });
    })();
    deps.metrics.count("requests", { endpoint: name, status: String(answer.status) });
    return answer;
  });
}

/** What every answer carries. No CORS: the extension's background needs none, and nobody else is to read. */
function protect(answer: Response): void {
  const { headers } = answer;
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-resource-policy", "same-origin");
  if (!headers.has("content-security-policy")) {
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  }
}

/** All endpoints of this bridge, in the document's order. */
export function allEndpoints(deps: ApiDeps, limit: RateLimit): readonly Endpoint[] {
  return [
    ...wellKnownEndpoints(deps),
    ...pairingEndpoints(deps, limit),
    ...signalEndpoints(deps),
    ...certificateEndpoints(deps),
    ...complaintEndpoints(deps),
    ...policyEndpoints(deps),
    ...adminEndpoints(deps),
    ...healthEndpoints(deps),
    ...(deps.demo === null ? [] : demoEndpoints(deps.demo)),
  ];
}

/** The application. */
export function createApi(deps: ApiDeps): Hono {
  const app = new Hono();
  const limit = rateLimit(deps.clock);
  const endpoints = allEndpoints(deps, limit);
  app.use(async (c, next) => {
    await next();
    protect(c.res);
  });
  for (const endpoint of endpoints) mount(app, deps, limit, endpoint);
  const document = JSON.stringify(openApi(endpoints, deps.site()), null, 2);
  app.get("/openapi.json", (c) => c.body(document, 200, { "content-type": "application/json; charset=utf-8" }));
  publicationRoutes(app, deps, limit);
  for (const pages of deps.pages) mountPages(app, pages);
  app.notFound(() => refuse(404, "api/not-found", "nothing here"));
  app.onError((error) => {
    if (isHungUp(error)) return refuse(400, "api/hung-up", "the body ended early");
    // A bug, or a store that cannot be written: the client may come again, the log says which.
    if (error instanceof Unavailable) deps.log.warn({ reason: error.message }, "a request could not be kept");
    else deps.log.error({ err: error }, "a request failed");
    deps.metrics.count("failures", { where: "api" });
    const answer = refuse(503, "api/failed", "the bridge failed; come again");
    answer.headers.set("retry-after", "60");
    return answer;
  });
  return app;
}
