// Writes DER, right or deliberately wrong, for tests. ITU-T X.690.

/** One value: identifier octet and content. */
export function value(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  const head =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x1_00_00
          ? [0x82, length >> 8, length & 0xff]
          : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Uint8Array.from(Buffer.concat([Uint8Array.of(tag, ...head), ...content]));
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array => value(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Uint8Array => value(0x31, ...items);
export const explicit = (number: number, ...items: readonly Uint8Array[]): Uint8Array => value(0xa0 | number, ...items);
export const implicit = (number: number, content: Uint8Array): Uint8Array => value(0x80 | number, content);
export const boolean = (on: boolean): Uint8Array => value(0x01, Uint8Array.of(on ? 0xff : 0));
export const octets = (content: Uint8Array): Uint8Array => value(0x04, content);
export const bits = (content: Uint8Array, unused = 0): Uint8Array => value(0x03, Uint8Array.of(unused), content);
export const text = (content: string): Uint8Array => Uint8Array.from(Buffer.from(content, "utf8"));
export const utf8 = (content: string): Uint8Array => value(0x0c, text(content));
export const printable = (content: string): Uint8Array => value(0x13, text(content));
export const ia5 = (content: string): Uint8Array => value(0x16, text(content));

/** INTEGER of a number, or of content octets as they are. */
export function integer(content: number | Uint8Array): Uint8Array {
  if (typeof content !== "number") return value(0x02, content);
  const hex = content.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return value(0x02, Uint8Array.from(Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, "hex")));
}

/** OBJECT IDENTIFIER of dotted text. */
export function oid(dotted: string): Uint8Array {
  const [first = 0n, second = 0n, ...rest] = dotted.split(".").map(BigInt);
  const content = [first * 40n + second, ...rest].flatMap((arc) => {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    return groups;
  });
  return value(0x06, Uint8Array.from(content));
}

/** GeneralizedTime, or UTCTime where RFC 5280 section 4.1.2.5 asks for it. */
export function time(seconds: number): Uint8Array {
  const digits = digitsOf(seconds);
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050 ? value(0x17, text(digits.slice(2))) : generalizedTime(seconds);
}

/** Where GeneralizedTime is asked for, whatever the year. */
export function generalizedTime(seconds: number): Uint8Array {
  return value(0x18, text(digitsOf(seconds)));
}

function digitsOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replaceAll(/[-:T]|\.\d+/gu, "");
}

/** BIT STRING of named bits, trailing zeros left out. */
export function namedBits(numbers: readonly number[], tag = 0x03): Uint8Array {
  const last = Math.max(-1, ...numbers);
  const content = new Uint8Array((last >> 3) + 1);
  for (const number of numbers) content[number >> 3] = (content[number >> 3] ?? 0) | (0x80 >> (number & 7));
  return value(tag, Uint8Array.of(last < 0 ? 0 : 7 - (last & 7)), content);
}
