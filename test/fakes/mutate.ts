// Seeded mutations of whole mails: their octets, their fields, their order, their bodies.
import { requiredFields, optionalFields } from "../../shared/ipp/signed-fields.ts";

/** One changed mail. Texts are byte strings. */
export interface Mutation {
  readonly kind: string;
  readonly raw: string;
}

/** A mail's lines: header fields with their folding, and the body. */
interface Parts {
  readonly fields: readonly string[];
  readonly body: string;
}

function take(raw: string): Parts {
  const end = raw.indexOf("\r\n\r\n");
  return { fields: raw.slice(0, end + 2).split(/(?<=\r\n)(?![ \t])/), body: raw.slice(end + 4) };
}

function join({ fields, body }: Parts): string {
  return `${fields.join("")}\r\n${body}`;
}

type Random = () => number;

function at(random: Random, length: number): number {
  return Math.floor(random() * length);
}

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[at(random, list.length)];
  if (item === undefined) {
    throw new RangeError("nothing to pick from");
  }
  return item;
}

/** Octets worth inserting: what parsers look at, and what they should not trip over. */
const octets = [
  "\0",
  "\t",
  "\n",
  "\r",
  "\r\n",
  "\r\n ",
  " ",
  '"',
  "(",
  ")",
  ",",
  ":",
  ";",
  "<",
  ">",
  "=",
  "@",
  "a",
  "A",
  "0",
  "-",
  "\x80",
  "\xc3\xa9",
  "\xff",
];

function replaceOctet(text: string, random: Random): string {
  const place = at(random, text.length);
  return text.slice(0, place) + String.fromCharCode(at(random, 256)) + text.slice(place + 1);
}

function flipBit(text: string, random: Random): string {
  const place = at(random, text.length);
  return (
    text.slice(0, place) + String.fromCharCode(text.charCodeAt(place) ^ (1 << at(random, 8))) + text.slice(place + 1)
  );
}

function insertOctet(text: string, random: Random): string {
  const place = at(random, text.length + 1);
  return text.slice(0, place) + pick(random, octets) + text.slice(place);
}

function removeOctets(text: string, random: Random): string {
  const place = at(random, text.length);
  return text.slice(0, place) + text.slice(place + 1 + at(random, 3));
}

function copyWithin(text: string, random: Random): string {
  const from = at(random, text.length);
  const place = at(random, text.length);
  return text.slice(0, place) + text.slice(from, from + 1 + at(random, 40)) + text.slice(place);
}

const textMutators: readonly (readonly [string, (text: string, random: Random) => string])[] = [
  ["an octet replaced", replaceOctet],
  ["a bit flipped", flipBit],
  ["octets inserted", insertOctet],
  ["octets removed", removeOctets],
  ["octets copied", copyWithin],
];

function withField(parts: Parts, random: Random, change: (field: string) => string): Parts {
  const place = at(random, parts.fields.length);
  return { ...parts, fields: parts.fields.map((field, index) => (index === place ? change(field) : field)) };
}

function insertAt(fields: readonly string[], place: number, field: string): readonly string[] {
  return [...fields.slice(0, place), field, ...fields.slice(place)];
}

const newFields = [
  ...requiredFields,
  ...optionalFields,
  "ipp-signature",
  "hop-signal",
  "authentication-results",
  "resent-from",
  "x-spam",
];
const newValues = [
  "",
  " x",
  " alice@example.org",
  " v=1; p=personal",
  " mx1.example.net; dkim=pass",
  " multipart/mixed; boundary=x",
  " <a.example>",
];

