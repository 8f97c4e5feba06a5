// Authentication-Results, untrusted text to typed. RFC 8601 section 2.2.
//
// Taken beyond the grammar, because providers write it: a trailing ";", a reason after the properties, characters such
// as ":" and "/" in unquoted values, UTF-8, an empty value. Not taken: anything without an authserv-id, and a result that
// is none of its method's keywords (section 2.7): a field one half of which can't be read says nothing. So Exchange Online's
// say nothing: they name nobody who says it, and write "dmarc=pass action=none", which is no property (section 2.2).
import { limits } from "../limits.ts";
import { ok, perm, type Failure, type Result } from "../result.ts";
import { atEnd, skipCfws, take, takeQuoted, takeRun, type Cursor } from "./scan.ts";
import type { AuthenticationMethod, AuthenticationProperty, AuthenticationResults } from "./types.ts";

/** RFC 5321 section 4.1.2 Ldh-str, and "_" which providers write. */
const keyword = /[A-Za-z0-9_-]*/y;
const digits = /[0-9]{0,4}/y;
/** RFC 2045 section 5.1 token, and UTF-8 (RFC 6532). */
const token = /[^\u0000-\u0020\u007f()<>@,;:\\"/[\]?=]*/y;
/** A value as written without quotes: up to what ends it. */
const bareValue = /[^\u0000-\u0020\u007f();"\\]*/y;

/** Keywords by method, RFC 8601 section 2.7; a method that is not listed may say anything. */
const keywords: ReadonlyMap<string, readonly string[]> = new Map([
  // "perm_fail" and "temp_fail": Yahoo's spelling.
  ["dkim", ["none", "pass", "fail", "policy", "neutral", "temperror", "permerror", "temp_fail", "perm_fail"]],
  // "hardfail": RFC 5451, the first version of this specification.
  ["spf", ["none", "pass", "fail", "softfail", "policy", "neutral", "temperror", "permerror", "hardfail"]],
  ["dmarc", ["none", "pass", "fail", "temperror", "permerror"]],
]);

function bad(code: string, cursor: Cursor, wanted: string): Failure {
  return perm(`authres/${code}`, `${wanted} expected at character ${cursor.at}`);
}

/** `"local part"@example.org` keeps its quotes: without them it would read as something else. */
function takeValue(cursor: Cursor): string | null {
  if (cursor.text[cursor.at] !== '"') return takeRun(cursor, bareValue);
  const start = cursor.at;
  const content = takeQuoted(cursor);
  if (content === null || cursor.text[cursor.at] !== "@") return content;
  takeRun(cursor, bareValue);
  return cursor.text.slice(start, cursor.at);
}

/** The keyword as compared. Keywords are lower case; SPF's were capitalised once (RFC 4408 section 2.5). */
function resultOf(method: string, written: string): string | null {
  const result = method === "dkim" ? written : written.toLowerCase();
  const known = keywords.get(method);
  return known === undefined || known.includes(result) ? result.toLowerCase() : null;
}

/** Steps over CFWS, `character`, CFWS. */
function takeSeparator(cursor: Cursor, character: string): boolean {
  return skipCfws(cursor) && take(cursor, character) && skipCfws(cursor);
}

function parseVersion(cursor: Cursor): number | null {
  const written = takeRun(cursor, digits);
  return written === "" ? null : Number(written);
}

interface Extras {
  reason: string | null;
  readonly properties: AuthenticationProperty[];
}

/** One `reason=…` or `ptype.name=…`. */
function parseExtra(cursor: Cursor, extras: Extras): Result<null> {
  const first = takeRun(cursor, keyword).toLowerCase();
  if (first === "" || !skipCfws(cursor)) return bad("property", cursor, "ptype or reason");
  if (cursor.text[cursor.at] === "=") {
    if (first !== "reason" || extras.reason !== null) return bad("property", cursor, "one reason, or ptype.property");
    cursor.at += 1;
    const reason = skipCfws(cursor) ? takeValue(cursor) : null;
    if (reason === null) return bad("value", cursor, "reason's value");
    extras.reason = reason;
    return ok(null);
  }
  if (!takeSeparator(cursor, ".")) return bad("property", cursor, '"."');
  const name = takeRun(cursor, keyword).toLowerCase();
  if (name === "" || !takeSeparator(cursor, "=")) return bad("property", cursor, "property and =");
  const value = takeValue(cursor);
  if (value === null) return bad("value", cursor, "value");
  if (extras.properties.length >= limits.authresProperties) return bad("too-many", cursor, "fewer properties");
  extras.properties.push({ type: first, name, value });
  return ok(null);
}

/** One `method[/version]=result …`, up to the next ";" or the end. The cursor stands behind `method`. */
function parseMethod(cursor: Cursor, method: string): Result<AuthenticationMethod> {
  let version: number | null = 1;
  if (!skipCfws(cursor)) return bad("comment", cursor, ")");
  if (take(cursor, "/")) {
    version = skipCfws(cursor) ? parseVersion(cursor) : null;
    if (version === null) return bad("version", cursor, "method's version");
  }
  if (!takeSeparator(cursor, "=")) return bad("result", cursor, "=");
  const written = takeRun(cursor, keyword);
  const result = written === "" ? null : resultOf(method, written);
  if (result === null) return bad("result", cursor, `a result of ${method}`);
  const extras: Extras = { reason: null, properties: [] };
  for (;;) {
    if (!skipCfws(cursor)) return bad("comment", cursor, ")");
    if (atEnd(cursor) || cursor.text[cursor.at] === ";") return ok({ method, version, result, ...extras });
    const extra = parseExtra(cursor, extras);
    if (!extra.ok) return extra;
  }
}

/** All of `; method=result …`, or `; none`. */
function parseResults(cursor: Cursor): Result<AuthenticationMethod[]> {
  const results: AuthenticationMethod[] = [];
  while (!atEnd(cursor)) {
    if (!takeSeparator(cursor, ";")) return bad("separator", cursor, ";");
    if (atEnd(cursor)) break;
    const method = takeRun(cursor, keyword).toLowerCase();
    if (method === "") return bad("method", cursor, "method");
    if (!skipCfws(cursor)) return bad("comment", cursor, ")");
    if (method === "none" && results.length === 0 && (atEnd(cursor) || cursor.text[cursor.at] === ";")) {
      take(cursor, ";");
      return skipCfws(cursor) && atEnd(cursor) ? ok([]) : bad("none", cursor, 'nothing behind "none"');
    }
    if (results.length >= limits.authresResults) return bad("too-many", cursor, "fewer results");
    const parsed = parseMethod(cursor, method);
    if (!parsed.ok) return parsed;
    results.push(parsed.value);
  }
  return results.length === 0 ? bad("no-results", cursor, "a result, or none") : ok(results);
}

/**
 * Parses one Authentication-Results field: its value, or the whole field with its name. Decoded text or byte strings,
 * folded or not. Fails with `authres/…` and a detail that says where.
 */
export function parseAuthenticationResults(text: string): Result<AuthenticationResults> {
  if (text.length > limits.authresChars) return perm("authres/too-long", `${text.length} characters`);
  const cursor: Cursor = { text: text.replace(/^authentication-results[ \t]*:/i, ""), at: 0 };
  if (!skipCfws(cursor)) return bad("comment", cursor, ")");
  const authservId = cursor.text[cursor.at] === '"' ? takeQuoted(cursor) : takeRun(cursor, token);
  if (authservId === null || authservId === "") return bad("no-id", cursor, "authserv-id");
  if (!skipCfws(cursor)) return bad("comment", cursor, ")");
  const version = parseVersion(cursor) ?? 1;
  if (!skipCfws(cursor)) return bad("comment", cursor, ")");
  const results = parseResults(cursor);
  return results.ok ? ok({ authservId, version, results: results.value }) : results;
}
