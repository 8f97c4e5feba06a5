// What this protocol's own fields and documents are read by: declaration, signature, record, seal, keys, token, policy,
// report, counts, abuse reports, HTTP signatures, JSON.
import * as fc from "fast-check";
import {
  fromBase64,
  fromBase64Url,
  toBase64,
  toBase64Url,
  withoutWhitespace,
} from "../../../shared/encoding/base64.ts";
import { fromHex, toHex } from "../../../shared/encoding/hex.ts";
import { formatHopSignal } from "../../../shared/hop/format.ts";
import { formatBridgeKeys, parseBridgeKeys, updateKeys } from "../../../shared/hop/keys.ts";
import { parseHopSignal } from "../../../shared/hop/parse.ts";
import { parseReportKeyId, signReport, verifyReport } from "../../../shared/httpsig/report-signature.ts";
import { formatDictionary, parseDictionary } from "../../../shared/httpsig/structured.ts";
import { parseIJson, type JsonValue } from "../../../shared/ijson/parse.ts";
import { formatDeclaration, parseDeclaration } from "../../../shared/ipp/declaration.ts";
import { formatDiscoveryRecord, parseDiscoveryRecords } from "../../../shared/ipp/discovery.ts";
import { formatSignature, parseSignature } from "../../../shared/ipp/signature.ts";
import { checkToken, isToken } from "../../../shared/ipp/token.ts";
import { limits } from "../../../shared/limits.ts";
import { formatPolicy } from "../../../shared/policy/format.ts";
import { parsePolicy } from "../../../shared/policy/parse.ts";
import { formatArf } from "../../../shared/report/arf-format.ts";
import { parseArf } from "../../../shared/report/arf-parse.ts";
import { parseComplaint } from "../../../shared/report/complaint.ts";
import {
  formatDailySums,
  formatWeeklyCounts,
  parseDailySums,
  parseWeeklyCounts,
} from "../../../shared/report/counts.ts";
import { formatReport, parseReport, type Report } from "../../../shared/report/report.ts";
import {
  makeBridgeKey,
  makeIdentity,
  makeMail,
  makeSignal,
  must,
  signMail,
  testCrypto,
  testDeclaration,
  testTime,
  testTokenKey,
} from "../../fakes/mail.ts";
import { byteString, holds, octetsOf, same, type Target } from "../target.ts";

const { signer, key } = makeBridgeKey();
const declared = await signMail(makeMail(), await makeIdentity("alice@example.org"));
const valueOf = (name: string): string => declared.fields.find((field) => field.name === name)?.value ?? "";
const seal = formatHopSignal(makeSignal(makeMail(), signer), new Uint8Array(64).fill(7));
const signature = must(parseSignature(valueOf("IPP-Signature")));
const { token } = signature;
const binding = "A".repeat(22);
const report: Report = {
  address: "alice@example.org",
  purpose: "transactional.invoice",
  classification: null,
  signedAt: testTime,
  rh: [binding],
  rd: [binding],
  blinded: toBase64Url(new Uint8Array(32)),
  actual: "marketing",
};
const policy = JSON.stringify({
  v: "IPP1",
  id: "p",
  max_age: 3_600,
  default: "accept",
  undeclared: "tag",
  rules: [
    { id: "r", match: { purpose: ["marketing.*"] }, require: { trust: "site" }, action: "accept", else: "reject" },
  ],
});
const signing = { ...signer, domain: "example.net" };
const request = {
  method: "POST",
  targetUri: "https://ipp.example/a/report",
  contentType: "application/json",
  body: octetsOf(formatReport(report)),
  created: testTime,
  nonce: "A".repeat(22),
};
const signatures = await signReport(request, signing, testCrypto);

const claims = {
  domain: "example.org",
  address: "alice@example.org",
  purpose: testDeclaration.purpose,
  classification: testDeclaration.classification,
  signedAt: testTime,
  rh: signature.rh,
  rd: signature.rd,
};

/** JSON.parse, where I-JSON says the same: what both read is one value. */
function plainJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

