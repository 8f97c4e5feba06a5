// Distinguished names: read, shown (RFC 4514) and compared (RFC 5280 section 7.1).
// Known gap: comparison folds with NFKC and upper case instead of all of RFC 4518's preparation; TeletexString compares
// octet by octet only.
import { toHex } from "../encoding/hex.ts";
import { DerReader, tags } from "./der.ts";
import { asciiText, readOid, utf8Text } from "./values.ts";

/** One attribute of a name. */
export interface NameAttribute {
  /** Dotted OID: "2.5.4.3". */
  readonly type: string;
  /** Its text; null where the value is no string this reader knows. */
  readonly value: string | null;
}

/** A name as it stands in a certificate. */
export interface DistinguishedName {
  readonly der: Uint8Array;
  /** RFC 4514 text, most specific part first ("CN=Alice,O=Example"). Hostile until shown as text. */
  readonly text: string;
  /** One string per RDN, in order of the encoding: equal strings mean matching RDNs. */
  readonly rdnKeys: readonly string[];
  /** Equal keys mean equal names. Empty for the empty name. */
  readonly key: string;
  readonly attributes: readonly NameAttribute[];
}

/** The legacy emailAddress attribute (RFC 5280 section 4.1.2.6). */
export const emailAddressType = "1.2.840.113549.1.9.1";

// RFC 4514 section 3's short names, and emailAddress as people know it.
const shortNames = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.6", "C"],
  ["2.5.4.9", "STREET"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["0.9.2342.19200300.100.1.1", "UID"],
  [emailAddressType, "emailAddress"],
]);

/** Dotted OID of an attribute's short name, or of a dotted OID; null for neither. */
function attributeType(name: string): string | null {
  if (/^[0-2](\.\d{1,20}){1,30}$/u.test(name)) return name;
  for (const [oid, short] of shortNames) if (short.toLowerCase() === name.toLowerCase()) return oid;
  return null;
}

/** Name ::= SEQUENCE OF RelativeDistinguishedName (RFC 5280 section 4.1.2.4). */
export function readName(reader: DerReader): DistinguishedName {
  const start = reader.position;
  const sequence = reader.enter(tags.sequence);
  const attributes: NameAttribute[] = [];
  const rdnKeys: string[] = [];
  const texts: string[] = [];
  while (sequence.more()) {
    const set = sequence.enter(tags.set);
    const rdn: { attribute: NameAttribute; key: string; text: string }[] = [];
    do rdn.push(readAttribute(set));
    while (set.more());
    for (const { attribute } of rdn) attributes.push(attribute);
    rdnKeys.push(joinKeys(rdn.map((part) => part.key)));
    texts.push(rdn.map((part) => part.text).join("+"));
  }
  return { der: reader.since(start), text: texts.reverse().join(","), rdnKeys, key: rdnKeys.join(""), attributes };
}

function readAttribute(set: DerReader): { attribute: NameAttribute; key: string; text: string } {
  const pair = set.enter(tags.sequence);
  const type = readOid(pair);
  const tag = pair.peek();
  const raw = pair.element();
  pair.finish();
  if (pair.failure !== null) return { attribute: { type, value: null }, key: "", text: "" };
  const content = new DerReader(raw).content(tag);
  const value = stringValue(tag, content);
  if (value === null && stringTags.has(tag)) pair.fail("bad string in a name");
  const label = shortNames.get(type) ?? type;
  if (value === null) {
    const hex = toHex(raw);
    return { attribute: { type, value }, key: attributeKey(type, "#", hex), text: `${label}=#${hex}` };
  }
  const key = tag === tags.teletexString ? attributeKey(type, "t", value) : textKey(type, value);
  return { attribute: { type, value }, key, text: `${label}=${escapeValue(value)}` };
}

// Types whose octets must be well-formed text.
const stringTags: ReadonlySet<number> = new Set([
  tags.utf8String,
  tags.printableString,
  tags.numericString,
  tags.ia5String,
  tags.visibleString,
  tags.bmpString,
  tags.universalString,
]);

