// Texts that strangers choose and our server writes down (HELO, reverse name, queue id, TLS names, sender, recipients,
// Message-ID, names in certificates, policies' ids, reports): none gets out of the place it is written to, in the mail's
// header, the SMTP reply, the store, or the log.
import { beforeAll, describe, expect, test } from "vitest";
import { formatOutcome } from "../../../bridge/milter/answer.ts";
import { createInbound } from "../../../bridge/pipeline/inbound.ts";
import { createLog } from "../../../bridge/log/log.ts";
import { formatArfMail } from "../../../bridge/reports/arf-mail.ts";
import { parseAuthenticationResults } from "../../../shared/authres/parse.ts";
import { splitMessage } from "../../../shared/header/split.ts";
import { keyIdOf, nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import { parsePolicy } from "../../../shared/policy/parse.ts";
import { parseReport } from "../../../shared/report/report.ts";
import {
  type Identity,
  makeIdentity,
  makeMail,
  must,
  rawMail,
  signMail,
  testRecord,
  testTime,
} from "../../fakes/mail.ts";
import { general, issue, testKey, type TestName } from "../../shared/x509/issue.ts";
import { arrives, borderOf, pem, txt } from "./senders.ts";
import { accepting, applyEdits, client, hopsOf, makeDesk, valuesOf } from "./desk.ts";

const spells = [
  { name: "a header field", text: "a\r\nSubject: forged" },
  { name: "a field by LF alone", text: "a\nHop-Signal: v=1; ipp=pass" },
  { name: "a field by CR alone", text: "a\rFrom: ceo@bank.example" },
  { name: "the end of the header", text: "a\r\n\r\nbody" },
  { name: "the end of the mail", text: "a\r\n.\r\nMAIL FROM:<x@y>" },
  { name: "a tag", text: "a; ipp=pass; tr=pkix; act=accept" },
  { name: "a result", text: "a; dkim=pass header.d=bank.example; x=" },
  { name: "a quoted string's end", text: 'a"; dkim=pass header.d="bank.example' },
  { name: "a comment", text: "a (b) (((" },
  { name: "a backslash", text: 'a\\"\\' },
  { name: "a NUL", text: "a\0b" },
  { name: "a terminal's escape", text: "a\u001b[2J\u009b31m\u202e" },
  { name: "a format", text: "%s%n%d%%" },
  { name: "what is not ASCII", text: "ä\u00ff\u2028" },
  { name: "eight thousand characters", text: "x".repeat(8_000) },
  { name: "equals signs", text: "=3D=0D=0A=" },
];
let alice: Identity;
let signed: ReturnType<typeof makeMail>;

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
  signed = await signMail(makeMail(), alice);
});

const agreement = {
  steps: 0,
  leadingSpace: true,
  mayQuarantine: true,
  recipients: true,
  answer: "",
};

/** UTF-8 as byte strings, which milters hand in. */
const octets = (text: string): string => Buffer.from(text).toString("latin1");

/** The places, with a spell in each. */
function enchanted(spell: string) {
  const text = octets(spell);
  return {
    helo: text,
    rdns: text,
    tls: { version: text, cipher: text, bits: 256 },
    protocol: text,
    address: client.address,
  };
}

