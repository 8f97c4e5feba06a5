// Path validation rule by rule: each row breaks one thing, or shows that something unusual is right.
import { describe, expect, test } from "vitest";
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { type PathQuestion, validatePath } from "../../../shared/x509/path.ts";
import type { SignatureQuestion } from "../../../shared/x509/signature.ts";
import * as der from "./der-writer.ts";
import { type Issued, type Specification, general, issue, now, testKey } from "./issue.ts";

const emailProtection = "1.3.6.1.5.5.7.3.4";
const serverAuth = "1.3.6.1.5.5.7.3.1";
const address = "alice@example.org";

type Change = Partial<Specification>;

const rootKey = testKey("p256", 0);
const caKey = testKey("p256", 1);
const leafKey = testKey("p256", 2);

function root(change: Change = {}): Issued {
  return issue({ subject: [["CN", "Root"]], key: rootKey, issuer: null, ca: true, ...change });
}

function authority(issuer: Issued, change: Change = {}): Issued {
  return issue({ subject: [["CN", "Authority"]], key: caKey, issuer, ca: true, ...change });
}

function leaf(issuer: Issued, change: Change = {}): Issued {
  return issue({ subject: [["CN", "Alice"]], key: leafKey, issuer, names: [general.email(address)], ...change });
}

/** Leaf below one CA below one root, each changed. */
function chain(changes: { readonly root?: Change; readonly ca?: Change; readonly leaf?: Change }): PathQuestion {
  const top = root(changes.root);
  const middle = authority(top, changes.ca);
  return question(leaf(middle, changes.leaf), [middle], [top]);
}

function question(end: Issued, intermediates: readonly Issued[], anchors: readonly Issued[]): PathQuestion {
  return {
    leaf: end.der,
    intermediates: intermediates.map((issued) => issued.der),
    anchors: anchors.map((issued) => issued.der),
    at: new Date(now * 1000),
    name: { type: "email", value: address },
    extendedKeyUsage: [emailProtection],
    keyUsage: ["digitalSignature"],
  };
}

/** CAs from the root down, each below the one before; the leaf below the last. */
function ladder(
  changes: readonly Change[],
  ends: { readonly root?: Change; readonly leaf?: Change } = {},
): PathQuestion {
  const top = root(ends.root);
  const all = [top];
  for (const [index, change] of changes.entries())
    all.push(
      authority(all.at(-1) ?? top, { subject: [["CN", `CA ${index}`]], key: testKey("p256", 10 + index), ...change }),
    );
  return question(leaf(all.at(-1) ?? top, ends.leaf), all.slice(1), [top]);
}

const selfIssued = (index: number): Change => ({ subject: [["CN", "Same"]], key: testKey("p256", 20 + index) });
const critical = (type: string): Change => ({
  extensions: [{ type, critical: true, value: der.sequence(der.oid("1.2.3")) }],
});

const only = chain({});
const deep = ladder([{}, {}]);

interface Row {
  readonly name: string;
  readonly input: () => PathQuestion;
  /** null: valid. */
  readonly want: string | null;
}

