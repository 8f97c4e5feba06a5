// Bodies made 7-bit. What a mail program makes of a mail is asked of one that is not ours (postal-mime).
import * as fc from "fast-check";
import PostalMime from "postal-mime";
import { describe, expect, test } from "vitest";
import { bytesFromString, encodeUtf8, stringFromBytes } from "../../../shared/encoding/bytes.ts";
import type { HeaderField } from "../../../shared/header/field.ts";
import { BodyForm } from "../../../shared/header/body-form.ts";
import { makeSevenBit, type SevenBitMail } from "../../../shared/mime/seven-bit.ts";
import type { Result } from "../../../shared/result.ts";

/** A mail as it is written here: header lines, an empty line, the body; UTF-8. */
function mailOf(text: string): { readonly fields: readonly HeaderField[]; readonly body: string } {
  const octets = stringFromBytes(encodeUtf8(text.replaceAll("\n", "\r\n")));
  const end = octets.startsWith("\r\n") ? 0 : octets.indexOf("\r\n\r\n") + 2;
  const fields = octets
    .slice(0, end)
    .split(/\r\n(?![ \t])/)
    .filter((line) => line !== "")
    .map((line) => ({ name: line.slice(0, line.indexOf(":")), value: line.slice(line.indexOf(":") + 1) }));
  return { fields, body: octets.slice(end + 2) };
}

type Mail = ReturnType<typeof mailOf>;

function isSevenBit(body: string): boolean {
  const form = new BodyForm();
  form.update(bytesFromString(body));
  return form.sevenBit;
}

function made(mail: Mail, utf8 = false): Result<SevenBitMail | null> {
  return makeSevenBit({ ...mail, sevenBit: isSevenBit(mail.body), utf8 });
}

/** The mail as it leaves. */
function left(mail: Mail, utf8 = false): Mail {
  const result = made(mail, utf8);
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  if (result.value === null) return mail;
  const { fields, body } = result.value;
  const names = new Set(fields.map(({ name }) => name.toLowerCase()));
  return { fields: [...mail.fields.filter(({ name }) => !names.has(name.toLowerCase())), ...fields], body };
}

/** What a mail program shows of it. Line ends are LF and the last is left out: programs differ in whether it is a part's. */
async function shown({ fields, body }: Mail): Promise<object> {
  const header = fields.map(({ name, value }) => `${name}:${value}\r\n`).join("");
  const mail = await PostalMime.parse(bytesFromString(`${header}\r\n${body}`), { forceRfc822Attachments: false });
  const plain = (text: string | undefined): string => (text ?? "").replaceAll("\r\n", "\n").trimEnd();
  const attachments = mail.attachments.map(({ content, filename, mimeType }) => {
    const octets = typeof content === "string" ? encodeUtf8(content) : new Uint8Array(content);
    return { filename, mimeType, content: plain(stringFromBytes(octets)) };
  });
  return { text: plain(mail.text), html: plain(mail.html), subject: mail.subject, attachments };
}

/** All its Content-Transfer-Encodings, in order. */
function encodings({ fields, body }: Mail): readonly string[] {
  const header = fields.map(({ name, value }) => `${name}:${value}\r\n`).join("");
  return [...`${header}\r\n${body}`.matchAll(/^content-transfer-encoding: *(.*)\r$/gim)].map(([, value = ""]) => value);
}

const text = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n";
const file = "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.pdf\n";

