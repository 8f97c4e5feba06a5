// Lexical tokens of address fields: atoms, quoted strings, domain literals and specials; comments and folding white
// space are dropped. RFC 5322 sections 3.2.2 to 3.2.5. One pass, no regular expressions.
import { perm, ok } from "../result.ts";
import type { Result } from "../result.ts";

export type AddressTokenKind = "atom" | "quoted" | "literal" | "<" | ">" | "@" | "," | ":" | ";" | ".";

export interface AddressToken {
  readonly kind: AddressTokenKind;
  /** An atom's or quoted string's meaning (escapes undone), a literal with its brackets, or the special itself. */
  readonly text: string;
}

/** Comments nested deeper than this are no mail. */
const maxCommentDepth = 10;

/** RFC 5322 section 3.4.1's dtext: of its obsolete form, quoted pairs, a bracket in brackets would be left. */
const literalText = /^[!-Z^-~]*$/;

const specials = '<>@,:;."()[]\\';

function isSpecial(character: string): character is "<" | ">" | "@" | "," | ":" | ";" | "." {
  return "<>@,:;.".includes(character);
}

function isWhiteSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0d || unit === 0x0a;
}

/** Controls are no part of any address, quoted or not: they only serve to confuse whoever shows it. */
function isControl(unit: number): boolean {
  return unit < 0x20 || unit === 0x7f;
}

/** The offset after the comment that opens at `start`, or -1. */
function skipComment(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === "\\") {
      index += 1;
    } else if (character === "(") {
      depth += 1;
      if (depth > maxCommentDepth) {
        return -1;
      }
    } else if (character === ")") {
      depth -= 1;
      if (depth === 0) {
        return index + 1;
      }
    }
  }
  return -1;
}

/** A quoted string or domain literal from `start` to its closing character; null where it does not close or holds controls. */
function readQuoted(
  text: string,
  start: number,
  close: string,
): { readonly text: string; readonly end: number } | null {
  let meaning = "";
  for (let index = start + 1; index < text.length; index += 1) {
    let character = text.charAt(index);
    if (character === close) {
      return { text: meaning, end: index + 1 };
    }
    if (character === "\r" || character === "\n") {
      // Folding inside a quoted string: the line end goes, the WSP after it stays (RFC 5322 section 3.2.4).
      continue;
    }
    if (character === "\\") {
      index += 1;
      character = text.charAt(index);
    }
    if (character === "" || (isControl(character.charCodeAt(0)) && character !== "\t")) {
      return null;
    }
    meaning += character;
  }
  return null;
}

/** The tokens of an address field's value (Unicode text). Fails with address/syntax. */
export function scanAddressTokens(text: string): Result<readonly AddressToken[]> {
  const tokens: AddressToken[] = [];
  let index = 0;
  while (index < text.length) {
    const character = text.charAt(index);
    const unit = text.charCodeAt(index);
    if (isWhiteSpace(unit)) {
      index += 1;
    } else if (isSpecial(character)) {
      tokens.push({ kind: character, text: character });
      index += 1;
    } else if (character === "(") {
      index = skipComment(text, index);
      if (index < 0) {
        return perm("address/syntax", "a comment does not close");
      }
    } else if (character === '"' || character === "[") {
      const quoted = readQuoted(text, index, character === '"' ? '"' : "]");
      if (quoted === null) {
        return perm("address/syntax", "a quoted string or domain literal does not close");
      }
      if (character === "[" && !literalText.test(quoted.text)) {
        return perm("address/syntax", "a domain literal that holds more than one");
      }
      tokens.push(
        character === '"' ? { kind: "quoted", text: quoted.text } : { kind: "literal", text: `[${quoted.text}]` },
      );
      index = quoted.end;
    } else if (specials.includes(character) || isControl(unit)) {
      return perm("address/syntax", `a stray ${JSON.stringify(character)}`);
    } else {
      const start = index;
      while (index < text.length && !endsAtom(text.charCodeAt(index))) {
        index += 1;
      }
      tokens.push({ kind: "atom", text: text.slice(start, index) });
    }
  }
  return ok(tokens);
}

/** By unit: controls, space and specials. */
const ending = Uint8Array.from({ length: 128 }, (_, unit) =>
  isControl(unit) || unit === 0x20 || specials.includes(String.fromCharCode(unit)) ? 1 : 0,
);

function endsAtom(unit: number): boolean {
  return ending[unit] === 1;
}