const rows: readonly Row[] = [
  { name: "leaf, CA, root", input: () => chain({}), want: null },
  { name: "no CA between", input: () => ladder([]), want: null },
  {
    name: "every algorithm",
    input: () => ladder([{ key: testKey("rsa") }, { key: testKey("p384") }, { key: testKey("ed25519") }]),
    want: null,
  },
  { name: "five intermediates", input: () => ladder([{}, {}, {}, {}, {}]), want: null },
  { name: "six intermediates", input: () => ladder([{}, {}, {}, {}, {}, {}]), want: "x509/depth" },
  {
    name: "six where the caller allows them",
    input: () => ({ ...ladder([{}, {}, {}, {}, {}, {}]), maxDepth: 6 }),
    want: null,
  },
  {
    name: "a root nobody trusts",
    input: () => ({ ...chain({}), anchors: [root({ key: testKey("p256", 9) }).der] }),
    want: "x509/signature",
  },
  { name: "no trust store", input: () => ({ ...chain({}), anchors: [] }), want: "x509/no-path" },
  { name: "the leaf stands in the trust store itself", input: () => ({ ...only, anchors: [only.leaf] }), want: null },
  {
    name: "a CA in the middle is the anchor",
    input: () => ({ ...deep, anchors: deep.intermediates.slice(1) }),
    want: null,
  },

  // Validity (RFC 5280 section 6.1.3 (a) (2))
  { name: "expired leaf", input: () => chain({ leaf: { notAfter: now - 1 } }), want: "x509/expired" },
  { name: "leaf in its last second", input: () => chain({ leaf: { notAfter: now } }), want: null },
  { name: "leaf not yet valid", input: () => chain({ leaf: { notBefore: now + 1 } }), want: "x509/not-yet-valid" },
  { name: "leaf in its first second", input: () => chain({ leaf: { notBefore: now } }), want: null },
  { name: "expired CA", input: () => chain({ ca: { notAfter: now - 1 } }), want: "x509/expired" },
  { name: "expired root", input: () => chain({ root: { notAfter: now - 1 } }), want: "x509/expired" },
  { name: "no time at all", input: () => ({ ...chain({}), at: new Date(Number.NaN) }), want: "x509/time" },

  // Signatures and names (sections 6.1.3 (a) (1) and (4))
  {
    name: "signed by another key",
    input: () => chain({ leaf: { signer: testKey("p256", 9) } }),
    want: "x509/signature",
  },
  {
    name: "CA signed by another key",
    input: () => chain({ ca: { signer: testKey("p256", 9) } }),
    want: "x509/signature",
  },
  {
    name: "another issuer's name",
    input: () => chain({ leaf: { issuerName: [["CN", "Nobody"]] } }),
    want: "x509/no-path",
  },
  {
    name: "issuer's name in other case and spacing",
    input: () => chain({ leaf: { issuerName: [["CN", " AUTHORITY "]] } }),
    want: null,
  },
  { name: "RSA of 1,024 bits", input: () => chain({ ca: { key: testKey("rsa1024") } }), want: "x509/key" },
  {
    name: "RSA of 1,024 bits in the leaf",
    input: () => chain({ leaf: { key: testKey("rsa1024") } }),
    want: "x509/key",
  },
  {
    name: "a key identifier that fits nobody proves nothing",
    input: () => chain({ leaf: { authorityKeyId: Uint8Array.of(1) } }),
    want: null,
  },

  // CAs (sections 6.1.4 (k) to (n))
  { name: "CA without basicConstraints", input: () => chain({ ca: { ca: null } }), want: "x509/not-ca" },
  {
    name: "CA that says it is none",
    input: () => chain({ ca: { ca: false, keyUsage: ["keyCertSign"] } }),
    want: "x509/not-ca",
  },
  { name: "a leaf issues", input: () => chain({ ca: { ca: false } }), want: "x509/not-ca" },
  { name: "CA without keyCertSign", input: () => chain({ ca: { keyUsage: ["cRLSign"] } }), want: "x509/key-usage" },
  { name: "CA without keyUsage", input: () => chain({ ca: { keyUsage: null } }), want: null },
  {
    name: "path length in a CA without keyUsage",
    input: () => chain({ ca: { keyUsage: null, pathLength: 1 } }),
    want: "x509/profile",
  },
  {
    name: "root without keyCertSign",
    input: () => chain({ root: { keyUsage: ["digitalSignature"] } }),
    want: "x509/key-usage",
  },
  { name: "CA without a key identifier", input: () => chain({ ca: { subjectKeyId: null } }), want: "x509/profile" },
  {
    name: "CA without its issuer's key identifier",
    input: () => chain({ ca: { authorityKeyId: null } }),
    want: "x509/profile",
  },
  {
    name: "leaf without its issuer's key identifier",
    input: () => chain({ leaf: { authorityKeyId: null } }),
    want: "x509/profile",
  },
  { name: "path length 0 above a leaf", input: () => chain({ ca: { pathLength: 0 } }), want: null },
  { name: "path length 0 above a CA", input: () => ladder([{ pathLength: 0 }, {}]), want: "x509/path-length" },
  {
    name: "a root's path length counts",
    input: () => ladder([{}], { root: { pathLength: 0 } }),
    want: "x509/path-length",
  },
  { name: "path length 1 above one CA", input: () => ladder([{ pathLength: 1 }, {}]), want: null },
  {
    name: "self-issued CAs don't count for path length",
    input: () => ladder([{ ...selfIssued(0), pathLength: 0 }, selfIssued(1)]),
    want: null,
  },
  {
    name: "a self-issued leaf is bound by constraints",
    input: () =>
      ladder([{ permitted: [general.directory([["CN", "Alice"]])] }], { leaf: { subject: [["CN", "CA 0"]] } }),
    want: "x509/name-constraints",
  },
  { name: "path length in a leaf", input: () => chain({ leaf: { pathLength: 0 } }), want: "x509/profile" },
  {
    name: "keyCertSign in a leaf",
    input: () => chain({ leaf: { keyUsage: ["digitalSignature", "keyCertSign"] } }),
    want: "x509/profile",
  },
  {
    name: "a CA signs mail itself",
    input: () => chain({ leaf: { ca: true, keyUsage: ["digitalSignature", "keyCertSign"] } }),
    want: null,
  },

  // Uses
  {
    name: "leaf for servers only",
    input: () => chain({ leaf: { extendedKeyUsage: [serverAuth] } }),
    want: "x509/extended-key-usage",
  },
  {
    name: "leaf for mail among others",
    input: () => chain({ leaf: { extendedKeyUsage: [serverAuth, emailProtection] } }),
    want: null,
  },
  { name: "leaf for anything", input: () => chain({ leaf: { extendedKeyUsage: ["2.5.29.37.0"] } }), want: null },
  {
    name: "CA for servers only",
    input: () => chain({ ca: { extendedKeyUsage: [serverAuth] } }),
    want: "x509/extended-key-usage",
  },
  {
    name: "root for servers only",
    input: () => chain({ root: { extendedKeyUsage: [serverAuth] } }),
    want: "x509/extended-key-usage",
  },
  {
    name: "leaf that only encrypts",
    input: () => chain({ leaf: { keyUsage: ["keyEncipherment"] } }),
    want: "x509/key-usage",
  },
  { name: "leaf without keyUsage", input: () => chain({ leaf: { keyUsage: null } }), want: null },

  // Names of the leaf
  {
    name: "another address",
    input: () => chain({ leaf: { names: [general.email("bob@example.org")] } }),
    want: "x509/name",
  },
  {
    name: "the local part in other case",
    input: () => chain({ leaf: { names: [general.email("Alice@example.org")] } }),
    want: "x509/name",
  },
  {
    name: "the domain in other case",
    input: () => chain({ leaf: { names: [general.email("alice@EXAMPLE.org")] } }),
    want: null,
  },
  {
    name: "the address in the subject only",
    input: () => chain({ leaf: { subject: [["email", address]], names: [general.dns("example.org")] } }),
    want: "x509/name",
  },
  {
    name: "no subject, critical subjectAltName missing",
    input: () => chain({ leaf: { subject: [] } }),
    want: "x509/profile",
  },
  {
    name: "a name as common name only",
    input: () => ({ ...chain({}), name: { type: "dns", value: "Alice" } }),
    want: "x509/name",
  },
  {
    name: "DNS name",
    input: () => ({
      ...chain({ leaf: { names: [general.dns("mx.example.org")] } }),
      name: { type: "dns", value: "MX.example.org" },
    }),
    want: null,
  },
  {
    name: "IP address",
    input: () => ({
      ...chain({ leaf: { names: [general.ip(192, 0, 2, 1)] } }),
      name: { type: "ip", value: "192.0.2.1" },
    }),
    want: null,
  },
  {
    name: "directory name",
    input: () => ({ ...chain({}), name: { type: "directory", value: "CN=alice" } }),
    want: null,
  },
  {
    name: "another directory name",
    input: () => ({ ...chain({}), name: { type: "directory", value: "CN=alice,O=x" } }),
    want: "x509/name",
  },

  // Name constraints (section 4.2.1.10)
  {
    name: "the host is permitted",
    input: () => chain({ ca: { permitted: [general.email("example.org")] } }),
    want: null,
  },
  {
    name: "only the domain below is permitted",
    input: () => chain({ ca: { permitted: [general.email(".example.org")] } }),
    want: "x509/name-constraints",
  },
  {
    name: "the host is excluded",
    input: () => chain({ ca: { excluded: [general.email("example.org")] } }),
    want: "x509/name-constraints",
  },
  {
    name: "another mailbox is excluded",
    input: () => chain({ ca: { excluded: [general.email("bob@example.org")] } }),
    want: null,
  },
  {
    name: "a root's constraints count",
    input: () => chain({ root: { permitted: [general.email("example.com")] } }),
    want: "x509/name-constraints",
  },
  {
    name: "constraints that are not critical count",
    input: () => chain({ ca: { permitted: [general.email("example.com")], constraintsCritical: false } }),
    want: "x509/name-constraints",
  },
  {
    name: "the legacy address in the subject counts",
    input: () =>
      chain({ ca: { permitted: [general.email("example.org")] }, leaf: { subject: [["email", "alice@example.com"]] } }),
    want: "x509/name-constraints",
  },
  {
    name: "a mailbox beyond ASCII under an rfc822Name constraint",
    input: () => ({
      ...chain({
        ca: { permitted: [general.email("example.com")] },
        leaf: { names: [general.smtpUtf8("älice@example.org")] },
      }),
      name: undefined,
    }),
    want: "x509/name-constraints",
  },
  {
    name: "the same, permitted",
    input: () => ({
      ...chain({
        ca: { permitted: [general.email("example.org")] },
        leaf: { names: [general.smtpUtf8("älice@example.org")] },
      }),
      name: { type: "email", value: "älice@example.org" },
    }),
    want: null,
  },
  {
    name: "an ASCII mailbox as SmtpUTF8Mailbox under a constraint",
    input: () => ({
      ...chain({
        ca: { excluded: [general.email("example.com")] },
        leaf: { names: [general.smtpUtf8("alice@example.org")] },
      }),
      name: undefined,
    }),
    want: "x509/name-constraints",
  },
  {
    name: "directory name permitted",
    input: () =>
      chain({
        ca: { permitted: [general.directory([["O", "Example"]])] },
        leaf: {
          subject: [
            ["O", "EXAMPLE"],
            ["CN", "Alice"],
          ],
        },
      }),
    want: null,
  },
  {
    name: "directory name elsewhere",
    input: () => chain({ ca: { permitted: [general.directory([["O", "Example"]])] } }),
    want: "x509/name-constraints",
  },
  {
    name: "DNS constraint and a mail name",
    input: () => chain({ ca: { permitted: [general.dns("example.com")] } }),
    want: null,
  },
  {
    name: "URI permitted",
    input: () =>
      chain({
        ca: { permitted: [general.uri(".example.org")] },
        leaf: { names: [general.email(address), general.uri("https://a.example.org/x")] },
      }),
    want: null,
  },
  {
    name: "URI excluded",
    input: () =>
      chain({
        ca: { excluded: [general.uri("a.example.org")] },
        leaf: { names: [general.email(address), general.uri("https://u@A.example.org:1/x")] },
      }),
    want: "x509/name-constraints",
  },
  {
    name: "URI without a host under a constraint",
    input: () =>
      chain({
        ca: { permitted: [general.uri(".example.org")] },
        leaf: { names: [general.email(address), general.uri("urn:x")] },
      }),
    want: "x509/name-constraints",
  },
  {
    name: "an unknown form constrained, and held",
    input: () =>
      chain({
        ca: { permitted: [general.other("1.2.3")] },
        leaf: { names: [general.email(address), general.other("1.2.3")] },
      }),
    want: "x509/name-constraints",
  },
  {
    name: "an unknown form constrained, not held",
    input: () => chain({ ca: { permitted: [general.other("1.2.3")] } }),
    want: null,
  },
  {
    name: "a self-issued CA is free of constraints",
    input: () => ladder([{ ...selfIssued(0), permitted: [general.directory([["CN", "Alice"]])] }, selfIssued(1)]),
    want: null,
  },
  {
    name: "another CA is not",
    input: () => ladder([{ permitted: [general.directory([["CN", "Alice"]])] }, {}]),
    want: "x509/name-constraints",
  },
  {
    name: "constraints in a leaf",
    input: () => chain({ leaf: { permitted: [general.email("example.org")] } }),
    want: "x509/profile",
  },

  // Extensions and serial numbers
  {
    name: "unknown critical extension in the leaf",
    input: () => chain({ leaf: critical("1.2.3.4") }),
    want: "x509/critical-extension",
  },
  {
    name: "unknown critical extension in a CA",
    input: () => chain({ ca: critical("1.2.3.4") }),
    want: "x509/critical-extension",
  },
  {
    name: "unknown critical extension in the root",
    input: () => chain({ root: critical("1.2.3.4") }),
    want: "x509/critical-extension",
  },
  {
    name: "unknown critical extension in a CA that is not needed",
    input: () => ({
      ...only,
      intermediates: [...chain({ ca: critical("1.2.3.4") }).intermediates, ...only.intermediates],
    }),
    want: null,
  },
  { name: "serial number 0", input: () => chain({ leaf: { serial: Uint8Array.of(0) } }), want: "x509/profile" },
  {
    name: "negative serial number",
    input: () => chain({ leaf: { serial: Uint8Array.of(0x80) } }),
    want: "x509/profile",
  },
  {
    name: "serial number of 21 octets",
    input: () => chain({ leaf: { serial: new Uint8Array(21).fill(1) } }),
    want: "x509/profile",
  },
  {
    name: "serial number of 20 octets with a leading zero",
    input: () => chain({ leaf: { serial: Uint8Array.of(0, ...new Uint8Array(20).fill(0x80)) } }),
    want: null,
  },
  { name: "root with serial number 0", input: () => chain({ root: { serial: Uint8Array.of(0) } }), want: null },

  // Garbage
  { name: "no certificate", input: () => ({ ...chain({}), leaf: new Uint8Array() }), want: "x509/certificate" },
  {
    name: "garbage among the candidates",
    input: () => ({ ...only, intermediates: [Uint8Array.of(1, 2, 3), ...only.intermediates] }),
    want: null,
  },
  {
    name: "nothing but garbage",
    input: () => ({ ...only, intermediates: [Uint8Array.of(1, 2, 3)], anchors: [Uint8Array.of(0x30)] }),
    want: "x509/no-path",
  },
];
describe("one rule a row", () => {
  test.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, { input, want }) => {
    const result = await validatePath(input());
    expect(result.ok ? null : result.code).toBe(want);
  });
});