const rows: { name: string; mail: string; want: readonly string[] }[] = [
  {
    name: "text mostly ASCII: quoted-printable",
    mail: `MIME-Version: 1.0\n${text}Liebe Grüße\n`,
    want: ["quoted-printable"],
  },
  { name: "text mostly beyond: base64", mail: `MIME-Version: 1.0\n${text}Привет, как дела\n`, want: ["base64"] },
  { name: "ASCII that is labelled 8bit: another label", mail: `MIME-Version: 1.0\n${text}plain\n`, want: ["7bit"] },
  {
    name: "a long line",
    mail: `MIME-Version: 1.0\nContent-Type: text/plain\n\n${"word ".repeat(300)}\n`,
    want: ["quoted-printable"],
  },
  { name: "no MIME at all", mail: "Subject: x\n\nGrüße, mailto:x und weiter\n", want: ["quoted-printable"] },
  {
    name: "parts: each as it needs",
    mail: `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b 1"\nContent-Transfer-Encoding: 8bit\n\nThis is MIME.\n--b 1\n${text}Grüße an alle\n--b 1\n${file}Content-Transfer-Encoding: base64\n\nAAAA\n--b 1\n${file}\nß\n--b 1--\n`,
    want: ["7bit", "quoted-printable", "base64", "base64"],
  },
  {
    name: "parts of parts",
    mail: `Content-Type: multipart/mixed;\n boundary=out\n\n--out\nContent-Type: multipart/alternative; boundary=in\n\n--in\n${text}Grüße an alle\n--in\nContent-Type: text/html; charset=utf-8\n\n<p>Grüße an alle</p>\n--in--\n\n--out\nContent-Type: text/plain\n\nend\n--out--\n`,
    want: ["quoted-printable", "quoted-printable"],
  },
  {
    name: "an attached mail is not encoded, its text is",
    mail: `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nSubject: inner\nMIME-Version: 1.0\n${text}Grüße von innen\n--b--\n`,
    want: ["7bit", "quoted-printable"],
  },
  {
    name: "a digest's parts are mails",
    mail: `Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: inner\nMIME-Version: 1.0\n${text}Grüße von innen\n--b--\n`,
    want: ["quoted-printable"],
  },
  {
    name: "a label within parts, though all is ASCII",
    mail: `Content-Type: multipart/mixed; boundary=b\n\n--b\n${text}plain\n--b--\n`,
    want: ["7bit"],
  },
  {
    name: "base64 in one long line",
    mail: `${file}Content-Transfer-Encoding: base64\n\n${"QUJD".repeat(400)}\n`,
    want: ["base64"],
  },
  {
    name: "quoted-printable with an octet beyond ASCII",
    mail: "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=C3=9F und ß\n",
    want: ["quoted-printable"],
  },
  {
    name: "a preamble nobody sees",
    mail: `Content-Type: multipart/mixed; boundary=b\n\nDies ist für alte Programme.\n--b\n${text}Grüße an alle\n--b--\nEnde für heute\n`,
    want: ["quoted-printable"],
  },
  {
    name: "a multipart without its end",
    mail: `Content-Type: multipart/mixed; boundary=b\n\n--b\n${text}Grüße an alle\n`,
    want: ["quoted-printable"],
  },
];

