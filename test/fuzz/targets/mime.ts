// Submitted mail made 7-bit: what a second, slow reader decodes of it stays the same.
import * as fc from "fast-check";
import { BodyForm } from "../../../shared/header/body-form.ts";
import type { HeaderField } from "../../../shared/header/field.ts";
import { splitMessage } from "../../../shared/header/split.ts";
import { makeSevenBit } from "../../../shared/mime/seven-bit.ts";
import { byteString, holds, octetsOf, same, type Target } from "../target.ts";

/** One text or file of a mail, decoded. */
interface Leaf {
  readonly type: string;
  readonly octets: string;
}

interface Entity {
  readonly header: string;
  readonly body: string;
}

/** The value of a field, unfolded; null without. */
function valueOf(header: string, name: string): string | null {
  const lines = header.replaceAll(/\r?\n[ \t]/g, " ").split(/\r?\n/);
  const line = lines.find((one) => one.toLowerCase().replace(/[ \t]*:.*/s, "") === name);
  return line === undefined ? null : line.slice(line.indexOf(":") + 1).trim();
}

function cut(text: string): Entity {
  const lines = text.split("\n");
  const empty = lines.findIndex((line) => line === "" || line === "\r");
  if (empty === -1) return { header: text, body: "" };
  return { header: lines.slice(0, empty).join("\n"), body: lines.slice(empty + 1).join("\n") };
}

/** Line by line; white space behind a delimiter is none. */
function partsOf(body: string, boundary: string): readonly string[] {
  const parts: string[][] = [];
  let open = false;
  for (const line of body.split("\n")) {
    const bare = line.replace(/\r$/, "").replace(/[ \t]+$/, "");
    if (bare === `--${boundary}--`) {
      return parts.map(joined);
    }
    if (bare === `--${boundary}`) {
      parts.push([]);
      open = true;
    } else if (open) {
      parts.at(-1)?.push(line);
    }
  }
  // Without a last delimiter the last part ends with the body.
  return [...parts.slice(0, -1).map(joined), ...parts.slice(-1).map((lines) => lines.join("\n"))];
}

const joined = (lines: readonly string[]): string => lines.join("\n").replace(/\r$/, "");

/** As forgiving as mail programs are; line ends are LF. */
function decoded(body: string, encoding: string): string {
  if (encoding === "base64") return Buffer.from(body, "base64").toString("latin1").replaceAll("\r\n", "\n");
  const plain = body.replaceAll("\r\n", "\n");
  if (encoding !== "quoted-printable") return plain;
  const lines = plain.replaceAll(/[ \t]+(?=\n|$)/g, "").replaceAll("=\n", "");
  return lines.replaceAll(/=([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Every text and file; line ends are LF, and those at the end are none: readers differ in whose they are. */
function leaves({ header, body }: Entity, usual = "text/plain"): readonly Leaf[] {
  const written = valueOf(header, "content-type");
  // RFC 2045 section 5.2: a type that can't be read is plain text.
  const type =
    written === null ? usual : (/^[a-z0-9.+-]+\/[a-z0-9.+-]+/i.exec(written)?.[0].toLowerCase() ?? "text/plain");
  const encoding = /^[a-z0-9-]*/i.exec(valueOf(header, "content-transfer-encoding") ?? "")?.[0].toLowerCase() ?? "";
  const boundary = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.){1,70})"|([^\s;"()]{1,70}))/i.exec(written ?? "");
  const protectedPart = type === "multipart/signed" || type === "multipart/encrypted";
  if (type.startsWith("multipart/") && boundary !== null && !protectedPart) {
    const inside = type === "multipart/digest" ? "message/rfc822" : "text/plain";
    return partsOf(body, boundary[1]?.replaceAll(/\\(.)/g, "$1") ?? boundary[2] ?? "").flatMap((part) =>
      leaves(cut(part), inside),
    );
  }
  if (type === "message/rfc822") return leaves(cut(body));
  const octets = decoded(body, encoding).replace(/\n+$/, "");
  return [{ type, octets }];
}

const entityOf = (fields: readonly HeaderField[], body: string): Entity => ({
  header: fields.map(({ name, value }) => `${name}:${value}`).join("\r\n"),
  body,
});

