// The relaxed canonicalisation of header fields and bodies. RFC 6376 sections 3.4.2 and 3.4.4.
// Input lines end in CRLF or bare LF (Thunderbird's local mail) and mean the same; output has CRLF.
import { concatBytes } from "../encoding/bytes.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import { cleanRunEnd, wordsOf } from "./clean-run.ts";
import type { HeaderField } from "./field.ts";

const tab = 0x09;
const lf = 0x0a;
const cr = 0x0d;
const space = 0x20;

function isSpace(unit: number): boolean {
  return unit === space || unit === tab;
}

/** The value unfolded, runs of WSP reduced to one SP, none at either end. */
function relaxedValue(value: string): string {
  if (!value.includes("\n") && !value.includes("\t") && !value.includes("  ")) {
    const start = value.charCodeAt(0) === space ? 1 : 0;
    const end = value.length > start && value.charCodeAt(value.length - 1) === space ? value.length - 1 : value.length;
    return start === 0 && end === value.length ? value : value.slice(start, end);
  }
  // Only ever appended to: looking into a string that is still being put together copies all of it each time.
  let relaxed = "";
  let wordStart = -1;
  let spaced = false;
  for (let index = 0; index <= value.length; index += 1) {
    const unit = index < value.length ? value.charCodeAt(index) : lf;
    const fold = unit === lf || (unit === cr && value.charCodeAt(index + 1) === lf);
    if (!fold && !isSpace(unit)) {
      if (wordStart < 0) {
        wordStart = index;
      }
      continue;
    }
    if (wordStart >= 0) {
      relaxed += spaced && relaxed !== "" ? ` ${value.slice(wordStart, index)}` : value.slice(wordStart, index);
      wordStart = -1;
      spaced = false;
    }
    spaced ||= isSpace(unit);
  }
  return relaxed;
}

/** One field as "name:value", relaxed, without the final CRLF. Byte strings in, byte string out. */
export function relaxedField(name: string, value: string): string {
  return `${name.toLowerCase()}:${relaxedValue(value)}`;
}

/** One field ("Name: value" as text, or taken apart) as "name:value", relaxed, without the final CRLF. */
export function relaxHeader(field: HeaderField | string): Result<string> {
  if (typeof field !== "string") {
    return ok(relaxedField(field.name, field.value));
  }
  const colon = field.indexOf(":");
  // RFC 6376 section 3.4.2: WSP on either side of the colon goes.
  const name = relaxedValue(field.slice(0, Math.max(colon, 0)));
  if (name === "") {
    return perm("header/malformed", "no field name before a colon");
  }
  return ok(relaxedField(name, field.slice(colon + 1)));
}

/** After an octet that relaxing changes, this many are copied one by one before clean runs are looked for again. */
const copiedOctets = 1_024;
/** Runs shorter than this are gathered with what surrounds them: one copy costs less than one call of the hash. */
const gatherBytes = 512;
const gatherCapacity = 8_192;
const lineEnd = Uint8Array.of(cr, lf);

/**
 * Relaxes a body as it streams by. The sink gets the canonical octets in order, in pieces that are only valid during
 * the call: long clean runs are views into the caller's chunk, nothing is copied where nothing changes.
 */
export class BodyRelaxer {
  readonly #sink: (piece: Uint8Array) => void;
  /** Gathered octets, made when first needed. */
  #gathered: Uint8Array | null = null;
  #gatheredLength = 0;
  /** Line ends seen since the last content; written once more content follows, reduced to one at the end. */
  #lineEnds = 0;
  /** WSP seen since the last content or line end. */
  #space = false;
  /** A CR was the last octet: half a line end, or content. */
  #carriageReturn = false;
  /** There has been content. */
  #any = false;

  constructor(sink: (piece: Uint8Array) => void) {
    this.#sink = sink;
  }

  /** The next piece of the body, cut anywhere. */
  update(chunk: Uint8Array): void {
    const words = wordsOf(chunk);
    let index = this.#copy(chunk, 0, 0);
    while (index < chunk.length) {
      const end = cleanRunEnd(chunk, words, index);
      this.#write(chunk, index, end);
      index = this.#copy(chunk, end, end + copiedOctets);
    }
  }

