// A strict reader for DER (ITU-T X.690 sections 8 and 10): definite, minimal lengths, one-octet tags, no copying.
// The first fault sticks: every later read answers emptily, and the caller asks once, at the end, whether all was well.
// Known gap: values nobody here looks into (unknown extensions, ANY parameters) are only measured, not checked inside.

/** Identifier octets of the universal types X.509 uses (ITU-T X.690 section 8.1.2). */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier octet of a context-specific tag: [n] primitive. */
export function primitive(number: number): number {
  return 0x80 | number;
}

/** Identifier octet of a context-specific tag: [n] constructed. */
export function constructed(number: number): number {
  return 0xa0 | number;
}

interface Fault {
  detail: string | null;
}

/** Reads one run of DER values. What it hands out are views of the input, not copies. */
export class DerReader {
  readonly input: Uint8Array;
  /** Index of the next octet to read. */
  position: number;
  readonly end: number;
  private readonly fault: Fault;

  constructor(input: Uint8Array, position = 0, end: number = input.length, fault: Fault = { detail: null }) {
    this.input = input;
    this.position = position;
    this.end = end;
    this.fault = fault;
  }

  /** What was wrong first, anywhere in this input; null: nothing yet. */
  get failure(): string | null {
    return this.fault.detail;
  }

  /** Marks the whole input as bad; the first mark stays. */
  fail(detail: string): void {
    this.fault.detail ??= `${detail} at octet ${this.position}`;
  }

  /** Whether another value follows. Always false after a fault, so that loops end. */
  more(): boolean {
    return this.fault.detail === null && this.position < this.end;
  }

  /** Identifier octet of the next value; -1 where none follows. */
  peek(): number {
    return this.more() ? (this.input[this.position] ?? -1) : -1;
  }

  /** Fails unless everything was read. */
  finish(): void {
    if (this.fault.detail === null && this.position !== this.end) this.fail("octets too many");
  }

  /** The content of the next value, which must have this tag, as a reader. */
  enter(tag: number): DerReader {
    const [start, end] = this.step(tag);
    return new DerReader(this.input, start, end, this.fault);
  }

  /** The same, where the value may be left out: null then. */
  enterOptional(tag: number): DerReader | null {
    return this.peek() === tag ? this.enter(tag) : null;
  }

  /** The content octets of the next value, which must have this tag. */
  content(tag: number): Uint8Array {
    const [start, end] = this.step(tag);
    return this.input.subarray(start, end);
  }

  /** The next value, of any tag, with its identifier and length octets. */
  element(): Uint8Array {
    const start = this.position;
    const [, end] = this.step(null);
    return this.input.subarray(this.fault.detail === null ? start : end, end);
  }

  /** From `start` (an earlier `position`) up to here: the octets a signature covers. */
  since(start: number): Uint8Array {
    return this.input.subarray(start, this.position);
  }

  private step(tag: number | null): readonly [number, number] {
    const nothing = [this.end, this.end] as const;
    if (this.fault.detail !== null) return nothing;
    const { input, end, position } = this;
    const found = input[position];
    if (found === undefined || position + 2 > end) return this.stop("value cut off", nothing);
    if (tag !== null && found !== tag)
      return this.stop(`tag ${found.toString(16)} in place of ${tag.toString(16)}`, nothing);
    if ((found & 0x1f) === 0x1f) return this.stop("tag of several octets", nothing);
    let start = position + 2;
    let length = input[position + 1] ?? 0;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > 4 || start + octets > end) return this.stop("bad length", nothing);
      length = 0;
      for (let index = 0; index < octets; index += 1) length = length * 256 + (input[start + index] ?? 0);
      // ITU-T X.690 section 10.1: the shortest form.
      if (length < 0x80 || length < 256 ** (octets - 1)) return this.stop("length not minimal", nothing);
      start += octets;
    }
    if (length > end - start) return this.stop("length beyond the end", nothing);
    this.position = start + length;
    return [start, start + length];
  }

  private stop<T>(detail: string, nothing: T): T {
    this.fail(detail);
    return nothing;
  }
}
