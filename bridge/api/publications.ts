// What stands below the domain's `_ipp` URL: <alias>.pub, <alias>.pol, <alias>.report/<tok>/<code>, counts, sums, keys
// (protocol section 1.1). No address oracle: an alias that nobody has and one whose owner publishes nothing give the same octets by
// the same steps, and a report is answered before anybody looks at it.
import type { Context, Hono } from "hono";
import { isBase64Url } from "../../shared/encoding/base64.ts";
import { asciiLower } from "../../shared/header/address.ts";
import { formatBridgeKeys } from "../../shared/hop/keys.ts";
import { complaintCodes } from "../../shared/ipp/registry.ts";
import { isToken } from "../../shared/ipp/token.ts";
import { limits } from "../../shared/limits.ts";
import { formatPolicy, publicPolicy } from "../../shared/policy/format.ts";
import { parsePolicy } from "../../shared/policy/parse.ts";
import { type ArrivedReport, signedFields } from "../reports/arrival.ts";
import { json, refuse, slowDown, text } from "./answers.ts";
import { bodyText } from "./body.ts";
import { askingClient } from "./client-address.ts";
import type { ApiDeps } from "./ports.ts";
import type { RateLimit } from "./rate-limit.ts";

const aliasForm = /^(?:[a-z0-9._+-]{1,64}|~[A-Za-z0-9_-]{43})$/;
const cacheSeconds = 3_600;
const absentSeconds = 300;
/** A reporter comes again after this when too many reports wait to be judged. */
const fullSeconds = 600;
/** UTF-8 takes up to three octets for one UTF-16 unit. */
const reportBytes = limits.reportChars * 3;

/** What a path below the domain asks for. */
type Asked =
  | { readonly kind: "keys" | "counts" | "sums" }
  | { readonly kind: "pub" | "pol"; readonly alias: string }
  | { readonly kind: "report"; readonly alias: string; readonly token: string; readonly code: string };

/** Reads the rest of a path; null for anything else. */
export function parsePublicationPath(path: string): Asked | null {
  if (path === "keys" || path === "counts" || path === "sums") return { kind: path };
  const report = /^([^/]{1,100})\.report\/([^/]{1,100})\/([^/]{1,40})$/.exec(path);
  if (report !== null) {
    const [, alias = "", token = "", code = ""] = report;
    return { kind: "report", alias: lowered(alias), token, code };
  }
  const document = /^([^/]{1,100})\.(pub|pol)$/.exec(path);
  if (document === null) return null;
  const [, alias = "", kind] = document;
  return { kind: kind === "pub" ? "pub" : "pol", alias: lowered(alias) };
}

/** A digest's letters have a case; a local part's are compared without (protocol section 1.1). */
function lowered(alias: string): string {
  return alias.startsWith("~") ? alias : asciiLower(alias);
}

const notPublished = (): Response => text("nothing is published here\n", 404, absentSeconds);
const taken = (): Response => text("taken\n", 202, 0);

function chains(c: Context, deps: ApiDeps, domain: string, alias: string): Response {
  const asked = c.req.query("ks");
  const keyId = asked === undefined || isBase64Url(asked, 32) ? (asked ?? null) : null;
  const malformed = asked !== undefined && keyId === null;
  const pem = malformed || !aliasForm.test(alias) ? null : deps.publications.chains({ domain, alias, keyId });
  return pem === null ? notPublished() : text(pem, 200, cacheSeconds, "application/pem-certificate-chain");
}

async function policy(deps: ApiDeps, domain: string, alias: string): Promise<Response> {
  const server = deps.policies().default;
  const own = await deps.store.readerPolicies.published(`${alias}@${domain}`);
  const parsed = own === null ? null : parsePolicy(own);
  const shown = parsed?.ok === true ? parsed.value : server;
  const seconds = Math.min(shown.maxAgeSeconds, 86_400);
  return text(formatPolicy(publicPolicy(shown)), 200, seconds, "application/json; charset=utf-8");
}

