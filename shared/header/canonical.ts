// The relaxed canonicalisation of header fields and bodies. RFC 6376 sections 3.4.2 and 3.4.4.
// Input lines end in CRLF or bare LF (Thunderbird's local mail) and mean the same; output has CRLF.
import { concatBytes } from "../encoding/bytes.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
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
  let relaxed = "";
  let wordStart = -1;
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
      relaxed += value.slice(wordStart, index);
      wordStart = -1;
    }
    if (isSpace(unit) && relaxed !== "" && relaxed.charCodeAt(relaxed.length - 1) !== space) {
      relaxed += " ";
    }
  }
  return relaxed.endsWith(" ") ? relaxed.slice(0, -1) : relaxed;
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

/** Runs shorter than this are gathered in one piece: one copy costs less than one call of the hash. */
const gatherBytes = 512;
const gatherCapacity = 8_192;
const lineEnd = Uint8Array.of(cr, lf);

/**
 * Relaxes a body as it streams by. The sink gets the canonical octets in order, in pieces that are only valid during
 * the call: long clean runs are views into the caller's chunk, nothing is copied where nothing changes.
 */
export class BodyRelaxer {
  readonly #sink: (piece: Uint8Array) => void;
  /** Gathered short runs, made when first needed. */
  #gathered: Uint8Array | null = null;
  #gatheredLength = 0;
  /** Line ends seen since the last content; written once more content follows, reduced to one at the end. */
  #lineEnds = 0;
  /** WSP seen since the last content or line end. */
  #space = false;
  /** A CR was the last octet: half a line end, or content. */
  #carriageReturn = false;
  /** The octet last seen was content, so the next may continue a run. */
  #any = false;

  constructor(sink: (piece: Uint8Array) => void) {
    this.#sink = sink;
  }

  /** The next piece of the body, cut anywhere. */
  update(chunk: Uint8Array): void {
    let index = 0;
    while (index < chunk.length) {
      index = this.#hold(chunk, index);
      if (index < chunk.length) {
        const end = cleanRunEnd(chunk, index);
        this.#write(chunk, index, end);
        index = end;
      }
    }
  }

  /** The body is over: trailing empty lines are dropped, a non-empty body ends in one CRLF. */
  end(): void {
    if (this.#carriageReturn) {
      this.#release();
      this.#write(lineEnd, 0, 1);
    }
    if (this.#any) {
      this.#write(lineEnd, 0, 2);
    }
    this.#flush();
  }

  /** Takes in WSP and line ends from `index` on; answers where content begins, everything held before it written. */
  #hold(chunk: Uint8Array, start: number): number {
    let index = start;
    for (; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0;
      if (byte === lf) {
        this.#lineEnds += 1;
        this.#space = false;
        this.#carriageReturn = false;
        continue;
      }
      if (this.#carriageReturn) {
        this.#release();
        this.#write(lineEnd, 0, 1);
        this.#carriageReturn = false;
      }
      if (byte === cr) {
        this.#carriageReturn = true;
      } else if (isSpace(byte)) {
        this.#space = true;
      } else {
        this.#release();
        return index;
      }
    }
    return index;
  }

  /** Writes what was held, as content follows. */
  #release(): void {
    this.#any = true;
    while (this.#lineEnds > 0) {
      this.#write(lineEnd, 0, 2);
      this.#lineEnds -= 1;
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
    for (let index = start; index < end; index += 1) {
      this.#gather(chunk[index] ?? 0);
    }
  }

  #gather(byte: number): void {
    this.#gathered ??= new Uint8Array(gatherCapacity);
    if (this.#gatheredLength === gatherCapacity) {
      this.#flush();
    }
    this.#gathered[this.#gatheredLength] = byte;
    this.#gatheredLength += 1;
  }

  #flush(): void {
    if (this.#gathered !== null && this.#gatheredLength > 0) {
      this.#sink(this.#gathered.subarray(0, this.#gatheredLength));
      this.#gatheredLength = 0;
    }
  }
}

/**
 * The end of the run of octets from `start` on that relaxing leaves as they are. `start` is content. The run stops
 * before any SP, CR, LF or tab that is not plainly a single SP between content, or a CRLF between lines of content.
 */
function cleanRunEnd(chunk: Uint8Array, start: number): number {
  const { length } = chunk;
  let index = start + 1;
  while (index < length) {
    const byte = chunk[index] ?? 0;
    if (byte > space) {
      index += 1;
    } else if (byte === space) {
      if (!(index + 1 < length && (chunk[index + 1] ?? 0) > space)) {
        return index;
      }
      index += 2;
    } else if (byte === cr) {
      if (!(index + 2 < length && chunk[index + 1] === lf && (chunk[index + 2] ?? 0) > space)) {
        return index;
      }
      index += 3;
    } else if (byte === lf || byte === tab) {
      return index;
    } else {
      index += 1;
    }
  }
  return length;
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
