// Text that others choose, in every place from which something is shown: markup stays text, and nothing in it is unseen or
// turns around what stands beside it. Unicode Technical Report 36.
import { describe, expect, test } from "vitest";
import { nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import { encodeUtf8, stringFromBytes } from "../../../shared/encoding/bytes.ts";
import type { Message } from "../../../shared/header/field.ts";
import { sealHop } from "../../../shared/hop/seal.ts";
import type { HopSignal } from "../../../shared/hop/types.ts";
import { assess } from "../../../shared/verdict/assess.ts";
import type { Phrase, Verdict } from "../../../shared/verdict/types.ts";
import {
  editField,
  makeBridgeKey,
  makeMail,
  makeSignal,
  must,
  rawMail,
  signMail,
  testCrypto,
  testTime,
  withFields,
} from "../../fakes/mail.ts";
import { general, issue, testKey, type Issued } from "../x509/issue.ts";
import { spoken } from "./words.ts";

const spell = "<script>x</script>&amp;\u202eexe.gpj\u2069\u200b\u00ad\u0007\u061c\u{e0041}\u2028end";
const octets = stringFromBytes(encodeUtf8(spell));
/** Without what no value of a field may hold. */
const inField = octets.replaceAll("\u0007", "");
const quoted = `"${inField}"`;

const bridge = makeBridgeKey();
const key = testKey("p256", 50);
const life = { notBefore: testTime - 86_400, notAfter: testTime + 86_400 };
const names = [general.email("alice@example.org")];

function certificate(subject: string, issuer: string): Issued {
  const ca = issue({ subject: [["CN", issuer]], key: testKey("p256", 51), issuer: null, ca: true, ...life });
  return issue({ subject: [["CN", subject]], key, issuer: ca, names, ...life });
}

const plain = certificate("Alice", "CA");
const signer = nodeSigner(key.privateKey);
if (signer === null) throw new Error("P-256 signs");
const signed = await signMail(makeMail(), { signer });

interface Told {
  readonly mail?: Message;
  readonly signal?: Partial<HopSignal> | null;
  readonly leaf?: Issued;
}

/** All that is said of a mail, in words. */
async function told({ mail = signed, signal = {}, leaf = plain }: Told): Promise<readonly string[]> {
  const value =
    signal === null
      ? null
      : await sealHop({
          signal: makeSignal(mail, bridge.signer, signal),
          fields: mail.fields,
          signer: bridge.signer,
        });
  const delivered = value === null ? mail : withFields(mail, { name: "Hop-Signal", value });
  const { verdict } = must(
    await assess(rawMail(delivered), {
      crypto: testCrypto,
      now: testTime,
      domains: ["example.net"],
      keys: async () => [bridge.key],
      certificates: async () => ({ chains: [[leaf.der]], revokedFrom: null, withdrawnPaths: [] }),
      trustedAuthservIds: ["mx1.example.net", inField],
      readerAddresses: ["bob@example.net"],
    }),
  );
  return phrasesOf(verdict).map((phrase) => spoken(phrase));
}

function phrasesOf({ sentence, advice, says, way, checks }: Verdict): readonly Phrase[] {
  const rows = [...says.rows, ...checks.rows].flatMap(({ label, value }) => [label, value]);
  const steps = way.steps.flatMap(({ text, details }) => [text, ...details]);
  return [sentence, ...(advice === null ? [] : [advice]), says.gist, way.gist, checks.gist, ...rows, ...steps];
}

const received = (value: string): Message => withFields(makeMail(), { name: "Received", value: ` ${value}` });
const results = (value: string): Message => withFields(signed, { name: "Authentication-Results", value: ` ${value}` });
const usual = "by mx.example.net with ESMTPS id 1; Sat, 22 Nov 2025 22:20:05 +0000";
const field = (name: string, value: string): Told => ({ mail: editField(signed, name, () => ` ${value}`) });

/** `shows`: some of it can be seen there. */
const places: readonly { name: string; told: Told; shows?: true }[] = [
  { name: "From's display name", told: field("From", `${quoted} <alice@example.org>`) },
  { name: "From's address", told: { mail: makeMail({ from: `${quoted}@example.org` }), signal: null } },
  { name: "From's address in an undeclared, sealed mail", told: { mail: makeMail({ from: `${quoted}@example.org` }) } },
  { name: "To", told: field("To", `${quoted} <bob@example.net>`) },
  { name: "Subject", told: field("Subject", inField) },
  { name: "Date", told: field("Date", inField) },
  { name: "Message-ID", told: field("Message-ID", `<${inField}>`) },
  { name: "the purpose", told: field("IPP-Purpose", `v=1; p=${inField}`) },
  {
    name: "the class and the consent",
    told: field("IPP-Purpose", `v=1; p=personal; cls=${inField}; consent=${inField}`),
  },
  { name: "the signature's i", told: field("IPP-Signature", `v=1; i=${inField}@example.org; d=example.org`) },
  { name: "the signature", told: field("IPP-Signature", inField) },
  {
    name: "List-Unsubscribe",
    told: { mail: withFields(signed, { name: "List-Unsubscribe", value: ` <https://${inField}/>` }) },
  },
  {
    name: "Received from",
    told: { mail: received(`from ${inField} (x [192.0.2.1]) ${usual}`), signal: null },
    shows: true,
  },
  { name: "Received's HELO", told: { mail: received(`from x ([192.0.2.1] helo=${inField}) ${usual}`), signal: null } },
  {
    name: "Received's reverse name",
    told: { mail: received(`from x (${inField} [192.0.2.1]) ${usual}`), signal: null },
  },
  {
    name: "Received by",
    told: { mail: received(`from x by ${inField} with ESMTP id 1; 22 Nov 2025 22:20:05 +0000`), signal: null },
    shows: true,
  },
  {
    name: "Received with",
    told: { mail: received(`from x by y with ${inField} id 1; 22 Nov 2025 22:20:05 +0000`), signal: null },
  },
  {
    name: "Received's TLS",
    told: {
      mail: received(`from x (using TLSv1.3 with cipher ${inField} (256/256 bits)) by y with ESMTPS id 1`),
      signal: null,
    },
  },
  { name: "Received's date", told: { mail: received(`from x by y with ESMTP id 1; ${inField}`), signal: null } },
  { name: "whom DKIM names", told: { mail: results(`mx1.example.net; dkim=pass header.d=${quoted}`) }, shows: true },
  { name: "whom SPF names", told: { mail: results(`mx1.example.net; spf=fail smtp.mailfrom=${quoted}`) }, shows: true },
  { name: "a result's reason", told: { mail: results(`mx1.example.net; dmarc=fail reason=${quoted}`) } },
  { name: "a result", told: { mail: results(`mx1.example.net; arc=${inField}`) } },
  {
    name: "who says the results",
    told: {
      mail: withFields(makeMail(), { name: "Authentication-Results", value: ` ${quoted}; dkim=pass` }),
      signal: null,
    },
    shows: true,
  },
  ...(["by", "rdns", "helo"] as const).map((name) => ({
    name: `sealed: ${name}`,
    told: { signal: { [name]: octets, ...(name === "helo" ? { rdns: null, ip: null } : {}) } },
    shows: true as const,
  })),
  { name: "sealed: ip", told: { signal: { ip: octets, rdns: null } }, shows: true },
  { name: "sealed: queue id", told: { signal: { queueId: octets } } },
  { name: "sealed: with", told: { signal: { protocol: octets } } },
  {
    name: "sealed: TLS",
    told: { signal: { tls: { version: octets, cipher: octets, bits: 256, group: octets, sni: octets } } },
    shows: true,
  },
  {
    name: "sealed: client certificate",
    told: { signal: { clientCertificate: { state: "verified", fingerprint: octets, keyFingerprint: octets } } },
  },
  { name: "sealed: what our MX publishes", told: { signal: { publishes: [octets, octets] } } },
  { name: "sealed: the rule", told: { signal: { policy: { rule: octets, action: "accept" } } }, shows: true },
  { name: "sealed: another purpose", told: { signal: { purpose: octets } } },
  { name: "sealed: ref", told: { signal: { ref: octets } } },
  { name: "the certificate's issuer", told: { leaf: certificate("Alice", spell) }, shows: true },
  { name: "the certificate's subject", told: { leaf: certificate(spell, "CA") } },
];

const unseen = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u;

test("an ordinary mail has nothing of it in its words", async () => {
  const words = await told({});
  expect(words.length).toBeGreaterThan(12);
  expect(words.filter((text) => unseen.test(text) || text.includes("script"))).toEqual([]);
});

describe("in every place", () => {
  test.each(places)("$name", async ({ told: how, shows }) => {
    const words = await told(how);
    expect(words.filter((text) => unseen.test(text))).toEqual([]);
    for (const text of words) expect(text.length).toBeLessThan(1_000);
    // Where it is shown it is shown as it is: neither taken for markup nor written as such.
    if (shows === true) expect(words.join("\n").replaceAll("\\", "")).toContain("<script>");
  });
});
