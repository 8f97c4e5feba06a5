// `waybill verify FILE`: verifies the declaration of one mail as the bridge would, over real DNS and https or over a
// ZONE.json, at any time, and says what it found. It needs no configuration and remembers nothing.
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { nodeCrypto } from "../keys/node-crypto.ts";
import { relaxBody } from "../../shared/header/canonical.ts";
import { hidesPartEnds } from "../../shared/header/part-ends.ts";
import { parseAddress, parseMailboxes } from "../../shared/header/address.ts";
import type { Message } from "../../shared/header/field.ts";
import { splitMessage } from "../../shared/header/split.ts";
import type { DeclarationFinding, DeclarationResult } from "../../shared/ipp/types.ts";
import { verifyDeclaration } from "../../shared/ipp/verify.ts";
import { ok, type Result } from "../../shared/result.ts";
import type { Certificate } from "../../shared/x509/certificate.ts";
import type { Resolver } from "../dns/resolver.ts";
import { parseZone, zoneResolver } from "../dns/zone.ts";
import { stubResolver } from "../dns/stub.ts";
import { mappedDocuments, type Documents } from "../fetch/documents.ts";
import type { HttpsAsk } from "../fetch/https.ts";
import { listMemory } from "../trust/list-memory.ts";
import type { Revocations } from "../trust/revocation.ts";
import { declarationSources } from "../trust/sources.ts";
import { dayOf, now, parseTime } from "./clock.ts";
import { misused, onePositional, type Call, type Command, type ExitCode } from "./command.ts";
import { printable } from "../log/printable.ts";
import { askOf, documentsOf, monotonic, ownAddresses, parseResolver, revocationsOf } from "./outside.ts";
import { parseAnchors, readBytes, readText } from "./setup.ts";

/** What each result means, for who reads a terminal. */
const words: Record<DeclarationResult, string> = {
  pass: "the declaration holds, for every recipient",
  forwarded: "the signature holds, but a recipient is not named in it",
  copy: "a second copy",
  replay: "sent again to many",
  broken: "the signature does not verify: changed on the way, or forged",
  expired: "no longer valid",
  temperror: "DNS or the sender's side did not answer; try again",
  permerror: "malformed",
  none: "it declares nothing",
};

interface World {
  readonly resolver: Resolver;
  readonly documents: Documents;
  /** null: nothing is fetched, as everything stands in a file. */
  readonly ask: HttpsAsk | null;
  readonly anchors: readonly Certificate[];
}

function zoneWorld(path: string, anchors: readonly Certificate[], via: (names: Resolver) => HttpsAsk): Result<World> {
  const text = readText(path, "--dns");
  if (!text.ok) return text;
  const zone = parseZone(text.value);
  if (!zone.ok) return misused(`--dns ${path}: ${zone.detail}`);
  const { documents } = zone.value;
  const resolver = zoneResolver(zone.value);
  return ok(documents === null ? fetching(resolver, anchors, via) : fixed(resolver, anchors, documents));
}

function fetching(resolver: Resolver, anchors: readonly Certificate[], via: (names: Resolver) => HttpsAsk): World {
  const ask = via(resolver);
  return { resolver, documents: documentsOf(ask), ask, anchors };
}

function fixed(
  resolver: Resolver,
  anchors: readonly Certificate[],
  documents: Readonly<Record<string, string>>,
): World {
  return { resolver, documents: mappedDocuments(documents), ask: null, anchors };
}

/** CRLs: no mail waits here, so they are waited for. */
function awaitedRevocations(ask: HttpsAsk | null, crypto: Crypto): Pick<Revocations, "lists" | "generation"> {
  if (ask === null) return { lists: async () => [], generation: () => 0 };
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const fetched = revocationsOf({ crypto, ask, memory: listMemory(), kept: null, clock: { now }, log: silent });
  return {
    generation: () => fetched.generation(),
    async lists(path) {
      await fetched.lists(path);
      await fetched.settled();
      return await fetched.lists(path);
    },
  };
}

function worldOf(call: Call): Result<World> {
  const server = parseResolver(call.value("resolver") ?? "127.0.0.1:53");
  if (!server.ok) return server;
  const pem = call.value("trust-ca");
  const text = pem === undefined ? null : readText(pem, "--trust-ca");
  if (text?.ok === false) return text;
  const anchors = text === null ? ok([]) : parseAnchors(text.value);
  if (!anchors.ok) return misused(`--trust-ca ${pem ?? ""}: ${anchors.detail}`);
  const cas = call.values("https-ca").map((file) => readText(file, "--https-ca"));
  const unread = cas.find((one) => !one.ok);
  if (unread !== undefined && !unread.ok) return unread;
  const extraCa = cas.flatMap((one) => (one.ok ? [one.value] : []));
  const resolver = stubResolver({ server: server.value, timeoutMs: 4_000, now: monotonic });
  const reach = { allowLoopback: call.has("allow-loopback"), refuse: [], own: ownAddresses };
  const zone = call.value("dns");
  const via = (names: Resolver): HttpsAsk => askOf(names, reach, extraCa);
  if (zone === undefined) return ok(fetching(resolver, anchors.value, via));
  return zoneWorld(zone, anchors.value, via);
}