const partMutators: readonly (readonly [string, (parts: Parts, random: Random) => Parts])[] = [
  [
    "a field removed",
    (parts, random) => ({ ...parts, fields: parts.fields.toSpliced(at(random, parts.fields.length), 1) }),
  ],
  [
    "a field doubled",
    (parts, random) => ({
      ...parts,
      fields: insertAt(parts.fields, at(random, parts.fields.length + 1), pick(random, parts.fields)),
    }),
  ],
  [
    "a field doubled, the copy changed",
    (parts, random) => {
      const [, change] = pick(random, textMutators);
      const copy = `${change(pick(random, parts.fields).slice(0, -2), random)}\r\n`;
      return { ...parts, fields: insertAt(parts.fields, at(random, parts.fields.length + 1), copy) };
    },
  ],
  [
    "a field added",
    (parts, random) => ({
      ...parts,
      fields: insertAt(
        parts.fields,
        at(random, parts.fields.length + 1),
        `${pick(random, newFields)}:${pick(random, newValues)}\r\n`,
      ),
    }),
  ],
  [
    "two fields swapped",
    (parts, random) => {
      const [one, two] = [at(random, parts.fields.length), at(random, parts.fields.length)];
      const fields = parts.fields.map(
        (field, index) => parts.fields[index === one ? two : index === two ? one : index] ?? field,
      );
      return { ...parts, fields };
    },
  ],
  [
    "a field moved to the top",
    (parts, random) => {
      const place = at(random, parts.fields.length);
      return { ...parts, fields: [parts.fields[place] ?? "", ...parts.fields.toSpliced(place, 1)] };
    },
  ],
  [
    "a field renamed",
    (parts, random) =>
      withField(parts, random, (field) => `${pick(random, newFields)}${field.slice(field.indexOf(":"))}`),
  ],
  [
    "a name's case changed",
    (parts, random) =>
      withField(
        parts,
        random,
        (field) => field.slice(0, field.indexOf(":")).toUpperCase() + field.slice(field.indexOf(":")),
      ),
  ],
  [
    "a field refolded",
    (parts, random) =>
      withField(parts, random, (field) => {
        const spaces = [...field.slice(0, -2).matchAll(/(?<=\S) (?=\S)/g)].map((found) => found.index);
        const place = spaces[at(random, spaces.length)];
        return place === undefined ? field : `${field.slice(0, place)}\r\n\t${field.slice(place + 1)}`;
      }),
  ],
  [
    "two values swapped",
    (parts, random) => {
      const [one, two] = [pick(random, parts.fields), pick(random, parts.fields)];
      return withField(parts, random, () => one.slice(0, one.indexOf(":")) + two.slice(two.indexOf(":")));
    },
  ],
  ["the body cut", (parts, random) => ({ ...parts, body: parts.body.slice(0, at(random, parts.body.length)) })],
  [
    "a line added to the body",
    (parts, random) => ({
      ...parts,
      body: `${parts.body}${pick(random, ["\r\n", " \r\n", "-- \r\nlist\r\n", "x", "--b--\r\n"])}`,
    }),
  ],
  [
    "white space in the body",
    (parts, random) => ({
      ...parts,
      body: parts.body.replaceAll("\r\n", () => pick(random, ["\r\n", " \r\n", "\t\r\n", "\n"])),
    }),
  ],
  [
    "lines of the body swapped",
    (parts, random) => {
      const lines = parts.body.split("\r\n");
      const [one, two] = [at(random, lines.length), at(random, lines.length)];
      return {
        ...parts,
        body: lines.map((line, index) => lines[index === one ? two : index === two ? one : index] ?? line).join("\r\n"),
      };
    },
  ],
  [
    "a part moved, doubled or removed",
    (parts, random) => {
      const pieces = parts.body.split(/(?=^--)/m);
      const [one, two] = [at(random, pieces.length), at(random, pieces.length)];
      const piece = pieces[one] ?? "";
      const left = random() < 0.5 ? pieces : pieces.toSpliced(one, 1);
      return { ...parts, body: left.toSpliced(two, 0, ...(random() < 0.8 ? [piece] : [])).join("") };
    },
  ],
  [
    "a part's header changed",
    (parts, random) => ({
      ...parts,
      body: parts.body.replace(/^Content-[^\r]*/m, (line) =>
        pick(random, [
          "",
          "Content-Type: text/html",
          `X-${line}`,
          `${line}\r\nContent-Disposition: inline`,
          `${line};x`,
        ]),
      ),
    }),
  ],
  [
    "another MIME type or encoding",
    (parts, random) => ({
      ...parts,
      fields: parts.fields.map((field) =>
        field.replace(
          /^(Content-T\S+:).*(?=\r\n$)/s,
          (_all, name: string) =>
            `${name} ${pick(random, ["text/html", "multipart/mixed; boundary=c", "message/rfc822", "base64", "quoted-printable"])}`,
        ),
      ),
    }),
  ],
  [
    "another date",
    (parts, random) => ({
      ...parts,
      fields: parts.fields.map((field) =>
        field.startsWith("Date:") ? `Date: ${new Date(at(random, 4e12)).toUTCString()}\r\n` : field,
      ),
    }),
  ],
  [
    "another recipient",
    (parts, random) => ({
      ...parts,
      fields: parts.fields.map((field) =>
        field.replace(/^(To|Cc):/, (name) =>
          pick(random, [`${name} eve@example.com,`, `${name} <>,`, `${name}(x)`, `Bcc: eve@example.com\r\n${name}`]),
        ),
      ),
    }),
  ],
  [
    "another boundary",
    (parts) => ({ fields: parts.fields.map((field) => field.replace(/boundary=\S+/, "boundary=c")), body: parts.body }),
  ],
  [
    "another digit",
    (parts, random) => withField(parts, random, (field) => field.replace(/[0-9]/, () => String(at(random, 10)))),
  ],
];

/** One mutation of a raw mail (CRLF, with a body), chosen by `random`. It may happen to change nothing. */
export function mutate(raw: string, random: Random): Mutation {
  const parts = take(raw);
  const choice = random();
  if (choice < 0.25) {
    const [kind, change] = pick(random, textMutators);
    return { kind: `${kind}, anywhere`, raw: change(raw, random) };
  }
  if (choice < 0.6) {
    const [kind, change] = pick(random, textMutators);
    return {
      kind: `${kind} in a field`,
      raw: join(withField(parts, random, (field) => `${change(field.slice(0, -2), random)}\r\n`)),
    };
  }
  const [kind, change] = pick(random, partMutators);
  return { kind, raw: join(change(parts, random)) };
}

/** The kinds a mutation may be of. */
export const mutationKinds: readonly string[] = [
  ...textMutators.flatMap(([kind]) => [`${kind}, anywhere`, `${kind} in a field`]),
  ...partMutators.map(([kind]) => kind),
];

/** One short text changed once. */
export function mutateText(text: string, random: Random): string {
  return pick(random, textMutators)[1](text, random);
}