describe("a body made 7-bit", () => {
  test.each(rows)("$name", async ({ mail, want }) => {
    const before = mailOf(mail);
    const after = left(before);
    expect(isSevenBit(after.body)).toBe(true);
    expect(encodings(after)).toEqual(want);
    expect(await shown(after)).toEqual(await shown(before));
    expect(made(after)).toEqual({ ok: true, value: null });
  });

  test("is still 7-bit where nothing need be done, and the same", () => {
    const plain = mailOf("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n");
    expect(made(plain)).toEqual({ ok: true, value: null });
  });

  test("keeps every octet: NUL, a CR and an LF alone, trailing spaces, what looks like a delimiter", async () => {
    const octets = `a\0b\rc\nd \t\r\n.\r\nFrom me\r\n${"x".repeat(74)}--b\r\nß=\r\n`;
    for (const encoding of ["8bit", "binary"]) {
      const mail = {
        fields: [
          { name: "Content-Type", value: " text/plain; charset=utf-8" },
          { name: "Content-Transfer-Encoding", value: ` ${encoding}` },
        ],
        body: octets,
      };
      const { body } = left(mail);
      expect(isSevenBit(body)).toBe(true);
      for (const line of body.split("\r\n")) expect(line.length).toBeLessThanOrEqual(76);
      expect(body).not.toMatch(/^(?:From |\.$|--b)/m);
      const decoded = body
        .replaceAll("=\r\n", "")
        .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
      expect(decoded).toBe(octets);
    }
  });

  const charsets = [
    { name: "UTF-8", body: "Grüße, und noch mehr davon\r\n", want: "utf-8" },
    { name: "none that is known", body: "Gr\xfc\xdfe, und noch mehr davon\r\n", want: "unknown-8bit" },
  ];
  test.each(charsets)("text without MIME says its charset: $name", ({ body, want }) => {
    const octets = want === "utf-8" ? stringFromBytes(encodeUtf8(body)) : body;
    expect(left({ fields: [], body: octets }).fields).toEqual([
      { name: "MIME-Version", value: " 1.0" },
      { name: "Content-Type", value: ` text/plain; charset=${want}` },
      { name: "Content-Transfer-Encoding", value: " quoted-printable" },
    ]);
  });

  const failing: { name: string; mail: string; want: string }[] = [
    {
      name: "what is signed",
      mail: `Content-Type: multipart/signed; boundary=b\n\n--b\n${text}ß\n--b--\n`,
      want: "mime/protected",
    },
    {
      name: "what is encrypted, in a part",
      mail: "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/encrypted; boundary=c\n\n--c\n\nß\n--c--\n--b--\n",
      want: "mime/protected",
    },
    {
      name: "a file's name in UTF-8",
      mail: 'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment; filename="ß.pdf"\n\nx\n--b--\n',
      want: "mime/inner-header",
    },
    {
      name: "an attached mail's subject",
      mail: "Content-Type: message/rfc822\n\nSubject: ß\n\nx\n",
      want: "mime/inner-header",
    },
    {
      name: "a delivery status",
      mail: "Content-Type: message/delivery-status\n\nDiagnostic-Code: smtp; ß\n",
      want: "mime/inner-header",
    },
    { name: "two encodings", mail: `Content-Transfer-Encoding: 7bit\n${text}ß\n`, want: "mime/malformed" },
    { name: "an encoding that is none", mail: "Content-Transfer-Encoding: 8-bit\n\nß\n", want: "mime/malformed" },
    { name: "base64 that is none", mail: "Content-Transfer-Encoding: base64\n\nß\n", want: "mime/malformed" },
    { name: "a multipart without a boundary", mail: "Content-Type: multipart/mixed\n\nß\n", want: "mime/malformed" },
    {
      name: "an encoded multipart",
      mail: `Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\nß\n--b--\n`,
      want: "mime/malformed",
    },
  ];
  test.each(failing)("not of $name", ({ mail, want }) => {
    expect(made(mailOf(mail))).toMatchObject({ ok: false, kind: "perm", code: want });
  });

  test("leaves UTF-8 in a part's header to a mail that may have it (SMTPUTF8), and encodes its text", async () => {
    const mail = mailOf(
      `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment; filename="ß.pdf"\nContent-Type: text/plain; charset=utf-8\n\nGrüße an alle\n--b--\n`,
    );
    const after = left(mail, true);
    expect(encodings(after)).toEqual(["quoted-printable"]);
    expect(await shown(after)).toEqual(await shown(mail));
  });

  test("not of line ends that are none where parts begin: nothing is signed as 7-bit that is not", () => {
    const fields = [{ name: "Content-Type", value: " multipart/mixed; boundary=b" }];
    const body = "--b\r\nContent-Type: text/plain\r\n\nx\r\n--b--\r\n";
    expect(made({ fields, body })).toMatchObject({ ok: false, code: "mime/malformed" });
  });

  test("quoted-printable by a sloppy program means what it meant: LF alone, white space at a line's end", () => {
    const fields = [{ name: "Content-Transfer-Encoding", value: " quoted-printable" }];
    expect(left({ fields, body: "a \r\nb=\nc\nd=C3=9F \xc3\x9f=0D\r\n" }).body).toBe(
      "a\r\nb=\r\nc\r\nd=C3=9F =C3=9F=0D\r\n",
    );
  });

  test("a bound on depth and parts", () => {
    const deep = (levels: number): string =>
      levels === 0
        ? "\nß\n"
        : `Content-Type: multipart/mixed; boundary=b${levels}\n\n--b${levels}\n${deep(levels - 1)}\n--b${levels}--\n`;
    expect(made(mailOf(deep(10)))).toMatchObject({ ok: true });
    expect(made(mailOf(deep(40)))).toMatchObject({ ok: false, code: "mime/malformed" });
    const many = `Content-Type: multipart/mixed; boundary=b\n\n${"--b\n\nß\n".repeat(10_001)}--b--\n`;
    expect(made(mailOf(many))).toMatchObject({ ok: false, code: "mime/malformed" });
  });

  test("any octets of text: decoded the same, 7-bit, and 7-bit still when made again", () => {
    const pieces = fc.constantFrom(
      "\r\n",
      "\n",
      "\r",
      "=",
      " ",
      "\t",
      ".",
      "From ",
      "-",
      "ab",
      "é",
      "\xff",
      "\0",
      "x".repeat(80),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (list) => {
        const body = `${list.join("")}é\r\n`;
        const fields = [{ name: "Content-Type", value: " text/plain; charset=iso-8859-1" }];
        const after = left({ fields, body });
        expect(isSevenBit(after.body)).toBe(true);
        expect(made(after)).toEqual({ ok: true, value: null });
        const [encoding] = encodings(after);
        const decoded =
          encoding === "base64"
            ? atob(after.body.replaceAll("\r\n", ""))
            : after.body
                .replaceAll("=\r\n", "")
                .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
        expect(decoded).toBe(body);
      }),
    );
  });
});
