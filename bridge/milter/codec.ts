// What stands in the payloads of milter packets. Every payload is a byte string (packet.ts); strings inside end in NUL.
// Each parse has its format, though the bridge itself only parses what the MTA sends and formats what it answers.
import { ok, perm, type Result } from "../../shared/result.ts";
import { formatLong } from "./packet.ts";

/** What the MTA offers, or the filter takes: version, actions (SMFIF_*), steps (SMFIP_*), and macros wanted by stage. */
export interface Options {
  readonly version: number;
  readonly actions: number;
  readonly steps: number;
  /** Only in the filter's answer: stage (SMFIM_*) and the names of macros, separated by spaces. */
  readonly macros: readonly { readonly stage: number; readonly names: string }[];
}

/** The SMTP client's connection. */
export interface Connect {
  /** Name by reverse look-up, or "[address]". */
  readonly host: string;
  /** "4", "6", "L" (UNIX socket), "U" (unknown). */
  readonly family: string;
  /** null where the family has none. */
  readonly port: number | null;
  readonly address: string | null;
}

function readLong(text: string, at: number): number {
  return (
    ((text.charCodeAt(at) << 24) |
      (text.charCodeAt(at + 1) << 16) |
      (text.charCodeAt(at + 2) << 8) |
      text.charCodeAt(at + 3)) >>>
    0
  );
}

/** Reads version, actions and steps; of an answer also the macro lists. */
export function parseOptions(text: string): Result<Options> {
  if (text.length < 12) return perm("milter/options", `${text.length} octets of options`);
  const macros: { stage: number; names: string }[] = [];
  let at = 12;
  while (at < text.length) {
    const end = text.indexOf("\0", at + 4);
    if (end === -1) return perm("milter/options", "a macro list without an end");
    macros.push({ stage: readLong(text, at), names: text.slice(at + 4, end) });
    at = end + 1;
  }
  return ok({ version: readLong(text, 0), actions: readLong(text, 4), steps: readLong(text, 8), macros });
}

/** Options as a payload. */
export function formatOptions(options: Options): string {
  const lists = options.macros.map(({ stage, names }) => `${formatLong(stage)}${names}\0`).join("");
  return formatLong(options.version) + formatLong(options.actions) + formatLong(options.steps) + lists;
}

/** Reads SMFIC_CONNECT: host NUL family [port address NUL]. */
export function parseConnect(text: string): Result<Connect> {
  const end = text.indexOf("\0");
  if (end === -1 || end + 1 >= text.length) return perm("milter/connect", "no host or no family");
  const host = text.slice(0, end);
  const family = text.charAt(end + 1);
  if (family === "U") return ok({ host, family, port: null, address: null });
  if (family !== "4" && family !== "6" && family !== "L") return perm("milter/connect", "unknown family");
  const addressEnd = text.indexOf("\0", end + 4);
  if (addressEnd === -1) return perm("milter/connect", "no address");
  const port = (text.charCodeAt(end + 2) << 8) | text.charCodeAt(end + 3);
  return ok({ host, family, port, address: text.slice(end + 4, addressEnd) });
}

/** SMFIC_CONNECT as a payload. */
export function formatConnect(connect: Connect): string {
  const start = `${connect.host}\0${connect.family}`;
  if (connect.address === null) return start;
  const port = connect.port ?? 0;
  return `${start}${String.fromCharCode(port >>> 8, port & 0xff)}${connect.address}\0`;
}

/** NUL-ended strings one after another (SMFIC_MAIL, SMFIC_RCPT: the address, then ESMTP arguments). At least one. */
export function parseStrings(text: string): Result<readonly [string, ...string[]]> {
  if (!text.endsWith("\0")) return perm("milter/strings", "the last string has no end");
  const [first = "", ...rest] = text.slice(0, -1).split("\0");
  return ok([first, ...rest]);
}

/** Strings as a payload. */
export function formatStrings(strings: readonly string[]): string {
  return strings.map((each) => `${each}\0`).join("");
}

/** Reads SMFIC_HEADER: name NUL value NUL. Line breaks of folding are LF alone. */
export function parseHeader(text: string): Result<{ readonly name: string; readonly value: string }> {
  const end = text.indexOf("\0");
  const last = text.length - 1;
  if (end < 1 || end >= last || text.charCodeAt(last) !== 0) return perm("milter/header", "not two strings");
  return ok({ name: text.slice(0, end), value: text.slice(end + 1, last) });
}

/** Macros by name, for the command given first. */
export interface Macros {
  /** Code of the command they are for. */
  readonly command: number;
  readonly values: ReadonlyMap<string, string>;
}

/** Reads SMFIC_MACRO: command, then name NUL value NUL … Names of one letter come without braces, longer ones with. */
export function parseMacros(text: string): Result<Macros> {
  if (text.length === 0) return perm("milter/macros", "no command");
  const values = new Map<string, string>();
  let at = 1;
  while (at < text.length) {
    const nameEnd = text.indexOf("\0", at);
    const valueEnd = nameEnd === -1 ? -1 : text.indexOf("\0", nameEnd + 1);
    if (valueEnd === -1) return perm("milter/macros", "a name without a value");
    values.set(text.slice(at, nameEnd), text.slice(nameEnd + 1, valueEnd));
    at = valueEnd + 1;
  }
  return ok({ command: text.charCodeAt(0), values });
}

/** Macros as a payload. */
export function formatMacros(macros: Macros): string {
  const pairs = [...macros.values].map(([name, value]) => `${name}\0${value}\0`).join("");
  return String.fromCharCode(macros.command) + pairs;
}