/** Whom the mail is checked for: --rcpt, or else everybody its To and Cc name. */
function recipientsOf(call: Call, { fields }: Message): readonly string[] {
  const given = call.values("rcpt");
  if (given.length > 0) return given;
  return fields
    .filter(({ name }) => ["to", "cc"].includes(name.toLowerCase()))
    .flatMap(({ value }) => {
      const mailboxes = parseMailboxes(value);
      return mailboxes.ok ? mailboxes.value.map(({ address }) => address) : [];
    });
}

function report(finding: DeclarationFinding, recipients: readonly string[]): string {
  const { declaration, signer, certificate, trust } = finding;
  const rows: (readonly [string, string])[] = [["Result", `${finding.result}: ${words[finding.result]}`]];
  if (finding.code !== null) rows.push(["Because", `${finding.code}: ${finding.detail}`]);
  if (declaration !== null) {
    const more = [declaration.classification, declaration.consent].filter((word) => word !== null);
    rows.push(["Purpose", [declaration.purpose, ...more].join(", ")]);
  }
  if (signer !== null) {
    rows.push(["Signed for", `${signer.address}, ${dayOf(signer.signedAt)} to ${dayOf(signer.expiresAt)}`]);
    rows.push(["Key", `${signer.keyId} (${signer.algorithm})`]);
  }
  if (certificate !== null) {
    rows.push(["Certificate", `${certificate.subject}, by ${certificate.issuer}, to ${dayOf(certificate.notAfter)}`]);
  }
  rows.push(["Trust", trust.level], ...trust.evidence.map(({ level, detail }) => ["", `${level}: ${detail}`] as const));
  if (trust.revocationUnknown) rows.push(["Revocation", "not known: no fresh CRL could be had"]);
  rows.push(["DNSSEC", finding.dnssec]);
  if (finding.allMail === true) rows.push(["Domain", "says that all its mail is declared (m=all)"]);
  rows.push([
    "Checked for",
    recipients.length === 0 ? "nobody: the mail names no recipient, see --rcpt" : recipients.join(", "),
  ]);
  return rows.map(([label, value]) => `${label.padEnd(13)}${printable(value)}\n`).join("");
}

async function runVerify(call: Call): Promise<Result<ExitCode>> {
  const file = onePositional(call, "FILE");
  if (!file.ok) return file;
  const at = call.value("at") === undefined ? now() : parseTime(call.value("at") ?? "");
  if (at === null) return misused('--at: expected "2026-11-22T14:02:00Z" or Unix seconds');
  const stranger = call.values("rcpt").find((one) => !parseAddress(one).ok);
  if (stranger !== undefined) return misused(`--rcpt: expected an address, got "${stranger}"`);
  const world = worldOf(call);
  if (!world.ok) return world;
  const raw = readBytes(file.value);
  if (!raw.ok) return raw;
  const message = splitMessage(raw.value);
  if (!message.ok) return message;
  const body = relaxBody(message.value.body);
  if (!body.ok) return body;
  const crypto = nodeCrypto();
  const { resolver, documents, ask, anchors } = world.value;
  const sources = declarationSources({
    crypto,
    resolver,
    documents,
    anchors: () => anchors,
    revocations: awaitedRevocations(ask, crypto),
    history: null,
    keeper: null,
    clock: { now },
    now: monotonic,
  });
  const recipients = recipientsOf(call, message.value);
  const bodyHash = await crypto.digest(body.value);
  const { fields } = message.value;
  const hidden = hidesPartEnds(message.value);
  const found = await verifyDeclaration({ fields, bodyHash, hidesPartEnds: hidden, recipients, now: at }, sources);
  if (!found.ok) return found;
  const asJson = { ...found.value, recipients };
  call.terminal.out(call.has("json") ? `${JSON.stringify(asJson, null, 2)}\n` : report(found.value, recipients));
  if (found.value.result === "temperror") return ok(75);
  return ok(found.value.result === "pass" ? 0 : 1);
}

/** `waybill verify`. */
export const verifyCommand: Command = {
  name: "verify",
  parameters: "FILE",
  summary: "Verify the declaration of one mail (- is standard input)",
  details: `Exit code 0 only for the result pass, 75 for temperror. Memory of earlier mail (copies, replays, pinned keys) is the bridge's.

ZONE.json: {"names": {"_ipp.bank.example": {"txt": ["v=IPP1; t=url; url=https://ipp.bank.example/ipp/"], "dnssec": "secure"},
            "ipp.bank.example": {"addresses": ["192.0.2.1"]}, "dead.example": {"fail": "servfail"}},
            "documents": {"https://ipp.bank.example/ipp/billing.pub?ks=…": "-----BEGIN CERTIFICATE-----…"}}
Names that it does not have do not exist; without "documents" https is really asked.`,
  options: {
    at: { value: "TIME", help: "as if it were then (2026-11-22T14:02:00Z or Unix seconds; default now)" },
    rcpt: { value: "ADDRESS", help: "envelope recipient, may be repeated (default: all of To and Cc)", multiple: true },
    resolver: { value: "ADDRESS", help: "validating resolver (default 127.0.0.1:53; only loopback's AD bit counts)" },
    dns: { value: "ZONE.json", help: "a file instead of DNS, and instead of https if it has documents" },
    "trust-ca": { value: "PEM", help: "CAs whose mail certificates give trust pkix" },
    "https-ca": { value: "PEM", help: "CAs believed for https beside the public ones", multiple: true },
    "allow-loopback": { value: null, help: "let documents live on loopback (labs)" },
    json: { value: null, help: "the whole finding as JSON" },
  },
  run: runVerify,
};