function stringValue(tag: number, content: Uint8Array): string | null {
  switch (tag) {
    case tags.utf8String:
      return utf8Text(content);
    case tags.printableString:
    case tags.numericString:
    case tags.ia5String:
    case tags.visibleString:
      return asciiText(content);
    case tags.bmpString:
      return wideText(content, 2);
    case tags.universalString:
      return wideText(content, 4);
    case tags.teletexString:
      // Practice writes ISO 8859-1 here; the code points are shown, never folded.
      return content.length > 4096 ? null : String.fromCharCode(...content);
    default:
      return null;
  }
}

function wideText(content: Uint8Array, width: 2 | 4): string | null {
  if (content.length % width !== 0) return null;
  let text = "";
  for (let index = 0; index < content.length; index += width) {
    let code = 0;
    for (const octet of content.subarray(index, index + width)) code = code * 256 + octet;
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
    text += String.fromCodePoint(code);
  }
  return text;
}

/** RFC 5280 section 7.1: case and runs of spaces don't count, nor the string type. */
function textKey(type: string, value: string): string {
  const folded = value.normalize("NFKC").toUpperCase().trim().replaceAll(/\s+/gu, " ");
  return attributeKey(type, "s", folded);
}

// Lengths in the key keep two different lists of values from looking alike.
function attributeKey(type: string, kind: string, value: string): string {
  return `${type}${kind}${value.length}:${value};`;
}

/** An RDN is a set: its attributes' order doesn't count. */
function joinKeys(keys: readonly string[]): string {
  return `${keys.length}(${keys.toSorted().join("")})`;
}

/** RFC 4514 section 2.4; controls and bidirectional marks are escaped as well, since the text is shown to people. */
function escapeValue(value: string): string {
  return value
    .replaceAll(/["+,;<>\\]/gu, String.raw`\$&`)
    .replaceAll(/^[ #]| $/gu, String.raw`\$&`)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      [...new TextEncoder().encode(character)].map((octet) => `\\${octet.toString(16).padStart(2, "0")}`).join(""),
    );
}

/** RFC 4514 text as a comparison key (DistinguishedName.key); null where it is malformed or names an unknown attribute. */
export function nameKeyFromText(text: string): string | null {
  if (text.length > 4096) return null;
  const rdnKeys: string[] = [];
  for (const rdn of splitUnescaped(text, ",")) {
    const keys: string[] = [];
    for (const pair of splitUnescaped(rdn, "+")) {
      const equals = pair.indexOf("=");
      const type = equals < 1 ? null : attributeType(pair.slice(0, equals).trim());
      const value = unescapeValue(pair.slice(equals + 1));
      if (type === null || value === null) return null;
      keys.push(value.startsWith("#") ? attributeKey(type, "#", value.slice(1)) : textKey(type, value.slice(1)));
    }
    rdnKeys.push(joinKeys(keys));
  }
  return text === "" ? "" : rdnKeys.reverse().join("");
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = [];
  let part = "";
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === "\\") part += character + text.charAt((index += 1));
    else if (character === separator) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  return [...parts, part];
}

/** "#hex" for a hex string, "s" and the text for text: so that an escaped "#" stays text. */
function unescapeValue(written: string): string | null {
  const value = written.replace(/^ +/u, "").replace(/(?<!\\) +$/u, "");
  if (value.startsWith("#")) return /^#([0-9a-f]{2})+$/iu.test(value) ? value.toLowerCase() : null;
  const octets: number[] = [];
  const encoder = new TextEncoder();
  for (let index = 0; index < value.length;) {
    const hex = /^\\([0-9a-f]{2})/iu.exec(value.slice(index, index + 3))?.[1];
    if (hex !== undefined) {
      octets.push(Number.parseInt(hex, 16));
      index += 3;
      continue;
    }
    if (value.charAt(index) === "\\") index += 1;
    const character = String.fromCodePoint(value.codePointAt(index) ?? 0);
    if (index >= value.length) return null;
    octets.push(...encoder.encode(character));
    index += character.length;
  }
  const decoded = utf8Text(Uint8Array.from(octets));
  return decoded === null ? null : `s${decoded}`;
}
