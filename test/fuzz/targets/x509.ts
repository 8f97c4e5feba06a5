// What certificates, lists and names are read by, and the search for a path among hostile ones.
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { parseCertificateList } from "../../../shared/x509/crl.ts";
import { DerReader } from "../../../shared/x509/der.ts";
import { readGeneralName } from "../../../shared/x509/general-name.ts";
import { parseIp } from "../../../shared/x509/ip.ts";
import { nameKeyFromText, readName } from "../../../shared/x509/name.ts";
import { validatePath } from "../../../shared/x509/path.ts";
import { formatPem, parsePem } from "../../../shared/x509/pem.ts";
import {
  certificateAddresses,
  hostName,
  internationalMailbox,
  isDnsName,
  plainMailbox,
} from "../../../shared/x509/san.ts";
import { splitChains } from "../../../bridge/trust/published.ts";
import { distinguishedName, general, issue, issueList, now, testKey } from "../../shared/x509/issue.ts";
import { byteString, holds, same, type Target } from "../target.ts";

const signs = { ca: true, keyUsage: ["keyCertSign", "cRLSign"] } as const;
const emailProtection = "1.3.6.1.5.5.7.3.4";
const root = issue({ subject: [["CN", "Root"]], key: testKey("p256", 0), issuer: null, ...signs });
const authority = issue({
  subject: [["O", "Example"]],
  key: testKey("ed25519", 1),
  issuer: root,
  pathLength: 0,
  permitted: [general.email("example.org")],
  ...signs,
});
const leaf = issue({
  subject: [["CN", "Alice"]],
  key: testKey("p256", 2),
  issuer: authority,
  extendedKeyUsage: [emailProtection],
  names: [general.email("alice@example.org"), general.dns("example.org")],
});
const list = issueList({ issuer: authority, revoked: [{ serial: Uint8Array.of(1), reason: 1 }] });
const chain = [leaf, authority, root].map(({ der }) => formatPem(der)).join("");
const at = new Date(now * 1_000);
const base = { at, extendedKeyUsage: [emailProtection], keyUsage: ["digitalSignature"] } as const;
const name = { type: "email", value: "alice@example.org" } as const;

/** RFC 5280's reading of one value fails by throwing DerError inside its own folder; anything else is a bug. */
function quietly(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && error.constructor.name === "DerFault") return null;
    throw error;
  }
}

export const x509Targets: readonly Target[] = [
  {
    name: "x509/certificate",
    seeds: [leaf.der, authority.der, root.der],
    run(input) {
      const read = parseCertificate(input);
      if (!read.ok) return;
      holds(Buffer.from(read.value.der).equals(Buffer.from(input)), "all of its octets are its own");
      for (const address of certificateAddresses(read.value)) holds(address.includes("@"), "an address is one");
    },
  },
  {
    name: "x509/crl",
    seeds: [list],
    run(input) {
      const read = parseCertificateList(input);
      if (read.ok) holds(Number.isSafeInteger(read.value.thisUpdate), "a time is a number");
    },
  },
  {
    name: "x509/names",
    seeds: [
      distinguishedName([
        ["CN", "Al\u00eece"],
        ["O", "Example"],
      ]),
      general.email("alice@example.org"),
      general.dns("*.example.org"),
      "CN=Alice,O=Example\\, Inc.",
      "alice@example.org",
      "2001:db8::192.0.2.1",
    ],
    run(input) {
      quietly(() => readName(new DerReader(input)));
      quietly(() => readGeneralName(new DerReader(input)));
      const text = Buffer.from(input).toString("utf8");
      nameKeyFromText(text);
      isDnsName(text);
      const host = hostName(text);
      if (host !== null) holds(hostName(host) === host, "a host name reads as itself");
      for (const mailbox of [plainMailbox(text), internationalMailbox(text)]) {
        if (mailbox !== null) holds(mailbox.domain !== "" && mailbox.localPart !== "", "a mailbox has two parts");
      }
      const ip = parseIp(text);
      holds(ip === null || ip.length === 4 || ip.length === 16, "an address has 4 or 16 octets");
    },
  },
  {
    name: "x509/pem",
    seeds: [chain, "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"],
    run(input) {
      const read = parsePem(byteString(input));
      if (!read.ok) return;
      const again = parsePem(read.value.map((der) => formatPem(der)).join(""));
      holds(read.value.length === 0 || (again.ok && same(again.value, read.value)), "written again, the same");
      splitChains(read.value);
    },
  },
  {
    name: "x509/path",
    seeds: [chain],
    maxBytes: 6_000,
    baseSteps: 200_000,
    async run(input) {
      const certificates = parsePem(byteString(input));
      if (!certificates.ok) return;
      const [first, ...others] = certificates.value;
      if (first === undefined) return;
      const found = await validatePath({ ...base, leaf: first, intermediates: others, anchors: [root.der], name });
      if (!found.ok) return;
      holds(Buffer.from(first).equals(Buffer.from(leaf.der)), "only Alice's certificate leads to the root");
    },
  },
];
