// The bridge's log: JSON lines by pino, one line per mail. At info and above nobody is named: fields that hold addresses
// are written as short digests, the same for one address within one run, so that lines can still be joined.
import { createHmac, randomBytes } from "node:crypto";
import { type DestinationStream, destination, type Logger, pino } from "pino";
import { printableLines } from "./printable.ts";

/** How much is written. "debug" writes addresses as they are. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Names of fields whose values are people's, wherever they stand in a line's first two depths. */
const personal = new Set([
  "address",
  "addresses",
  "envelopeFrom",
  "from",
  "login",
  "reader",
  "recipient",
  "recipients",
  "sender",
  "signer",
  "subject",
  "to",
]);

type Veil = (value: unknown) => unknown;

function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Error);
}

/** Whether a line's facts have a personal name or a depth to look for one in; a mail's line has neither. */
function needsVeil(facts: Record<string, unknown>): boolean {
  for (const name in facts) if (personal.has(name) || isNested(facts[name])) return true;
  return false;
}

function veiled(facts: Record<string, unknown>, veil: Veil, depth = 0): Record<string, unknown> {
  if (!needsVeil(facts)) return facts;
  const shown = Object.entries(facts).map(([name, value]): [string, unknown] => {
    if (personal.has(name)) return [name, veil(value)];
    return [name, isNested(value) && depth < 1 ? veiled(value, veil, depth + 1) : value];
  });
  return Object.fromEntries(shown);
}

function digesting(key: Uint8Array): Veil {
  const digest = (text: string): string => createHmac("sha256", key).update(text).digest("hex").slice(0, 10);
  const veil: Veil = (value) => {
    if (typeof value === "string") return value === "" ? "" : `#${digest(value.toLowerCase())}`;
    if (Array.isArray(value)) return value.map(veil);
    return value === null || value === undefined || typeof value === "number" ? value : "#";
  };
  return veil;
}

/**
 * Lines are written some at a time, after so many octets or this long, ms: each write wakes another thread, which costs more
 * than the line. The end of the process writes the rest; only `kill -9` loses it.
 */
const gathering = { minLength: 4_096, periodicFlush: 50 };

/** Octets that wait to be written at most: where nobody takes them, lines are lost and not the bridge's memory. */
const waitingBytes = 1_048_576;

/** Standard output. Lines come to it as octets: gathered as text they would all be counted anew with each one. */
function standardOutput(): DestinationStream & { flush(done?: (error?: Error) => void): void } {
  const options = { dest: 1, sync: false, contentMode: "buffer", maxLength: waitingBytes, ...gathering };
  let isFull = false;
  // Its own end tries until there is room, and so never comes; ours are heard first.
  const giveUp = (): void => {
    if (isFull) stream.destroy();
  };
  process.on("beforeExit", giveUp).on("exit", giveUp);
  const stream = destination(options);
  // A full disk below the log: what waits is written with the next lines. There is no place left to say so.
  stream.on("error", () => (isFull = true)).on("write", () => (isFull = false));
  const out = stream as unknown as { write(octets: Buffer): void; flush(done?: () => void): void };
  return { write: (line) => out.write(Buffer.from(line)), flush: (done) => out.flush(done) };
}

/** Each line's time as ISO 8601; what is before the milliseconds is made once a second. */
function isoTimes(): () => string {
  let second = Number.NaN;
  let text = "";
  return () => {
    const nowMs = Date.now();
    const ms = nowMs % 1_000;
    if (nowMs - ms !== second) {
      second = nowMs - ms;
      text = `,"time":"${new Date(second).toISOString().slice(0, -4)}`;
    }
    return `${text}${ms < 10 ? "00" : ms < 100 ? "0" : ""}${ms}Z"`;
  };
}

/** The log. `to`: where lines go; standard output by default, written behind the event loop's back. */
export function createLog(level: LogLevel, to?: DestinationStream): Logger {
  const veil = digesting(randomBytes(16));
  const open = level === "debug";
  return pino(
    {
      level,
      base: null,
      timestamp: isoTimes(),
      // JSON leaves what a terminal draws as a control or turns round: DEL, C1, bidi marks.
      hooks: { streamWrite: printableLines },
      formatters: {
        level: (label) => ({ level: label }),
        log: (facts) => (open ? facts : veiled(facts, veil)),
      },
    },
    to ?? standardOutput(),
  );
}
