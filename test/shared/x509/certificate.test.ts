// Certificates as data: what is read, what is refused, and how fast.
import { describe, expect, test } from "vitest";
import { limits } from "../../../shared/limits.ts";
import { type Certificate, parseCertificate } from "../../../shared/x509/certificate.ts";
import * as der from "./der-writer.ts";
import { type Specification, type TestExtension, general, issue, now, testKey } from "./issue.ts";
import { stopwatch } from "./stopwatch.ts";

const key = testKey("p256");

function made(change: Partial<Specification> = {}): Uint8Array {
  return issue({ subject: [["CN", "Alice"]], key, issuer: null, ...change }).der;
}

function parsed(change: Partial<Specification> = {}): Certificate {
  const result = parseCertificate(made(change));
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

test("every field", () => {
  const names = [
    general.email("alice@example.org"),
    general.smtpUtf8("älice@example.org"),
    general.dns("example.org"),
    general.uri("https://example.org/"),
    general.ip(192, 0, 2, 1),
    general.directory([["O", "Example"]]),
    general.other("1.2.3"),
  ];
  const point = der.sequence(der.sequence(der.explicit(0, der.explicit(0, general.uri("http://crl.example.org/")))));
  const certificate = parsed({
    serial: Uint8Array.of(0, 0xab),
    authorityKeyId: Uint8Array.of(1, 2),
    extendedKeyUsage: ["1.3.6.1.5.5.7.3.4"],
    keyUsage: ["digitalSignature", "cRLSign"],
    names,
    ca: true,
    pathLength: 3,
    permitted: [general.email("example.org")],
    extensions: [
      { type: "2.5.29.31", value: point },
      { type: "1.2.3.4", critical: true, value: der.value(0x05) },
      { type: "1.2.3.5", value: der.value(0x05) },
    ],
  });
  expect(certificate).toMatchObject({
    version: 3,
    serial: "00ab",
    keyType: "p256",
    rsaBits: null,
    spki: key.spki,
    subjectKeyId: key.id,
    authorityKeyId: Uint8Array.of(1, 2),
    notBefore: now - 365 * 86_400,
    notAfter: now + 365 * 86_400,
    emails: ["alice@example.org"],
    smtpUtf8Mailboxes: ["älice@example.org"],
    dns: ["example.org"],
    uris: ["https://example.org/"],
    ips: [Uint8Array.of(192, 0, 2, 1)],
    basicConstraints: { ca: true, pathLength: 3 },
    keyUsage: ["digitalSignature", "cRLSign"],
    extendedKeyUsage: ["1.3.6.1.5.5.7.3.4"],
    nameConstraints: { permitted: [{ form: "email", text: "example.org" }], excluded: [] },
    crlDistributionPoints: [{ uris: ["http://crl.example.org/"], partial: false }],
    unknownCritical: ["1.2.3.4"],
  });
  expect(certificate.subject.text).toBe("CN=Alice");
  expect(certificate.directoryNames.map(({ text }) => text)).toEqual(["O=Example"]);
  expect(certificate.subjectAltNames).toHaveLength(7);
});

test("what is not there is null", () => {
  const extensions = [{ type: "1.2.3", value: der.value(0x05) }];
  expect(parsed({ ca: null, keyUsage: null, subjectKeyId: null, extensions })).toMatchObject({
    basicConstraints: null,
    keyUsage: null,
    extendedKeyUsage: null,
    nameConstraints: null,
    subjectKeyId: null,
    authorityKeyId: null,
    subjectAltNames: null,
    emails: [],
    crlDistributionPoints: [],
    unknownCritical: [],
  });
});

describe("refused", () => {
  const extension = (type: string, value: Uint8Array): Partial<Specification> => ({ extensions: [{ type, value }] });
  const twice: TestExtension = { type: "1.2.3", value: der.value(0x05) };

  test.each<[string, Partial<Specification>]>([
    ["an extension twice", { extensions: [twice, twice] }],
    ["subjectAltName without a name", extension("2.5.29.17", der.sequence())],
    ["subjectAltName that is text", extension("2.5.29.17", der.text("alice@example.org"))],
    ["octets after a value", extension("2.5.29.17", Uint8Array.of(...der.sequence(general.dns("a")), 0))],
    ["an IP address with a mask", { names: [general.ip(192, 0, 2, 0, 255, 255, 255, 0)] }],
    ["an address beyond ASCII as rfc822Name", { names: [general.email("älice@example.org")] }],
    ["a name of no known form", { names: [der.implicit(9, der.text("x"))] }],
    ["extendedKeyUsage without a use", { extendedKeyUsage: [] }],
    ["keyUsage without a bit", { keyUsage: [] }],
    ["nameConstraints without a subtree", { permitted: [] }],
    [
      "a subtree with a minimum",
      extension(
        "2.5.29.30",
        der.sequence(der.explicit(0, der.sequence(general.dns("a"), der.implicit(0, Uint8Array.of(1))))),
      ),
    ],
    [
      "a negative path length",
      {
        ca: true,
        extensions: [],
        pathLength: undefined,
        ...extension("2.5.29.36", der.sequence(der.implicit(0, Uint8Array.of(0xff)))),
      },
    ],
    ["empty policyConstraints", extension("2.5.29.36", der.sequence())],
    [
      "a policy twice",
      extension("2.5.29.32", der.sequence(der.sequence(der.oid("1.2.3")), der.sequence(der.oid("1.2.3")))),
    ],
    [
      "an issuer without a serial number in the key identifier",
      { authorityKeyId: null, ...extension("2.5.29.35", der.sequence(der.explicit(1, general.dns("a")))) },
    ],
    ["an empty serial number", { serial: new Uint8Array() }],
    ["a serial number that is not minimal", { serial: Uint8Array.of(0, 1) }],
  ])("%s", (_name, change) =>
    expect(parseCertificate(made(change))).toMatchObject({ ok: false, code: "x509/certificate" }),
  );

  test("a certificate that is too long, before it is looked at", () => {
    const long = made({ names: Array.from({ length: 3_000 }, () => general.dns("host.example.org")) });
    expect(long.length).toBeGreaterThan(limits.certificateBytes);
    expect(parseCertificate(long)).toMatchObject({ ok: false, code: "x509/too-long" });
  });

  test("every prefix, and octets after the end", () => {
    const whole = made({ names: [general.email("alice@example.org")] });
    for (let length = 0; length < whole.length; length += 1)
      expect(parseCertificate(whole.subarray(0, length)).ok).toBe(false);
    expect(parseCertificate(Uint8Array.of(...whole, 0)).ok).toBe(false);
  });

  test("two signature algorithms", () => {
    const whole = made();
    const text = Buffer.from(whole).toString("hex");
    const algorithm = "2a8648ce3d040302";
    const last = text.lastIndexOf(algorithm);
    const changed = `${text.slice(0, last)}2a8648ce3d040303${text.slice(last + algorithm.length)}`;
    expect(parseCertificate(Uint8Array.from(Buffer.from(changed, "hex")))).toMatchObject({ ok: false });
  });
});

test("parsing takes well under the 260 µs of a general library", () => {
  const whole = made({ names: [general.email("alice@example.org"), general.dns("example.org")] });
  for (let round = 0; round < 2_000; round += 1) parseCertificate(whole);
  const took = stopwatch();
  for (let round = 0; round < 2_000; round += 1) parseCertificate(whole);
  const micros = took() / 2;
  console.info(`parseCertificate: ${micros.toFixed(1)} µs`);
  expect(micros).toBeLessThan(260);
});