function isSevenBit(body: string): boolean {
  const form = new BodyForm();
  form.update(octetsOf(body));
  return form.sevenBit;
}

function run(input: Uint8Array): void {
  const message = splitMessage(input);
  if (!message.ok) return;
  const { fields } = message.value;
  const body = byteString(message.value.body);
  const sevenBit = isSevenBit(body);
  const made = makeSevenBit({ fields, body, sevenBit, utf8: false });
  holds(made.ok || !sevenBit, "what is 7-bit never fails");
  if (!made.ok) return;
  const { value } = made;
  holds(value !== null || sevenBit, "what is not 7-bit is made so");
  if (value === null) return;
  holds(isSevenBit(value.body), "what was made is 7-bit");
  const set = new Map(value.fields.map((field) => [field.name.trimEnd().toLowerCase(), field]));
  const kept = fields.map((field) => set.get(field.name.trimEnd().toLowerCase()) ?? field);
  const after = [...kept, ...value.fields.filter((field) => !kept.includes(field))];
  holds(
    same(makeSevenBit({ fields: after, body: value.body, sevenBit: true, utf8: false }), { ok: true, value: null }),
    "made again, the same",
  );
  const [before, left] = [leaves(entityOf(fields, body)), leaves(entityOf(after, value.body))];
  holds(same(left, before), `decoded, the same: ${JSON.stringify([before, left])}`);
}

const text = fc
  .array(
    fc.constantFrom(
      "Grüße",
      "x",
      " ",
      "\t",
      "=",
      "=3D",
      "=\r\n",
      "\r\n",
      ".",
      "From ",
      "-- ",
      "\r\n--b\r\n",
      "я".repeat(20),
      "word ".repeat(250),
    ),
    { maxLength: 12 },
  )
  .map((words) => words.join(""));
const labels = [
  "",
  "Content-Transfer-Encoding: 8bit\r\n",
  "Content-Transfer-Encoding: binary\r\n",
  "Content-Transfer-Encoding: quoted-printable\r\n",
  "Content-Transfer-Encoding:\r\n 7bit\r\n",
];
const types = [
  "",
  "Content-Type: text/plain; charset=utf-8\r\n",
  "Content-Type: application/pdf\r\n",
  "Content-Type: message/global\r\n",
];
const leaf = fc
  .tuple(fc.constantFrom(...types), fc.constantFrom(...labels), text)
  .map((parts) => `${parts[0]}${parts[1]}\r\n${parts[2]}`);
const { entity } = fc.letrec<{ entity: string; container: string }>((tie) => ({
  entity: fc.oneof({ maxDepth: 4 }, leaf, tie("container")),
  container: fc
    .tuple(
      fc.constantFrom("mixed", "alternative", "digest", "signed"),
      fc.constantFrom("b", "c", "bb", "d e"),
      fc.constantFrom(...labels),
      fc.array(tie("entity"), { maxLength: 3 }),
      fc.boolean(),
    )
    .map(([kind, boundary, label, parts, closed]) =>
      [
        `Content-Type: multipart/${kind};\r\n boundary="${boundary}"\r\n${label}\r\n`,
        ...parts.map((part) => `--${boundary}\r\n${part}\r\n`),
        closed ? `--${boundary}--\r\n` : "",
      ].join(""),
    ),
}));

export const mimeTargets: readonly Target[] = [
  {
    name: "mime/seven-bit",
    seeds: [
      "Subject: x\r\n\r\nGr\u00fc\u00dfe\r\n",
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\u00df\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\n\u00df\r\n--b--\r\n",
      "Content-Transfer-Encoding: base64\r\n\r\nQUJD\nQUJD\r\n",
      "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=\u00df=\r\n\u00df \r\n",
    ],
    structured: fc
      .tuple(fc.constantFrom("", "MIME-Version: 1.0\r\n"), entity)
      .map(([first, rest]) => new Uint8Array(Buffer.from(first + rest, "utf8"))),
    words: [
      "multipart/",
      "message/rfc822",
      "boundary=",
      "8bit",
      "binary",
      "base64",
      "quoted-printable",
      "--b",
      "--b--",
    ],
    run,
  },
];
