// Changes of octets that parsers trip over: bits, splices, words of the protocol, lengths that lie, lines out of order.

/** Numbers from 0 to below 1. */
export type Random = () => number;

/** What mutators draw from. */
export interface Stock {
  readonly random: Random;
  /** Words of the protocol, as octets. */
  readonly words: readonly Uint8Array[];
  /** Inputs kept so far. */
  readonly kept: readonly Uint8Array[];
  readonly maxBytes: number;
}

type Mutator = (input: Uint8Array, stock: Stock) => Uint8Array;

function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[below(random, list.length)];
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** A stretch of the input: mostly short. */
function stretch(random: Random, length: number): readonly [number, number] {
  const start = below(random, length + 1);
  const longest = random() < 0.8 ? 8 : random() < 0.8 ? 64 : length;
  return [start, Math.min(length, start + 1 + below(random, longest))];
}

function put(input: Uint8Array, start: number, end: number, piece: Uint8Array): Uint8Array {
  return joined(input.subarray(0, start), piece, input.subarray(end));
}

function changed(input: Uint8Array, edit: (copy: Uint8Array) => void): Uint8Array {
  const copy = new Uint8Array(input);
  if (copy.length > 0) edit(copy);
  return copy;
}

function flip(octets: Uint8Array, at: number, mask: number): void {
  octets[at] = (octets[at] ?? 0) ^ mask;
}

const interesting = [0, 1, 2, 0x0a, 0x0d, 0x20, 0x22, 0x28, 0x2c, 0x3b, 0x3d, 0x5c, 0x7f, 0x80, 0xc3, 0xff];
const lengths = [
  0, 1, 2, 4, 12, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xf_ffff, 0x10_0000, 0x7fff_ffff, 0xffff_ffff,
];
const separators = ["\n", "\r\n", ";", ",", " ", "\0", "\r\n\r\n", "}", '"'];
const numbers = ["0", "-1", "1", "00", "4294967295", "4294967296", "9007199254740993", "1e9", "99999999999999999999"];

const mutators: readonly Mutator[] = [
  (input, { random }) => changed(input, (copy) => flip(copy, below(random, copy.length), 1 << below(random, 8))),
  (input, { random }) => changed(input, (copy) => (copy[below(random, copy.length)] = below(random, 256))),
  (input, { random }) => changed(input, (copy) => (copy[below(random, copy.length)] = pick(random, interesting) ?? 0)),
  (input, { random }) => {
    const at = below(random, input.length + 1);
    return put(input, at, at, Uint8Array.of(pick(random, interesting) ?? 0));
  },
  // Removed, doubled, moved.
  (input, { random }) => put(input, ...stretch(random, input.length), new Uint8Array()),
  (input, { random }) => {
    const [start, end] = stretch(random, input.length);
    return put(input, end, end, input.subarray(start, end));
  },
  (input, { random }) => {
    const [start, end] = stretch(random, input.length);
    const at = below(random, input.length + 1);
    return put(input, at, at, input.subarray(start, end));
  },
  // Words.
  (input, { random, words }) => {
    const at = below(random, input.length + 1);
    return put(input, at, at, pick(random, words) ?? new Uint8Array());
  },
  (input, { random, words }) => {
    const word = pick(random, words) ?? new Uint8Array();
    const at = below(random, input.length + 1);
    return put(input, at, Math.min(input.length, at + word.length), word);
  },
  (input, { random, words }) => put(input, ...stretch(random, input.length), pick(random, words) ?? new Uint8Array()),
  // Lengths that lie: one, two or four octets in network order.
  (input, { random }) => {
    const width = pick(random, [1, 2, 4]) ?? 1;
    const at = below(random, input.length + 1);
    const value = random() < 0.5 ? (pick(random, lengths) ?? 0) : Math.max(0, input.length - at + below(random, 5) - 2);
    const octets = new Uint8Array(width);
    for (let index = 0; index < width; index += 1) octets[index] = (value / 256 ** (width - 1 - index)) & 0xff;
    return put(input, at, Math.min(input.length, at + width), octets);
  },
  // Numbers in text.
  (input, { random }) => {
    const text = Buffer.from(input).toString("latin1");
    const found = [...text.matchAll(/[0-9]+/g)];
    const place = pick(random, found);
    if (place === undefined) return input;
    const number = random() < 0.5 ? (pick(random, numbers) ?? "0") : String(Number(place[0]) + below(random, 3) - 1);
    return put(input, place.index, place.index + place[0].length, new Uint8Array(Buffer.from(number, "latin1")));
  },
  // Pieces between separators swapped, doubled, removed.
  (input, { random }) => {
    const separator = pick(random, separators) ?? "\n";
    const pieces = Buffer.from(input).toString("latin1").split(separator);
    const [one, two] = [below(random, pieces.length), below(random, pieces.length)];
    const choice = random();
    if (choice < 0.4) [pieces[one], pieces[two]] = [pieces[two] ?? "", pieces[one] ?? ""];
    else if (choice < 0.7) pieces.splice(two, 0, pieces[one] ?? "");
    else pieces.splice(one, 1);
    return new Uint8Array(Buffer.from(pieces.join(separator), "latin1"));
  },
  // Spliced with another input that was kept.
  (input, { random, kept }) => {
    const other = pick(random, kept) ?? input;
    return joined(input.subarray(0, below(random, input.length + 1)), other.subarray(below(random, other.length + 1)));
  },
  (input, { random, kept }) => {
    const other = pick(random, kept) ?? input;
    const at = below(random, input.length + 1);
    return put(input, at, at, other.subarray(...stretch(random, other.length)));
  },
  // Grown: what costs more than its length shows.
  (input, { random, maxBytes }) => {
    if (random() < 0.8) return input;
    const [start, end] = stretch(random, input.length);
    const piece = input.subarray(start, end);
    const times = Math.floor((maxBytes - input.length) / Math.max(1, piece.length));
    return piece.length === 0 || times < 1
      ? input
      : put(input, end, end, joined(...Array.from({ length: 1 + below(random, times) }, () => piece)));
  },
];

/** One input changed some times over. */
export function mutated(input: Uint8Array, stock: Stock): Uint8Array {
  let output = input;
  const times = 1 + below(stock.random, stock.random() < 0.7 ? 3 : 8);
  for (let time = 0; time < times; time += 1) output = pick(stock.random, mutators)?.(output, stock) ?? output;
  return output.length > stock.maxBytes ? output.slice(0, stock.maxBytes) : output;
}