  /** The body is over: trailing empty lines are dropped, a non-empty body ends in one CRLF. */
  end(): void {
    this.#endCarriageReturn();
    this.#flush();
    if (this.#any) {
      this.#sink(lineEnd);
    }
  }

  /**
   * Relaxes octet by octet from `start` on. Answers where, at or after `until`, content begins that a clean run may
   * begin with: everything before it has been written.
   */
  #copy(chunk: Uint8Array, start: number, until: number): number {
    let index = start;
    while (index < chunk.length) {
      const byte = chunk[index] ?? 0;
      if (byte === lf) {
        this.#lineEnds += 1;
        this.#space = false;
        this.#carriageReturn = false;
        index += 1;
        continue;
      }
      this.#endCarriageReturn();
      if (byte === cr) {
        this.#carriageReturn = true;
        index += 1;
      } else if (isSpace(byte)) {
        this.#space = true;
        index = afterSpaces(chunk, index + 1);
      } else {
        this.#release();
        if (index >= until) {
          return index;
        }
        index = this.#word(chunk, index);
      }
    }
    return index;
  }

  /** Gathers content up to the next white space or line end; answers where that is. */
  #word(chunk: Uint8Array, start: number): number {
    const end = Math.min(chunk.length, start + gatherBytes);
    const gathered = this.#room(gatherBytes);
    let length = this.#gatheredLength;
    let index = start;
    for (; index < end; index += 1) {
      const byte = chunk[index] ?? 0;
      if (byte <= space && isBreak(byte)) {
        break;
      }
      gathered[length] = byte;
      length += 1;
    }
    this.#gatheredLength = length;
    return index;
  }

  /** The buffer, with room for so many octets (fewer than its capacity) after what it holds. */
  #room(length: number): Uint8Array {
    this.#gathered ??= new Uint8Array(gatherCapacity);
    if (this.#gatheredLength + length > gatherCapacity) {
      this.#flush();
    }
    return this.#gathered;
  }

  /** A CR that no LF followed is content (RFC 6376 has no word for it; so all implementations compared here do). */
  #endCarriageReturn(): void {
    if (this.#carriageReturn) {
      this.#release();
      this.#gather(cr);
      this.#carriageReturn = false;
    }
  }

  /** Writes what was held, as content follows. */
  #release(): void {
    this.#any = true;
    for (; this.#lineEnds > 0; this.#lineEnds -= 1) {
      this.#gather(cr);
      this.#gather(lf);
    }
    if (this.#space) {
      this.#gather(space);
      this.#space = false;
    }
  }

  #write(chunk: Uint8Array, start: number, end: number): void {
    if (end - start >= gatherBytes) {
      this.#flush();
      this.#sink(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
      return;
    }
    const gathered = this.#room(end - start);
    let length = this.#gatheredLength;
    for (let index = start; index < end; index += 1) {
      gathered[length] = chunk[index] ?? 0;
      length += 1;
    }
    this.#gatheredLength = length;
  }

  #gather(byte: number): void {
    this.#room(1)[this.#gatheredLength] = byte;
    this.#gatheredLength += 1;
  }

  #flush(): void {
    if (this.#gathered !== null && this.#gatheredLength > 0) {
      this.#sink(this.#gathered.subarray(0, this.#gatheredLength));
      this.#gatheredLength = 0;
    }
  }
}

function isBreak(byte: number): boolean {
  return byte === space || byte === cr || byte === lf || byte === tab;
}

function afterSpaces(chunk: Uint8Array, start: number): number {
  let index = start;
  while (index < chunk.length && isSpace(chunk[index] ?? 0)) {
    index += 1;
  }
  return index;
}

/** The whole body relaxed (RFC 6376 section 3.4.4). An empty body, and one of empty lines only, stays empty. */
export function relaxBody(body: Uint8Array): Result<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const relaxer = new BodyRelaxer((piece) => {
    pieces.push(piece.slice());
  });
  relaxer.update(body);
  relaxer.end();
  return ok(concatBytes(...pieces));
}