describe.each(spells)("$name", ({ text }) => {
  test("in all that an SMTP session tells: two fields of ours, each one field, and all comes back as it was", async () => {
    const desk = makeDesk({ records: { "example.org": testRecord() }, published: [alice] });
    const passage = createInbound(desk.deps)({ ...client, ...enchanted(text) }, `${text}@example.org`);
    await passage.recipient("bob@example.net");
    for (const { name, value } of signed.fields) passage.field(name, value);
    passage.body(signed.body);
    const outcome = await passage.end(octets(text));
    // The milter's own writer refuses what is no field: it must not have to.
    expect(() => formatOutcome(outcome, agreement)).not.toThrow();
    const mail = { fields: applyEdits(signed.fields, outcome.edits), body: signed.body };
    const read = must(splitMessage(rawMail(mail)));
    expect(read.fields.map(({ name }) => name)).toEqual([
      "Hop-Signal",
      "Authentication-Results",
      ...signed.fields.map(({ name }) => name),
    ]);
    expect(Buffer.from(read.body)).toEqual(Buffer.from(signed.body));
    const { verified, forged } = await hopsOf(read);
    expect(forged).toEqual([]);
    // Cut at 255, the longest name there is (RFC 1035 section 2.3.4).
    const short = octets(text).slice(0, 255);
    const told = { helo: short, rdns: short, queueId: short };
    expect(verified).toMatchObject([{ signal: { declaration: "pass", trust: "site", action: "accept", ...told } }]);
    const results = must(parseAuthenticationResults(valuesOf(read, "Authentication-Results")[0] ?? ""));
    expect(results.results.map(({ method }) => method)).toEqual(["x-tls"]);
  });

  test("in the signer's certificate and its issuer's: the mail is as any other's, and what is kept of it says so in one line", async () => {
    const key = testKey("p256", 60);
    const life = { notBefore: testTime - 86_400, notAfter: testTime + 86_400 };
    const named: TestName = [
      ["O", text],
      ["CN", text],
    ];
    const ca = issue({ subject: named, key: testKey("p256", 61), issuer: null, ca: true, ...life });
    const names = [general.email("alice@example.org")];
    const { der } = issue({ subject: named, key, issuer: ca, names, ...life });
    const signer = nodeSigner(key.privateKey);
    if (signer === null) throw new Error("P-256 signs");
    const url = "https://ipp.example/example.org/";
    const record = `v=IPP1; t=url; url=${url}; ca=sha256:${keyIdOf(ca.key.spki)}`;
    const documents = { [`${url}alice.pub?ks=${signer.keyId}`]: pem(der, ca.der) };
    const desk = borderOf({ names: { "_ipp.example.org": txt([record]) }, documents });
    const { words, delivered } = await arrives(desk, await signMail(makeMail(), { signer }));
    expect(words).toBe("pass domain: holds pass");
    const fields = (delivered?.fields ?? []).map(({ name }) => name);
    expect(fields.slice(0, 4)).toEqual(["Hop-Signal", "Authentication-Results", "IPP-Signature", "IPP-Purpose"]);
    expect(fields).toHaveLength(4 + makeMail().fields.length);
    expect(JSON.stringify([desk.rows, desk.logged])).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });

  test("as an id of a policy or a rule: such a policy is none", () => {
    const rule = { id: "a", action: "accept" };
    const policy = { v: "IPP1", id: "a", default: "accept", rules: [rule] };
    expect(parsePolicy(JSON.stringify(policy)).ok).toBe(true);
    for (const changed of [
      { ...policy, id: text },
      { ...policy, rules: [{ ...rule, id: text }] },
      { ...policy, id: `a\n${text}` },
    ])
      expect(parsePolicy(JSON.stringify(changed))).toMatchObject({ ok: false, kind: "perm" });
  });

  test("in the body of somebody's report: it is none", () => {
    const report = {
      d: "bank.example",
      i: "billing@bank.example",
      p: "transactional",
      cls: "bulk",
      t: testTime,
      rh_list: ["A".repeat(22)],
      rd_list: ["A".repeat(22)],
      blinded: "A".repeat(43),
      actual: "marketing",
    };
    expect(parseReport(JSON.stringify(report)).ok).toBe(true);
    for (const name of ["d", "i", "p", "cls", "blinded", "actual"])
      expect(parseReport(JSON.stringify({ ...report, [name]: text }))).toMatchObject({ ok: false });
    for (const name of ["rh_list", "rd_list"])
      expect(parseReport(JSON.stringify({ ...report, [name]: [text] }))).toMatchObject({ ok: false });
    for (const i of [`${text}@bank.example`, `"${text}"@bank.example`, `a@${text}`]) {
      const read = parseReport(JSON.stringify({ ...report, i }));
      // What is a dot-atom stays one.
      if (read.ok) expect(read.value.address).toMatch(/^[!-~]+@bank\.example$/);
    }
  });

  test("in what is refused: one SMTP line", async () => {
    const policy = { ...accepting, undeclared: "reject" } as const;
    const desk = makeDesk({}, { "bob@example.net": { default: policy } });
    const passage = createInbound(desk.deps)({ ...client, ...enchanted(text) }, `${text}@example.org`);
    await passage.recipient("bob@example.net");
    passage.field("From", ` ${octets(text)}@example.org`);
    passage.field("Message-ID", ` <${octets(text)}>`);
    passage.field("IPP-Purpose", ` v=1; p=${octets(text)}`);
    passage.field("IPP-Signature", ` v=1; d=${octets(text)}; i=${octets(text)}`);
    const outcome = await passage.end(octets(text));
    const packets = formatOutcome(outcome, agreement);
    // oxlint-disable-next-line no-control-regex -- length, command, one line, NUL
    expect(packets).toMatch(/^[^]{4}y550 5\.7\.1 [\x20-\x7e]{1,500}\0$/);
  });

  test("in the log: one line", () => {
    const lines: string[] = [];
    const log = createLog("debug", { write: (line) => void lines.push(line) });
    log.info({ queueId: text, from: text, helo: text, code: text, [text]: text }, "mail");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{\P{C}+\}\n$/u);
  });

  test("in a feedback report: its own fields and three parts", () => {
    const payload = {
      to: "fbl@bank.example",
      feedbackId: text,
      code: "phishing",
      actual: text,
      messageId: text,
      mailFrom: text,
      domain: text,
      arrivedAt: 1,
      sourceIp: text,
      reportingMta: text,
    };
    const raw = formatArfMail(payload, "postmaster@example.net", 2, "boundary");
    const mail = must(splitMessage(raw));
    expect(mail.fields.map(({ name }) => name)).toEqual([
      "From",
      "To",
      "Subject",
      "Date",
      "Message-ID",
      "Auto-Submitted",
      "MIME-Version",
      "Content-Type",
    ]);
    const parts = Buffer.from(mail.body).toString().split("--boundary");
    expect(parts).toHaveLength(5);
    const fields = (part: string): string[] =>
      part
        .trim()
        .split("\r\n")
        .map((line) => line.split(":")[0] ?? "");
    expect(
      fields(parts[2] ?? "").filter(
        (name) =>
          !/^(Content-Type|Feedback-Type|User-Agent|Version|Original-Mail-From|Arrival-Date|Reporting-MTA|Source-IP|Reported-Domain|)$/.test(
            name,
          ),
      ),
    ).toEqual([]);
    expect(fields(parts[3] ?? "")).toEqual(["Content-Type", "", "CFBL-Feedback-ID", "Message-ID"]);
  });
});
