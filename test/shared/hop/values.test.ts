import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64Url } from "../../../shared/encoding/base64.ts";
import { formatHopSignal } from "../../../shared/hop/format.ts";
import { sealAlgorithms } from "../../../shared/hop/key-types.ts";
import { parseHopSignal } from "../../../shared/hop/parse.ts";
import { hopTags } from "../../../shared/hop/tags.ts";
import { policyActions, type HopSignal } from "../../../shared/hop/types.ts";
import { declarationResults, trustLevels } from "../../../shared/ipp/types.ts";
import { makeBridgeKey, makeMail, makeSignal, must } from "../../fakes/mail.ts";

const { signer } = makeBridgeKey();
const seal = new Uint8Array(64).fill(5);

const text = fc.string({ unit: "binary", minLength: 1, maxLength: 60 }).map((value) => value.toWellFormed());
const number = fc.integer({ min: 0, max: 999_999_999_999 });
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toBase64Url);
const signals: fc.Arbitrary<HopSignal> = fc.record({
  domain: fc.domain().map((domain) => domain.toLowerCase()),
  keyId: digest,
  algorithm: fc.constantFrom(...sealAlgorithms),
  hop: fc.integer({ min: 1, max: 1_000 }),
  by: text,
  queueId: fc.option(text),
  at: number,
  ip: fc.option(text),
  rdns: fc.option(text),
  helo: fc.option(text),
  protocol: fc.option(text),
  tls: fc.option(
    fc.record({
      version: text,
      cipher: fc.option(text),
      bits: fc.option(number),
      group: fc.option(text),
      sni: fc.option(text),
    }),
  ),
  clientCertificate: fc.option(
    fc.record({
      state: fc.constantFrom("none", "present", "verified"),
      fingerprint: fc.option(text),
      keyFingerprint: fc.option(text),
    }),
  ),
  publishes: fc.array(text, { maxLength: 3 }),
  policy: fc.option(fc.record({ rule: text, action: fc.constantFrom(...policyActions) })),
  serverTrust: fc.option(fc.record({ level: text, depth: number })),
  declaration: fc.option(fc.constantFrom(...declarationResults)),
  purpose: fc.option(text),
  trust: fc.option(fc.constantFrom(...trustLevels)),
  warnings: fc.array(fc.constantFrom("key", "level"), { maxLength: 2 }),
  allMail: fc.option(fc.boolean()),
  action: fc.option(fc.constantFrom(...policyActions)),
  ref: fc.option(text),
  recipientCommitment: fc.option(text),
  bodyHash: digest,
});

