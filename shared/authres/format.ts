// Authentication-Results, typed to text: the one writer of this field. RFC 8601 section 2.2.
import type { AuthenticationMethod, AuthenticationResults } from "./types.ts";

/** What needs no quotes for any reader: RFC 2045 section 5.1 token without UTF-8, and "@" as in pvalue. */
const plain = /^[A-Za-z0-9!#$%&'*+.^_`{|}~@-]+$/;
const plainId = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]+$/;

/** Escapes; control characters, which no quoted string may hold, become "?". */
function quoted(value: string): string {
  const printable = value.replaceAll(/[\u0000-\u001f\u007f]/g, "?");
  return `"${printable.replaceAll(/["\\]/g, "\\$&")}"`;
}

function formatValue(value: string, bare: RegExp): string {
  return bare.test(value) ? value : quoted(value);
}

function formatMethod(result: AuthenticationMethod): string {
  const version = result.version === 1 ? "" : `/${result.version}`;
  const reason = result.reason === null ? [] : [`reason=${formatValue(result.reason, plain)}`];
  const properties = result.properties.map(({ type, name, value }) => `${type}.${name}=${formatValue(value, plain)}`);
  return [`${result.method}${version}=${result.result}`, ...reason, ...properties].join(" ");
}

/**
 * Writes the field's value. Methods, ptypes and property names are the caller's own words; values may be anything.
 * `fold` stands between results: " ", or a line end and a tab.
 */
export function formatAuthenticationResults(field: AuthenticationResults, fold = " "): string {
  const version = field.version === 1 ? "" : ` ${field.version}`;
  const results = field.results.length === 0 ? ["none"] : field.results.map(formatMethod);
  return [`${formatValue(field.authservId, plainId)}${version}`, ...results].join(`;${fold}`);
}
