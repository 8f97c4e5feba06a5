// A cursor over a structured header field: comments and folding (RFC 5322 section 3.2.2), words, quoted strings
// (section 3.2.4). Every step moves forward only, so reading is linear in the length.

/** Where reading stands. `at` is the only thing that changes. */
export interface Cursor {
  readonly text: string;
  at: number;
}

/** Whether everything is read. */
export function atEnd(cursor: Cursor): boolean {
  return cursor.at >= cursor.text.length;
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\r" || character === "\n";
}

/** Steps over one comment, nested ones within; false when it never closes. */
function skipComment(cursor: Cursor): boolean {
  let depth = 0;
  for (; cursor.at < cursor.text.length; cursor.at += 1) {
    const character = cursor.text[cursor.at];
    if (character === "\\") cursor.at += 1;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    if (depth === 0) {
      cursor.at += 1;
      return true;
    }
  }
  return false;
}

/** Steps over white space and comments (CFWS); false when a comment never closes. */
export function skipCfws(cursor: Cursor): boolean {
  while (cursor.at < cursor.text.length) {
    const character = cursor.text[cursor.at];
    if (isSpace(character)) cursor.at += 1;
    else if (character !== "(") return true;
    else if (!skipComment(cursor)) return false;
  }
  return true;
}

/** Steps over `character` if it is the next one. */
export function take(cursor: Cursor, character: string): boolean {
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at += 1;
  return true;
}

/** The longest run of characters that `sticky` (a /y expression over one character class) matches, maybe empty. */
export function takeRun(cursor: Cursor, sticky: RegExp): string {
  sticky.lastIndex = cursor.at;
  const found = sticky.exec(cursor.text);
  if (found === null) return "";
  cursor.at += found[0].length;
  return found[0];
}

/** A quoted string's content, escapes undone and folding kept out; null when none starts here or it never closes. */
export function takeQuoted(cursor: Cursor): string | null {
  if (!take(cursor, '"')) return null;
  let content = "";
  for (; cursor.at < cursor.text.length; cursor.at += 1) {
    let character = cursor.text[cursor.at];
    if (character === '"') {
      cursor.at += 1;
      return content;
    }
    if (character === "\\") {
      cursor.at += 1;
      character = cursor.text[cursor.at];
    }
    if (character !== "\r" && character !== "\n" && character !== undefined) content += character;
  }
  return null;
}