/** Names under which the client may have called this very URL. */
function targetsOf(c: Context, publicUrl: string): string[] {
  const { pathname, search } = new URL(c.req.url);
  const host = c.req.header("host");
  const here = `${pathname}${search}`;
  const scheme = publicUrl.slice(0, publicUrl.indexOf(":"));
  const targets = [`${publicUrl}${here}`];
  if (host !== undefined && /^[A-Za-z0-9.:[\]-]{1,255}$/.test(host)) targets.push(`${scheme}://${host}${here}`);
  return [...new Set(targets)];
}

/** Stores a report and answers; whether it holds is found out later (bridge/reports/inbox.ts). */
async function takeReport(
  c: Context,
  deps: ApiDeps,
  report: Pick<ArrivedReport, "kind" | "domain" | "token" | "code">,
): Promise<Response> {
  const body = await bodyText(c, reportBytes);
  const values = signedFields.map((name) => [name, c.req.header(name) ?? null] as const);
  const tooLong = values.some(([, value]) => (value?.length ?? 0) > limits.httpSignatureChars);
  if (tooLong || body === null || body.length > limits.reportChars)
    return refuse(413, "api/too-large", "a field or the body");
  const fields = Object.fromEntries(values) as ArrivedReport["fields"];
  const arrived: ArrivedReport = { ...report, targets: targetsOf(c, deps.site().publicUrl), fields, body };
  const kept = await deps.store.arrivals.add(JSON.stringify(arrived), deps.clock.now());
  return kept ? taken() : slowDown(fullSeconds, 503);
}

async function post(c: Context, deps: ApiDeps, domain: string, asked: Asked): Promise<Response> {
  const { kind } = asked;
  if (kind === "counts" || kind === "sums") return takeReport(c, deps, { kind, domain, token: "", code: "" });
  if (asked.kind !== "report") return refuse(405, "api/method", "nothing to post here");
  const { token, code } = asked;
  // What has not even the form is not stored; its sender is told no more than anybody.
  const formed = isToken(token) && complaintCodes.some(({ value }) => value === code);
  return formed ? takeReport(c, deps, { kind: "report", domain, token, code }) : taken();
}

async function get(c: Context, deps: ApiDeps, domain: string, asked: Asked): Promise<Response> {
  switch (asked.kind) {
    case "keys":
      return json({ v: "IPP1", domain, keys: formatBridgeKeys(deps.bridgeKeys(domain)) }, 200, cacheSeconds);
    case "pub":
      return chains(c, deps, domain, asked.alias);
    case "pol":
      return policy(deps, domain, asked.alias);
    case "counts":
    case "sums":
    case "report":
      // Link scanners follow links (RFC 8058 section 3.1): asking changes nothing.
      return text("Reports about mail are taken here by POST (docs/protocol.md, section 6).\n", 200, cacheSeconds);
  }
}

/** Adds the routes below the publication path. */
export function publicationRoutes(app: Hono, deps: ApiDeps, limit: RateLimit): void {
  const base = deps.site().publicationPath;
  app.all(`${base}:domain/*`, async (c) => {
    const { network } = askingClient(c, deps.trustedProxies);
    const isPost = c.req.method === "POST";
    const wait = limit.take(isPost ? "report" : "read", network);
    if (wait > 0) return slowDown(wait);
    const domain = asciiLower(c.req.param("domain") ?? "");
    const rest = c.req.path.slice(base.length + domain.length + 1);
    const asked = deps.site().domains.includes(domain) ? parsePublicationPath(decoded(rest)) : null;
    const answer = await (async () => {
      if (asked === null) return notPublished();
      if (isPost) return post(c, deps, domain, asked);
      if (c.req.method === "GET" || c.req.method === "HEAD") return get(c, deps, domain, asked);
      return refuse(405, "api/method", "GET or POST");
    })();
    const name = `${c.req.method === "POST" ? "post" : "get"} ${base}{d}/${asked?.kind ?? "?"}`;
    deps.metrics.count("requests", { endpoint: name, status: String(answer.status) });
    return answer;
  });
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A stray "%": no path of ours.
    return "";
  }
}