describe("the path", () => {
  test("is leaf first, anchor last, as octets and parsed", async () => {
    const result = await validatePath(deep);
    if (!result.ok) throw new Error(result.detail);
    const { chain: path, certificates, revocation } = result.value;
    expect(path).toEqual([deep.leaf, ...deep.intermediates.toReversed(), ...deep.anchors]);
    expect(certificates.map(({ subject }) => subject.text)).toEqual(["CN=Alice", "CN=CA 1", "CN=CA 0", "CN=Root"]);
    expect(revocation).toEqual([]);
  });

  test("takes what is parsed already", async () => {
    const parsed = deep.anchors.map((anchor) => parseCertificate(anchor as Uint8Array));
    const anchors = parsed.flatMap((result) => (result.ok ? [result.value] : []));
    expect((await validatePath({ ...deep, anchors })).ok).toBe(true);
  });

  test("asks the verifier given", async () => {
    const asked: SignatureQuestion[] = [];
    const verifier = (question: SignatureQuestion): boolean => asked.push(question) > 0;
    expect((await validatePath({ ...deep, verifier })).ok).toBe(true);
    expect(asked.map(({ scheme }) => scheme.kind)).toEqual(["ecdsa", "ecdsa", "ecdsa"]);
    expect((await validatePath({ ...deep, verifier: () => false })).ok).toBe(false);
  });
});