export const protocolTargets: readonly Target[] = [
  {
    name: "ipp/declaration",
    seeds: [valueOf("IPP-Purpose"), " v=1; p=personal; crit=p:cls", "v=1;p=marketing.sale;cls=bulk;consent=opt-in"],
    run(input) {
      const read = parseDeclaration(byteString(input));
      if (read.ok) holds(same(parseDeclaration(must(formatDeclaration(read.value))), read), "written again, the same");
    },
  },
  {
    name: "ipp/signature",
    seeds: [valueOf("IPP-Signature")],
    maxBytes: 8_192,
    run(input) {
      const read = parseSignature(byteString(input));
      if (!read.ok) return;
      const { list: _, ...parts } = read.value;
      const again = parseSignature(formatSignature(parts));
      // A longest field may pass the cap by its folding.
      if (!again.ok) holds(input.length > 4_096, "written again, still a signature");
      else holds(same({ ...again.value, list: null }, { ...parts, list: null }), "written again, the same");
    },
  },
  {
    name: "ipp/discovery",
    seeds: [
      "v=IPP1; t=url; url=https://ipp.example/{d}/; m=all; sub=+",
      `v=IPP1; ca=sha256:${"A".repeat(43)}`,
      "v=spf1\nv=IPP1;",
    ],
    run(input) {
      const records = byteString(input).split("\n");
      const read = parseDiscoveryRecords(records, "example.org");
      if (!read.ok || read.value === null) return;
      holds(read.value.url === null || read.value.url.startsWith("https://"), "https only");
      const written = formatDiscoveryRecord(read.value);
      const again = parseDiscoveryRecords([written], "example.org");
      // What is percent-encoded in its URL may make it longer than the cap.
      if (!again.ok) holds(written.length > limits.txtBytes, "written again, still a record");
      else holds(same(again, read), "written again, the same");
    },
  },
  {
    name: "ipp/token",
    seeds: [token, token.slice(1)],
    async run(input) {
      const text = byteString(input);
      const answer = await checkToken({ token: text, keys: [testTokenKey], claims, crypto: testCrypto });
      holds(answer.ok === (text === token && isToken(text)), "only the token itself is one");
    },
  },
  {
    name: "hop/parse",
    seeds: [seal],
    maxBytes: 8_192,
    run(input) {
      const read = parseHopSignal(byteString(input));
      if (!read.ok) return;
      const { signal, seal: octets } = read.value;
      const again = parseHopSignal(formatHopSignal(signal, octets));
      holds(again.ok, "written again, still a Hop-Signal");
      // Empty values are left out, long ones cut: the second time nothing changes any more.
      const third = parseHopSignal(formatHopSignal(again.value.signal, octets));
      holds(third.ok && same(third.value.signal, again.value.signal), "and then the same");
      holds(
        signal.bodyHash === again.value.signal.bodyHash && signal.at === again.value.signal.at,
        "what judges stays",
      );
    },
  },
  {
    name: "hop/keys",
    seeds: [
      JSON.stringify({ keys: formatBridgeKeys([key, makeBridgeKey({ kind: "ed25519" }).key]) }),
      '{"keys":[{"kty":"RSA"}]}',
      "[]",
    ],
    async run(input) {
      const document = plainJson(Buffer.from(input).toString("utf8"));
      const read = await parseBridgeKeys(document, testCrypto);
      if (!read.ok) return;
      const again = await parseBridgeKeys({ keys: formatBridgeKeys(read.value) }, testCrypto);
      holds(again.ok && same(again.value, read.value), "written again, the same");
      const { accepted } = await updateKeys({
        domain: "example.net",
        pinned: [key],
        offered: read.value,
        crypto: testCrypto,
      });
      for (const one of accepted)
        holds(one.keyId === key.keyId || one.endorsement !== null, "a key nobody vouches for is not believed");
    },
  },
  {
    name: "policy/parse",
    seeds: [policy, '{"v":"IPP1","id":"a","default":"reject","undeclared":"accept","rules":[]}'],
    maxBytes: 16_384,
    run(input) {
      const read = parsePolicy(Buffer.from(input).toString("utf8"));
      if (read.ok) holds(same(parsePolicy(formatPolicy(read.value)), read), "written again, the same");
    },
  },
  {
    name: "ijson/parse",
    seeds: ['{"a":[1,-2.5e3,true,null,"\\u00e9\\ud83d\\ude00"],"b":{}}', "[[[[]]]]", '"\\uD800"', '{"a":1,"a":2}'],
    structured: fc.json().map((text) => new Uint8Array(Buffer.from(text))),
    run(input) {
      const text = Buffer.from(input).toString("utf8");
      const read = parseIJson(text, { maxChars: 4_096, maxDepth: 20 });
      const plain = plainJson(text);
      if (!read.ok) return;
      holds(plain !== undefined && same(unprototyped(plain), unprototyped(read.value)), "what is I-JSON is that JSON");
      const again = parseIJson(JSON.stringify(read.value), { maxChars: 65_536, maxDepth: 20 });
      // JSON.stringify knows no -0.
      holds(again.ok && same(again.value, unprototyped(read.value)), "written again, the same");
    },
  },
  {
    name: "report/report",
    seeds: [formatReport(report), formatReport({ ...report, classification: "bulk", actual: null })],
    run(input) {
      const text = Buffer.from(input).toString("utf8");
      const read = parseReport(text);
      if (read.ok) holds(same(parseReport(formatReport(read.value)), read), "written again, the same");
      const complaint = parseComplaint(plainJson(text));
      if (complaint.ok) holds(complaint.value.ref.length > 0, "a complaint is about something");
    },
  },
  {
    name: "report/counts",
    seeds: [
      formatWeeklyCounts({
        domain: "example.org",
        week: Math.floor(testTime / 604_800),
        entries: [{ purpose: "personal", code: "any", count: 12 }],
      }),
      formatDailySums({
        domain: "example.org",
        day: Math.floor(testTime / 86_400),
        entries: [{ purpose: null, result: "broken", count: 20 }],
      }),
    ],
    run(input) {
      const text = Buffer.from(input).toString("utf8");
      const [counts, sums] = [parseWeeklyCounts(text, testTime), parseDailySums(text, testTime)];
      if (counts.ok)
        holds(same(parseWeeklyCounts(formatWeeklyCounts(counts.value), testTime), counts), "counts the same");
      if (sums.ok) holds(same(parseDailySums(formatDailySums(sums.value), testTime), sums), "sums the same");
    },
  },
  {
    name: "report/arf",
    seeds: [
      formatArf({
        header: [["From", "a@b.example"]],
        text: "A complaint.",
        boundary: "b1",
        report: {
          ...must(
            parseArf(
              octetsOf(
                "Content-Type: multipart/report; report-type=feedback-report; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\na\r\n--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: a\r\nVersion: 1\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: a\r\n\r\nb\r\n--x--\r\n",
              ),
            ),
          ),
          arrivedAt: testTime,
          originalMailFrom: "a@b.example",
          sourceIp: "192.0.2.1",
        },
      }),
    ],
    maxBytes: 8_192,
    run(input) {
      const read = parseArf(input);
      if (!read.ok) return;
      holds(Number.isSafeInteger(read.value.incidents) && read.value.incidents >= 0, "incidents are a number");
      const written = formatArf({ header: [], text: "x", boundary: "Zz9Zz9Zz9Zz9Zz9", report: read.value });
      const again = parseArf(written);
      holds(again.ok, "written again, still a report");
      // Controls are written as spaces.
      const type = read.value.feedbackType.replaceAll(/[\u0000-\u001f\u007f]+/g, " ").replaceAll(/\s+/g, " ");
      holds(again.value.feedbackType === type.trim(), "of the same type");
    },
  },
  {
    name: "httpsig/structured",
    seeds: [signatures["signature-input"], signatures.signature, 'a=("b" "c");d=1;e="f\\"";g;h=?0;i=:AA==:;j=tok'],
    run(input) {
      const read = parseDictionary(byteString(input));
      if (!read.ok) return;
      const again = parseDictionary(formatDictionary(read.value));
      holds(again.ok && same([...again.value], [...read.value]), "written again, the same");
    },
  },
  {
    name: "httpsig/verify",
    seeds: [Object.values(signatures).join("\n")],
    async run(input) {
      const values = byteString(input).split("\n");
      const fields = new Map(Object.keys(signatures).map((name, index) => [name, values[index] ?? ""]));
      fields.set("content-type", request.contentType);
      const field = (name: string): string | null => fields.get(name) ?? null;
      const { method, targetUri, body } = request;
      const answer = await verifyReport(
        { method, targetUri, body, field },
        testTime,
        () => ({ ok: true, value: key.spki }),
        testCrypto,
      );
      if (!answer.ok) return;
      // Signed were four components and six parameters; what verifies says the same of them.
      const { domain, keyId, nonce, created } = answer.value;
      holds(domain === "example.net" && keyId === signer.keyId, "only the signer's name");
      holds(nonce === request.nonce && created === request.created, "only what was signed");
    },
  },
  {
    name: "encoding/base64",
    seeds: ["AAECAw==", "-_-_", "00ff", "example.net/".padEnd(55, "A")],
    run(input) {
      const text = byteString(input);
      const [plain, url, hex] = [fromBase64(text), fromBase64Url(text), fromHex(text)];
      if (plain !== null) holds(toBase64(plain) === text, "base64 has one spelling");
      if (url !== null) holds(toBase64Url(url) === text, "base64url has one spelling");
      if (hex !== null) holds(toHex(hex) === text.toLowerCase(), "hex has one spelling but for case");
      holds(same(fromBase64(toBase64(input)), input), "any octets come back");
      holds(same(fromBase64Url(toBase64Url(input)), input), "also by the other alphabet");
      const spaced = fromBase64(text, { whitespace: "ignore" });
      if (spaced !== null) holds(same(fromBase64(withoutWhitespace(text)), spaced), "white space means nothing");
      parseReportKeyId(text);
    },
  },
];

/** Objects without their prototypes, which the two parsers need not share. */
function unprototyped(value: JsonValue): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
