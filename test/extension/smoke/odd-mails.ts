// Mails of a form that some program once stumbled over; each made of the sealed invoice, with a subject of its own.

interface OddMail {
  /** Its subject, too. */
  readonly name: string;
  /** Of a good mail: CRLF, one character an octet. */
  readonly raw: (good: string, name: string) => string;
}

const retitled = (good: string, name: string): string =>
  good.replace("Subject: Invoice 1001", `Subject: ${name}`).replace("<1001@", `<${name.replaceAll(" ", ".")}@`);

/** The fields above a body of another type. */
function withBody(good: string, name: string, type: string, body: string): string {
  const fields = retitled(good.slice(0, good.indexOf("\r\n\r\n")), name);
  return `${fields.replace(/\r\nContent-Type:[^\r]*(\r\n[ \t][^\r]*)*/, `\r\nContent-Type: ${type}`)}\r\n\r\n${body}\r\n`;
}

export const oddMails: readonly OddMail[] = [
  {
    name: "a header of 256 kB",
    raw: (good, name) => `${`X-Padding: ${"x".repeat(900)}\r\n`.repeat(285)}${retitled(good, name)}`,
  },
  {
    name: "a mail that PGP encrypted",
    raw: (good, name) =>
      withBody(
        good,
        name,
        'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"',
        "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n--b\r\n" +
          "Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nwcBMA0==\r\n-----END PGP MESSAGE-----\r\n--b--",
      ),
  },
  {
    name: "a mail that SMIME signed",
    raw: (good, name) =>
      withBody(
        good,
        name,
        'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="b"',
        "--b\r\nContent-Type: text/plain\r\n\r\nPlease pay.\r\n--b\r\n" +
          "Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n--b--",
      ),
  },
  {
    name: "a mail with a mail inside",
    raw: (good, name) => withBody(good, name, "message/rfc822", good.trimEnd()),
  },
  { name: "a mail without a body", raw: (good, name) => retitled(good.slice(0, good.indexOf("\r\n\r\n") + 4), name) },
];
