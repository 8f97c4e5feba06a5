// Makes a mail's body 7-bit before it is signed: relays that speak no 8BITMIME recode what is not, or is labelled so, and
// the signature breaks (RFC 6376 section 5.3, RFC 6152 section 3). Every part's text or file stays what it was; only how
// it is written, and the Content-Transfer-Encoding that says so, change. Multiparts and attached mails are not encoded
// themselves, their parts are (RFC 2045 section 6.4, RFC 2046 section 5.2.1); what is signed or encrypted is not touched
// (RFC 1847 section 2.1). 7-bit means here: octets 1 to 127, CRLF line ends, lines of at most 998 octets.
import { decodeUtf8Strict } from "../encoding/bytes.ts";
import { type HeaderField, plainName } from "../header/field.ts";
import { splitHeader } from "../header/split.ts";
import { limits } from "../limits.ts";
import { ok, perm, type Result } from "../result.ts";
import { type ContentType, parseContentType } from "./content-type.ts";
import { layOut } from "./multipart.ts";
import { base64, escapesOf, quotedPrintable, repairBase64, repairQuotedPrintable } from "./transfer-encoding.ts";

/** A body to be made 7-bit. */
export interface EightBitMail {
  /** The mail's header. */
  readonly fields: readonly HeaderField[];
  /** A byte string. */
  readonly body: string;
  /** Whether the body is known to be 7-bit (header/body-form.ts): only labels are looked at then, and nothing fails. */
  readonly sevenBit: boolean;
  /** Whether headers of parts may hold UTF-8: a mail under SMTPUTF8, which no relay downgrades (RFC 6531 section 3.2). */
  readonly utf8: boolean;
}

/** The mail made 7-bit. */
export interface SevenBitMail {
  /** Fields to set: in place of the one of that name, or anew. */
  readonly fields: readonly HeaderField[];
  readonly body: string;
}

/** RFC 5322 section 2.1.1, without the CRLF. */
const maxLineOctets = 998;
const encodingName = "content-transfer-encoding";
/** Encodings that encode nothing (RFC 2045 section 6.2). */
const identities: ReadonlySet<string> = new Set(["7bit", "8bit", "binary"]);

/** How a body is to be read on, and what it may still cost. */
interface Course {
  readonly clean: (text: string) => boolean;
  readonly utf8: boolean;
  partsLeft: number;
}

interface Entity {
  readonly fields: readonly HeaderField[];
  readonly body: string;
  /** Its type where it names none (RFC 2046 section 5.1.5). */
  readonly usual: string;
  readonly depth: number;
}

/** An entity's body, and the label it needs; null where the label it has is right. */
interface Made {
  readonly body: string;
  readonly label: string | null;
}

function isClean(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- NUL is what it looks for
  if (/[^\x01-\x7f]|\r(?!\n)/.test(text)) return false;
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    if (end !== -1 && (end === 0 || text.charCodeAt(end - 1) !== 0x0d)) return false;
    if ((end === -1 ? text.length : end - 1) - start > maxLineOctets) return false;
    start = end === -1 ? text.length : end + 1;
  }
  return true;
}

const withoutUtf8 = (text: string): string => text.replace(/[\x80-\xff]/g, "x");

function named(fields: readonly HeaderField[], name: string): readonly HeaderField[] {
  return fields.filter((field) => plainName(field.name) === name);
}

/** The header's text, up to and with the empty line, and what follows. */
function cutHeader(text: string): { readonly header: string; readonly empty: string; readonly body: string } {
  for (let start = 0; ;) {
    const end = text.indexOf("\n", start);
    if (end === -1) return { header: text, empty: "", body: "" };
    if (end === start || (end === start + 1 && text.charAt(start) === "\r")) {
      return { header: text.slice(0, start), empty: text.slice(start, end + 1), body: text.slice(end + 1) };
    }
    start = end + 1;
  }
}

/** The fields with this label. */
function labelled(fields: readonly HeaderField[], label: string): readonly HeaderField[] {
  const [old] = named(fields, encodingName);
  const field = { name: old?.name ?? "Content-Transfer-Encoding", value: ` ${label}` };
  return old === undefined ? [...fields, field] : fields.map((one) => (one === old ? field : one));
}

/** An entity as it stands within another: its header, an empty line, its body. */
function inner(text: string, around: Entity, usual: string, course: Course): Result<string> {
  const { header, empty, body } = cutHeader(text);
  if (!course.clean(course.utf8 ? withoutUtf8(header) : header)) {
    return perm("mime/inner-header", "a header within the body has octets beyond ASCII or lines that are too long");
  }
  const fields = splitHeader(header);
  if (!fields.ok) return perm("mime/malformed", fields.detail);
  const made = make({ fields: fields.value, body, usual, depth: around.depth + 1 }, course);
  if (!made.ok) return made;
  const { label } = made.value;
  if (label === null) return ok(header + empty + made.value.body);
  const written = labelled(fields.value, label).map(({ name, value }) => `${name}:${value}\r\n`);
  return ok(`${written.join("")}\r\n${made.value.body}`);
}

