// A Received field taken apart into its clauses, whatever the wording: words and comments behind "from", "by", "via",
// "with", "id", "for", and the text behind the last semicolon. RFC 5321 section 4.4. One pass, linear.

/** Words (brackets and angles kept together, commas dropped) and comments (their inside) of one clause. */
export interface Clause {
  readonly words: string[];
  readonly comments: string[];
}

export const clauseNames = ["from", "by", "via", "with", "id", "for"] as const;
export type ClauseName = (typeof clauseNames)[number];

/** A field's parts. */
export interface Clauses {
  /** Before any keyword: "(qmail 27981 invoked by uid 225)". */
  readonly lead: Clause;
  readonly byName: ReadonlyMap<ClauseName, Clause>;
  /** Behind the last semicolon that is in no comment: the date. */
  readonly tail: string;
}

type Token = { readonly kind: "word" | "comment"; readonly text: string };

/** Where a comment that opens at `start` ends (behind its ")"), or the end of the text. */
function commentEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === "\\") at += 1;
    else if (character === "(") depth += 1;
    else if (character === ")" && (depth -= 1) === 0) return at + 1;
  }
  return text.length;
}

const closing: ReadonlyMap<string, string> = new Map([
  ["[", "]"],
  ["<", ">"],
  ['"', '"'],
]);

/** Words hold no white space, except between brackets, angles or quotes: "[XMail 1.20 ESMTP Server]". */
const word = /\[[^\][]{0,255}\]|<[^<>]{0,511}>|"[^"]{0,255}"|[^\s();]/y;

function wordEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    // Brackets count as such only where they open the word; inside one they are characters like others.
    word.lastIndex = at;
    const found = word.exec(text);
    if (found === null || (found[0].length > 1 && at !== start)) break;
    at += found[0].length;
    if (closing.has(found[0].charAt(0)) && found[0].length > 1) break;
  }
  return Math.max(at, start + 1);
}

function tokenize(text: string): { tokens: Token[]; lastSemicolon: number; tail: string } {
  const tokens: Token[] = [];
  let lastSemicolon = -1;
  let tail = "";
  for (let at = 0; at < text.length;) {
    const character = text.charAt(at);
    if (character === ";") {
      lastSemicolon = tokens.length;
      tail = text.slice(at + 1);
      at += 1;
    } else if (/[\s)]/.test(character)) {
      at += 1;
    } else if (character === "(") {
      const end = commentEnd(text, at);
      tokens.push({ kind: "comment", text: text.slice(at + 1, end).replace(/\)$/, "") });
      at = end;
    } else {
      const end = wordEnd(text, at);
      const bare = text.slice(at, end).replaceAll(/^,+|,+$/g, "");
      if (bare !== "") tokens.push({ kind: "word", text: bare });
      at = end;
    }
  }
  return { tokens, lastSemicolon, tail };
}

function clauseName(text: string): ClauseName | null {
  const lower = text.toLowerCase();
  return clauseNames.find((name) => name === lower) ?? null;
}

/** "from by (unknown [192.0.2.1])": a client may call itself by any word. Behind "from", what a comment follows is a name. */
function isNamed(current: Clause, from: Clause | undefined, next: Token | undefined): boolean {
  return current === from && current.words.length + current.comments.length === 0 && next?.kind === "comment";
}

/** Takes the field's value apart. A clause that comes twice counts once, the first time. */
export function splitClauses(text: string): Clauses {
  const { tokens, lastSemicolon, tail } = tokenize(text);
  const lead: Clause = { words: [], comments: [] };
  const byName = new Map<ClauseName, Clause>();
  let current = lead;
  const counted = lastSemicolon === -1 ? tokens : tokens.slice(0, lastSemicolon);
  for (const [index, token] of counted.entries()) {
    const name = token.kind === "word" ? clauseName(token.text) : null;
    if (name !== null && !isNamed(current, byName.get("from"), counted[index + 1])) {
      current = { words: [], comments: [] };
      if (!byName.has(name)) byName.set(name, current);
    } else if (token.kind === "word") current.words.push(token.text);
    else current.comments.push(token.text);
  }
  return { lead, byName, tail };
}
