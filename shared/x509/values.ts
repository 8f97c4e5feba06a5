// The simple values inside certificates and CRLs: numbers, times, object identifiers, strings.
import { type DerReader, tags } from "./der.ts";

/** BOOLEAN. ITU-T X.690 section 11.1: 00 or FF. */
export function readBoolean(reader: DerReader, tag: number = tags.boolean): boolean {
  const content = reader.content(tag);
  const octet = content[0];
  if (content.length !== 1 || (octet !== 0x00 && octet !== 0xff)) reader.fail("bad BOOLEAN");
  return octet === 0xff;
}

/**
 * BOOLEAN DEFAULT FALSE. DER leaves FALSE out; real issuers write it (an end entity's `cA FALSE` above all), every
 * validator takes it, and it means the same: accepted.
 */
export function readOptionalBoolean(reader: DerReader): boolean {
  return reader.peek() === tags.boolean && readBoolean(reader);
}

/** INTEGER as its content octets (two's complement, minimal: ITU-T X.690 section 8.3.2). */
export function readInteger(reader: DerReader, tag: number = tags.integer): Uint8Array {
  const content = reader.content(tag);
  const [first, second] = content;
  if (first === undefined) reader.fail("empty INTEGER");
  else if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    reader.fail("INTEGER not minimal");
  return content;
}

/** INTEGER from 0 to 2^31 - 1: versions, path lengths, skip counts. Anything else fails. */
export function readSmallInteger(reader: DerReader, tag: number = tags.integer): number {
  const content = readInteger(reader, tag);
  if (content.length > 4 || (content[0] ?? 0) >= 0x80) reader.fail("INTEGER out of range");
  let value = 0;
  for (const octet of content.subarray(0, 4)) value = value * 256 + octet;
  return value;
}

const maxOidOctets = 64;

/** OBJECT IDENTIFIER in dotted form ("2.5.29.17"). ITU-T X.690 section 8.19. */
export function readOid(reader: DerReader, tag: number = tags.oid): string {
  const content = reader.content(tag);
  const text = oidText(content);
  if (text === null) reader.fail("bad OBJECT IDENTIFIER");
  return text ?? "";
}

function oidText(content: Uint8Array): string | null {
  if (content.length === 0 || content.length > maxOidOctets || (content.at(-1) ?? 0x80) >= 0x80) return null;
  const arcs: string[] = [];
  let arc = 0n;
  let small = 0;
  let octets = 0;
  for (const octet of content) {
    if (octets === 0 && octet === 0x80) return null;
    octets += 1;
    // Four octets fit 28 bits; arcs made of UUIDs (2.25) need more than a number holds.
    if (octets <= 4) small = (small << 7) | (octet & 0x7f);
    if (octets === 4) arc = BigInt(small);
    if (octets > 4) arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    if (arcs.length > 0) arcs.push(octets <= 4 ? String(small) : arc.toString());
    else if (octets > 4) arcs.push("2", (arc - 80n).toString());
    else if (small < 80) arcs.push(small < 40 ? "0" : "1", String(small % 40));
    else arcs.push("2", String(small - 80));
    small = 0;
    octets = 0;
  }
  return arcs.join(".");
}

/** A BIT STRING with its unused bits. `octets` excludes the count octet. */
export interface BitString {
  readonly octets: Uint8Array;
  readonly unused: number;
}

/** BIT STRING. ITU-T X.690 sections 8.6 and 11.2: unused bits are zero. */
export function readBitString(reader: DerReader, tag: number = tags.bitString): BitString {
  const content = reader.content(tag);
  const unused = content[0] ?? 8;
  const octets = content.subarray(1);
  const last = octets.at(-1);
  if (unused > 7 || (last === undefined && unused !== 0) || ((last ?? 0) & ((1 << unused) - 1)) !== 0)
    reader.fail("bad BIT STRING");
  return { octets, unused };
}

/** BIT STRING of whole octets: keys and signatures. */
export function readOctetBitString(reader: DerReader): Uint8Array {
  const { octets, unused } = readBitString(reader);
  if (unused !== 0) reader.fail("BIT STRING not of whole octets");
  return octets;
}

/**
 * BIT STRING of named bits as the list of names whose bit is set. DER leaves trailing zero bits out (section 11.2.2);
 * roots of public stores write them, and they mean nothing: accepted.
 */
export function readNamedBits<T>(reader: DerReader, names: readonly T[], tag: number = tags.bitString): T[] {
  const { octets } = readBitString(reader, tag);
  return names.filter((_, index) => ((octets[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0);
}

/** Time: UTCTime or GeneralizedTime as Unix seconds. RFC 5280 section 4.1.2.5: UTC, with seconds, without fractions. */
export function readTime(reader: DerReader): number {
  const generalized = reader.peek() === tags.generalizedTime;
  const content = reader.content(generalized ? tags.generalizedTime : tags.utcTime);
  if (reader.failure !== null) return 0;
  const pairs = digitPairs(content, generalized ? 7 : 6);
  const seconds = pairs === null ? null : unixSeconds(pairs, generalized);
  if (seconds === null) reader.fail("bad time");
  return seconds ?? 0;
}

/** So many numbers of two digits, and a "Z". */
function digitPairs(content: Uint8Array, count: number): readonly number[] | null {
  if (content.length !== 2 * count + 1 || content[2 * count] !== 0x5a) return null;
  const pairs: number[] = [];
  for (let index = 0; index < 2 * count; index += 2) {
    const [tens = 0, ones = 0] = [content[index], content[index + 1]];
    if (tens < 0x30 || tens > 0x39 || ones < 0x30 || ones > 0x39) return null;
    pairs.push((tens - 0x30) * 10 + ones - 0x30);
  }
  return pairs;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function unixSeconds(pairs: readonly number[], generalized: boolean): number | null {
  const [first = 0, second = 0] = pairs;
  // RFC 5280 section 4.1.2.5.1: two-digit years from 50 on are of the 20th century.
  const year = generalized ? first * 100 + second : first + (first >= 50 ? 1900 : 2000);
  const [month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = pairs.slice(generalized ? 2 : 1);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = (monthDays[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0);
  if (day < 1 || day > days || hours > 23 || minutes > 59 || seconds > 59) return null;
  // Date.UTC takes years below 100 for the 20th century's; the calendar repeats after 400 years.
  const date = Date.UTC(year + 400, month - 1, day, hours, minutes, seconds) / 1000;
  return date - 146_097 * 86_400;
}

/** The octets as text, or null where one is not ASCII. NUL is kept: whoever compares names must refuse it. */
export function asciiText(octets: Uint8Array): string | null {
  let text = "";
  for (const octet of octets) {
    if (octet > 0x7f) return null;
    text += String.fromCharCode(octet);
  }
  return text;
}

/** IA5String (or an implicit tag in its place). */
export function readIa5(reader: DerReader, tag: number = tags.ia5String): string {
  const text = asciiText(reader.content(tag));
  if (text === null) reader.fail("IA5String beyond ASCII");
  return text ?? "";
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 octets as text; null where they are malformed. */
export function utf8Text(octets: Uint8Array): string | null {
  try {
    return strictDecoder.decode(octets);
  } catch {
    // A fatal decoder's way to say "malformed": an answer here, not an accident.
    return null;
  }
}
