// Text of a mail, made fit to be shown: what can't be seen or turns what stands beside it around is made visible, and
// nothing is endless. Unicode Technical Report 36 (bidirectional spoofing), UTS 39 section 5 (mixed scripts).
import { decodeUtf8 } from "../encoding/bytes.ts";

/** Longest text shown, UTF-16 units: an address has at most 254 octets (RFC 5321 section 4.5.3.1.3). */
const maxShown = 300;

// Controls, lone surrogates, line and paragraph separators, bidirectional marks, embeddings, overrides and isolates, and
// all that Unicode says is drawn as nothing (zero-width characters, soft hyphen, fillers, variation selectors, tags).
const invisible = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u{fff9}-\u{fffb}]/gu;

/** Unicode text as it may be shown: each invisible character becomes U+FFFD, white space one space, long text is cut. */
export function shown(text: string): string {
  const visible = text
    .slice(0, maxShown * 2)
    .replaceAll(/[\t\r\n]+/g, " ")
    .replaceAll(invisible, "\ufffd")
    .trim();
  if (visible.length <= maxShown) return visible;
  return `${visible.slice(0, maxShown).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** A whole header for whoever wants to read it: its lines and tabs stay, nothing in them is unseen or turns them around. */
export function shownLines(text: string): string {
  return text.replaceAll(invisible, (unit) => (/[\t\r\n]/.test(unit) ? unit : "\ufffd"));
}

/** A byte string of a header, decoded and as it may be shown. */
export function shownOctets(byteString: string): string {
  return shown(decodeUtf8(byteString.slice(0, maxShown * 8)));
}

/** Scripts whose letters are taken for one another or used in addresses; all others count as one more. */
const scripts: readonly (readonly [name: string, letters: RegExp])[] = [
  ["Latin", /\p{Script=Latin}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Armenian", /\p{Script=Armenian}/u],
  ["Hebrew", /\p{Script=Hebrew}/u],
  ["Arabic", /\p{Script=Arabic}/u],
  ["Han", /\p{Script=Han}/u],
  ["Kana", /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ["Hangul", /\p{Script=Hangul}/u],
  ["Bopomofo", /\p{Script=Bopomofo}/u],
];
const notALetter = /[\p{Script=Common}\p{Script=Inherited}]/u;

/** Scripts that East Asian languages write together, Latin with each (UTS 39 section 5.2, "Highly Restrictive"). */
const together: readonly ReadonlySet<string>[] = [
  new Set(["Latin", "Han", "Kana"]),
  new Set(["Latin", "Han", "Hangul"]),
  new Set(["Latin", "Han", "Bopomofo"]),
];

function scriptsOf(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const character of text.slice(0, maxShown)) {
    if (!notALetter.test(character)) found.add(scripts.find(([, letters]) => letters.test(character))?.[0] ?? "other");
  }
  return found;
}

/**
 * Whether one part of an address (between ".", "@", "-", "_", "+") is written in letters of several alphabets that no
 * language writes together: "pаypal" with a Cyrillic "а".
 */
export function hasMixedScripts(address: string): boolean {
  return address.split(/[.@_+-]/).some((part) => {
    const found = scriptsOf(part);
    return found.size > 1 && !together.some((set) => [...found].every((script) => set.has(script)));
  });
}

/** Whether the address' domain has labels that stand for other letters (RFC 5890 A-labels). */
export function hasCodedDomain(address: string): boolean {
  const domain = address.slice(address.lastIndexOf("@") + 1).toLowerCase();
  return domain.split(".").some((label) => label.startsWith("xn--"));
}