describe("Hop-Signal values", () => {
  test("parse(format(x)) is x, whatever the texts hold", () => {
    fc.assert(
      fc.property(signals, (signal) => {
        const value = formatHopSignal(signal, seal);
        const parsed = must(parseHopSignal(value));
        expect(parsed.signal).toEqual(signal);
        expect(parsed.seal).toEqual(seal);
      }),
      { numRuns: 1_000 },
    );
  });

  test("no text gets out of its tag, let alone its field", () => {
    fc.assert(
      fc.property(signals, (signal) => {
        const value = formatHopSignal(signal, seal);
        // oxlint-disable-next-line no-control-regex -- the controls are what it looks for
        expect(value).toMatch(/^ (?:[\x20-\x7e]|\r\n (?=\S))*$/);
        const names = value.split(";").map((tag) => tag.slice(0, tag.indexOf("=")).trim());
        expect(new Set(names).size).toBe(names.length);
        expect(names.every((name) => hopTags.some((tag) => tag.name === name))).toBe(true);
      }),
    );
  });

  test("no line is so long that an MTA breaks it (RFC 5322 section 2.1.1)", () => {
    const long = "\u00ff".repeat(255);
    const tls = { version: long, cipher: long, bits: 256, group: long, sni: long };
    const signal = makeSignal(makeMail(), signer, { helo: long, rdns: long, queueId: long, by: long, tls });
    const lines = `Hop-Signal:${formatHopSignal(signal, seal)}`.split("\r\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(78);
  });

  test("what is not known is left out", () => {
    const mail = makeMail();
    const bare = makeSignal(mail, signer, {
      queueId: null,
      ip: null,
      rdns: "",
      helo: null,
      protocol: null,
      tls: null,
      clientCertificate: null,
      publishes: [],
      policy: null,
      declaration: null,
      purpose: null,
      trust: null,
      allMail: null,
      action: null,
      ref: null,
    });
    const names = formatHopSignal(bare, null)
      .split(";")
      .map((tag) => tag.slice(0, tag.indexOf("=")).trim());
    expect(names).toEqual(["v", "a", "s", "k", "hop", "by", "t", "bh", "b"]);
  });

  test("long texts are cut", () => {
    const signal = makeSignal(makeMail(), signer, { helo: "x".repeat(10_000) });
    expect(must(parseHopSignal(formatHopSignal(signal, seal))).signal.helo).toBe("x".repeat(255));
  });

  const good = formatHopSignal(makeSignal(makeMail(), signer), seal);
  function withTag(name: string, value: string | null): string {
    const tags = good.split(";").filter((tag) => !tag.trim().startsWith(`${name}=`));
    return [...tags, ...(value === null ? [] : [` ${name}=${value}`])].join(";");
  }

  const refused: { name: string; input: string; code: string }[] = [
    { name: "nothing", input: "", code: "hop/syntax" },
    { name: "another version", input: withTag("v", "2"), code: "hop/version" },
    { name: "a tag twice", input: `${good}; v=1`, code: "hop/syntax" },
    ...["a", "s", "k", "hop", "by", "t", "bh", "b"].map((name) => ({
      name: `no ${name}`,
      input: withTag(name, null),
      code: "hop/syntax",
    })),
    { name: "an algorithm that seals nothing", input: withTag("a", "rsa-sha256"), code: "hop/syntax" },
    { name: "hop 0", input: withTag("hop", "0"), code: "hop/syntax" },
    { name: "hop 1001", input: withTag("hop", "1001"), code: "hop/syntax" },
    { name: "an unknown action", input: withTag("act", "drop"), code: "hop/syntax" },
    { name: "an unknown result", input: withTag("ipp", "PASS"), code: "hop/syntax" },
    { name: "a prototype's name as trust", input: withTag("tr", "constructor"), code: "hop/syntax" },
    { name: "an empty text", input: withTag("helo", ""), code: "hop/syntax" },
    { name: "a broken escape", input: withTag("helo", "a=0"), code: "hop/syntax" },
    { name: "a policy without action", input: withTag("pol", "bank"), code: "hop/syntax" },
    { name: "a policy without rule", input: withTag("pol", ":accept"), code: "hop/syntax" },
    { name: "bits that are no number", input: withTag("bits", "many"), code: "hop/syntax" },
    { name: "a short seal", input: withTag("b", "AAAA"), code: "hop/syntax" },
    { name: "a fingerprint of another digest", input: withTag("ccfp", "md5:AAAA"), code: "hop/syntax" },
    { name: "a domain that is none", input: withTag("s", "a..b"), code: "hop/syntax" },
  ];
  test.each(refused)("$name is refused", ({ input, code }) => {
    expect(parseHopSignal(input)).toMatchObject({ ok: false, kind: "perm", code });
  });

  test("unknown tags are for versions to come", () => {
    expect(parseHopSignal(withTag("zz", "1")).ok).toBe(true);
  });

  test("parsing never throws", () => {
    const unit = fc.constantFrom(...good.split(/(?<=[;=:])/), ";", "=", "\0", " ", "\r\n ", "=FF");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (value) => void parseHopSignal(value)),
      { numRuns: 2_000 },
    );
  });
});
