// Where the parts of a multipart body begin and end, as far as relaxed canonicalisation hides it: to a signature over the
// relaxed body (RFC 6376 section 3.4.4) an empty line and one of spaces are the same, to mail programs one ends a part's
// header and the other may not. Who holds a mail between signer and border could so turn text into header, which nobody
// is shown, and header into text. The same with spaces behind a delimiter, or inside a boundary.
// Honest mail has none of these: an empty line behind a part's header is empty (RFC 2046 section 5.1.1), and lines of
// spaces inside of its text change nothing. Nor is a boundary, which is short and ASCII, ever written in the ways of RFC
// 2231 (boundary*0=, boundary*=), which some mail programs read and others don't: where one is, anything may be hidden.
import { stringFromBytes } from "../encoding/bytes.ts";
import { type Message, plainName } from "./field.ts";

const lf = 0x0a;
const dash = 0x2d;

/** Multiparts, parts, and octets of one part's header that are looked at; what has more, nobody's mail, reads as hidden. */
const maxBoundaries = 100;
const maxParts = 10_000;
const maxHeader = 65_536;

const comments = String.raw`(?:\s|\([^()]{0,200}\))*`;
const boundaryParameter = new RegExp(
  String.raw`\bboundary${comments}=${comments}(?:"((?:[^"\\]|\\[^\r\n]){1,200})"|([^\s";()]{1,200}))`,
  "gi",
);
/** RFC 2231 sections 3 and 4. */
const extendedBoundary = new RegExp(String.raw`\bboundary${comments}\*[0-9*]*${comments}=`, "i");

/**
 * The boundaries that a Content-Type value, or a whole header, may name: where there are several, or one stands in another
 * parameter's quotes, mail programs differ in which of them counts.
 */
function boundariesOf(text: string): string[] {
  return Array.from(text.matchAll(boundaryParameter)).flatMap(([, quoted, bare = ""]) =>
    quoted === undefined
      ? [bare, bare.replace(/,.*$/, "")]
      : [quoted.replaceAll(/\r?\n/g, ""), quoted.replaceAll(/\r?\n/g, "").replaceAll(/\\(.)/g, "$1")],
  );
}

const message = new RegExp(`^content-type[ \\t]*:${comments}"?message"?/(?!delivery|disposition)`, "im");
const digest = new RegExp(`^content-type[ \\t]*:${comments}"?multipart"?/"?digest`, "im");

/** A header's or delimiter's line is short: what is longer is text, of which so many octets are looked at. */
const lineBytes = 2_000;

/** Looks at a body as it streams by, in one pass; nothing but multiparts and attached mails is looked at. */
export class PartEnds {
  readonly #boundaries = new Set<string>();
  /** Of those, the ones between whose parts stand mails, unless a part says otherwise (RFC 2046 section 5.1.5). */
  readonly #digests = new Set<string>();
  /** The lines that come are a part's header. */
  #inHeader: boolean;
  /** That part is a mail where it does not say what it is. */
  #inDigest = false;
  readonly #isLooking: boolean;
  #hidden = false;
  #header = "";
  #parts = 0;
  /** The beginning of a line whose end has not come. */
  #line = "";
  /** The line that is under way is text. */
  #skipping = false;

  /** `contentType`: the mail's own, as it stands. */
  constructor(contentType: string) {
    const header = `content-type:${contentType.trimStart()}`;
    this.#inHeader = message.test(header);
    this.#addBoundaries(header);
    this.#isLooking = this.#boundaries.size > 0 || this.#inHeader || this.#hidden;
  }

  /** The next octets; they may be overwritten afterwards. */
  update(chunk: Uint8Array): void {
    if (!this.#isLooking) return;
    for (let at = 0; at < chunk.length && !this.#hidden;) {
      const end = chunk.indexOf(lf, at);
      const next = end === -1 ? chunk.length : end + 1;
      if (this.#line === "" && !this.#inHeader && !mayBeginDashes(chunk, at)) this.#skipping = true;
      if (!this.#skipping) {
        const room = lineBytes - this.#line.length;
        this.#line += stringFromBytes(chunk.subarray(at, Math.min(next, at + room)));
      }
      if (end !== -1) this.#endLine();
      at = next;
    }
  }

  /** Whether white space that the signature does not see decides where a part begins or its header ends. Once, at the end. */
  end(): boolean {
    if (this.#line !== "") this.#endLine();
    return this.#hidden || (this.#isLooking && [...this.#boundaries].some((boundary) => /[ \t]/.test(boundary)));
  }

  #endLine(): void {
    const line = this.#line.replace(/\r?\n$/, "");
    const isText = this.#skipping;
    this.#line = "";
    this.#skipping = false;
    if (isText) return;
    const hides = this.#look(line);
    this.#hidden ||=
      hides || this.#boundaries.size > maxBoundaries || this.#parts > maxParts || this.#header.length > maxHeader;
  }

  /** Whether this line hides something. */
  #look(line: string): boolean {
    const delimiter = line.startsWith("--") ? line.slice(2).trimEnd() : null;
    const opens = delimiter !== null && this.#boundaries.has(delimiter);
    const closes = delimiter !== null && delimiter.endsWith("--") && this.#boundaries.has(delimiter.slice(0, -2));
    if (opens || closes) {
      this.#inHeader = opens;
      this.#inDigest = opens && this.#digests.has(delimiter);
      this.#header = "";
      this.#parts += 1;
      return line !== line.trimEnd();
    }
    if (!this.#inHeader) return false;
    if (line !== "") {
      this.#header += `${line}\n`;
      return line.trim() === "";
    }
    this.#addBoundaries(this.#header);
    this.#inHeader = message.test(this.#header) || (this.#inDigest && !/^content-type[ \t]*:/im.test(this.#header));
    this.#inDigest = false;
    this.#header = "";
    return false;
  }

  #addBoundaries(header: string): void {
    if (extendedBoundary.test(header)) this.#hidden = true;
    const isDigest = digest.test(header);
    for (const boundary of boundariesOf(header)) {
      this.#boundaries.add(boundary);
      if (isDigest) this.#digests.add(boundary);
    }
  }
}

/** Whether "--" stands there, as far as the octets reach. */
function mayBeginDashes(chunk: Uint8Array, at: number): boolean {
  return chunk[at] === dash && (chunk[at + 1] === dash || at + 1 === chunk.length);
}

/** PartEnds for a mail that is at hand. Two Content-Type fields are none: no signature holds over them. */
export function hidesPartEnds({ fields, body }: Message): boolean {
  const types = fields.filter(({ name }) => plainName(name) === "content-type");
  const ends = new PartEnds(types.length === 1 ? (types[0]?.value ?? "") : "");
  ends.update(body);
  return ends.end();
}