function multipart(entity: Entity, { type, parameters }: ContentType, course: Course): Result<string> {
  const { body } = entity;
  const boundary = parameters.get("boundary") ?? "";
  const { parts, preambleEnd, epilogueStart } = layOut(body, boundary, course.partsLeft + 1);
  course.partsLeft -= parts.length;
  if (parts.length === 0 || course.partsLeft < 0) {
    return perm("mime/malformed", parts.length === 0 ? "a multipart without parts" : "too many parts");
  }
  // What no mail program shows can't be encoded, and is left out.
  const shown = (text: string): string => (course.clean(text) ? text : "");
  const preamble = body.slice(0, preambleEnd);
  const epilogue = body.slice(epilogueStart ?? body.length);
  const pieces = [shown(preamble)];
  let same = pieces[0] === preamble && shown(epilogue) === epilogue;
  let at = preambleEnd;
  for (const { start, end } of parts) {
    const part = body.slice(start, end);
    const made = inner(part, entity, type === "multipart/digest" ? "message/rfc822" : "text/plain", course);
    if (!made.ok) return made;
    pieces.push(body.slice(at, start), made.value);
    same &&= made.value === part;
    at = end;
  }
  if (same) return ok(body);
  if (epilogueStart === null) pieces.push(`\r\n--${boundary}--\r\n`);
  else pieces.push(body.slice(at, epilogueStart), shown(epilogue));
  return ok(pieces.join(""));
}

/** What holds other entities is labelled 7bit, and can't be encoded itself. */
function composite(encoding: string, made: Result<string>): Result<Made> {
  if (!identities.has(encoding)) return perm("mime/malformed", `${encoding} around other parts`);
  return made.ok ? ok({ body: made.value, label: encoding === "7bit" ? null : "7bit" }) : made;
}

function leaf({ body }: Entity, type: string, encoding: string, course: Course): Result<Made> {
  const clean = course.clean(body);
  if (clean) return ok({ body, label: encoding === "8bit" || encoding === "binary" ? "7bit" : null });
  if (encoding === "quoted-printable") return ok({ body: repairQuotedPrintable(body), label: null });
  const repaired = encoding === "base64" ? repairBase64(body) : null;
  if (repaired !== null) return ok({ body: repaired, label: null });
  if (!identities.has(encoding)) return perm("mime/malformed", `${encoding} that is none`);
  // RFC 2046 section 5.2: these may be 7-bit only. message/global may be encoded (RFC 6532 section 3.7).
  if (type.startsWith("message/") && !type.startsWith("message/global")) {
    return perm("mime/inner-header", `${type} with octets beyond ASCII`);
  }
  const legible = type.startsWith("text/") && escapesOf(body) * 2 <= body.length;
  return ok(
    legible ? { body: quotedPrintable(body), label: "quoted-printable" } : { body: base64(body), label: "base64" },
  );
}

function make(entity: Entity, course: Course): Result<Made> {
  const { fields, body, usual, depth } = entity;
  const types = named(fields, "content-type");
  const encodings = named(fields, encodingName);
  if (types.length > 1 || encodings.length > 1) {
    return course.clean(body) ? ok({ body, label: null }) : perm("mime/malformed", "two types or encodings");
  }
  if (depth > limits.mimeDepth) return perm("mime/malformed", "too deep");
  const written = parseContentType(types[0]?.value ?? usual);
  const { type } = written;
  const encoding = /^\s*([a-z0-9-]+)/i.exec(encodings[0]?.value ?? "7bit")?.[1]?.toLowerCase() ?? "";
  if (type === "multipart/signed" || type === "multipart/encrypted") {
    return course.clean(body) ? ok({ body, label: null }) : perm("mime/protected", type);
  }
  if (type.startsWith("multipart/")) {
    return composite(encoding, multipart(entity, written, course));
  }
  if (type === "message/rfc822") return composite(encoding, inner(body, entity, "text/plain", course));
  return leaf(entity, type, encoding, course);
}

/** What a mail needs to be MIME at all, once its body is encoded (RFC 2045 section 4; RFC 1428 section 3). */
function mimeFields({ fields, body }: EightBitMail): readonly HeaderField[] {
  const added: HeaderField[] = [];
  if (named(fields, "mime-version").length === 0) added.push({ name: "MIME-Version", value: " 1.0" });
  if (named(fields, "content-type").length === 0 && /[\x80-\xff]/.test(body)) {
    const charset = decodeUtf8Strict(body) === null ? "unknown-8bit" : "utf-8";
    added.push({ name: "Content-Type", value: ` text/plain; charset=${charset}` });
  }
  return added;
}

/**
 * The mail made 7-bit; null where it is so already. Permanent failures:
 * - mime/protected: multipart/signed or multipart/encrypted that is not 7-bit;
 * - mime/inner-header: a part's or an attached mail's header that is not;
 * - mime/malformed: two programs could read its structure differently, or there is more of it than limits.ts allows.
 */
export function makeSevenBit(mail: EightBitMail): Result<SevenBitMail | null> {
  const { fields, body, sevenBit, utf8 } = mail;
  const course = { clean: sevenBit ? () => true : isClean, utf8, partsLeft: limits.mimeParts };
  const made = make({ fields, body, usual: "text/plain", depth: 0 }, course);
  if (!made.ok) return sevenBit ? ok(null) : made;
  const { label } = made.value;
  if (label === null && made.value.body === body && sevenBit) return ok(null);
  // An encoded body has no line end of its own behind it; a mail has.
  const ended = made.value.body.endsWith("\r\n") || label !== "base64" ? made.value.body : `${made.value.body}\r\n`;
  if (!sevenBit && !isClean(utf8 ? withoutUtf8(ended) : ended)) {
    return perm("mime/malformed", "line ends or delimiters that are none");
  }
  const set = label === null ? [] : named(labelled(fields, label), encodingName);
  return ok({ fields: label === null ? [] : [...mimeFields(mail), ...set], body: ended });
}
