// docs/protocol.md's ABNF against the code: what is written fits it, and what doesn't fit is refused.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encodeUtf8 } from "../../shared/encoding/bytes.ts";
import { splitMessage } from "../../shared/header/split.ts";
import { parseTagList } from "../../shared/header/taglist.ts";
import { formatHopSignal } from "../../shared/hop/format.ts";
import { parseHopSignal } from "../../shared/hop/parse.ts";
import { hopTags } from "../../shared/hop/tags.ts";
import { parseDeclaration } from "../../shared/ipp/declaration.ts";
import { declarationTags } from "../../shared/ipp/registry.ts";
import { parseSignature } from "../../shared/ipp/signature.ts";
import { abnfRules, abnfSource } from "./abnf.ts";
import { makeExample } from "./example.ts";
import { protocolFile } from "./protocol.ts";

const text = /```abnf\n([^]*?)```/.exec(readFileSync(protocolFile, "utf8"))?.[1] ?? "";
const rules = abnfRules(text);
const fits = (rule: string, value: string): boolean =>
  new RegExp(`^(?:${abnfSource(rules, rule)})$`).test(value.replaceAll(/\s/g, ""));

function tagsOf(value: string): [string, string][] {
  const list = parseTagList(value);
  return list.ok ? [...list.value] : [];
}

const { raw } = await makeExample();
const split = splitMessage(encodeUtf8(raw));
const valueOf = (wanted: string): string =>
  (split.ok ? split.value.fields : []).find(({ name }) => name === wanted)?.value ?? "";
const [purpose, signature, hop] = ["IPP-Purpose", "IPP-Signature", "Hop-Signal"].map(valueOf);

const sealed = parseHopSignal(hop ?? "");
if (!sealed.ok) throw new Error(sealed.detail);

/** Every tag, and text that has to be quoted. */
const full = formatHopSignal(
  {
    ...sealed.value.signal,
    rdns: "mail.example",
    helo: 'a;b=c, "é" \r\n:/',
    queueId: "4f=;",
    tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256, group: "X25519", sni: "mx.example" },
    clientCertificate: { state: "verified", fingerprint: "a", keyFingerprint: "b" },
    publishes: ["dane", "s,ts"],
    policy: { rule: "a:b", action: "tag" },
    serverTrust: { level: "full/x", depth: 2 },
    warnings: ["key", "rev"],
    recipientCommitment: "rc",
  },
  new Uint8Array(64),
);

const written = [
  { field: "purpose", value: `${purpose ?? ""}; crit=p:cls` },
  { field: "signature", value: `${signature ?? ""}; crit=d` },
  { field: "hop", value: hop ?? "" },
  { field: "hop", value: full },
];
const pairs = written.flatMap(({ field, value }) => tagsOf(value).map(([tag, of]) => ({ field, tag, of })));

describe("the ABNF of docs/protocol.md", () => {
  test.each(pairs)("$field-$tag takes what the code writes: $of", ({ field, tag, of }) => {
    expect(fits(`${field}-${tag}`, of)).toBe(true);
  });

  test("has a rule for each tag, and no other", () => {
    const named = (field: string) => [...rules.keys()].filter((name) => name.startsWith(`${field}-`));
    expect(named("hop").toSorted()).toEqual([...hopTags.map(({ name }) => `hop-${name}`), "hop-signal"].toSorted());
    expect(named("purpose").toSorted()).toEqual([...declarationTags].map((name) => `purpose-${name}`).toSorted());
    expect(new Set(pairs.map(({ field, tag }) => `${field}-${tag}`)).size).toBe(
      named("hop").length - 1 + named("purpose").length + named("signature").length,
    );
  });

  const spoil = {
    h: "from::to",
    v: "2",
    a: "rsa-sha1",
    hop: "0x1",
    t: "-1",
    x: "1e9",
    m: "none",
    act: "drop",
    warn: "key,",
    pol: "accept",
  };
  const parsers = { purpose: parseDeclaration, signature: parseSignature, hop: parseHopSignal };
  const wrong = written.flatMap(({ field, value }) =>
    tagsOf(value).map(([tag]) => ({ field: field as keyof typeof parsers, tag, list: tagsOf(value) })),
  );
  test.each(wrong)("$field-$tag refuses what the code refuses", ({ field, tag, list }) => {
    const bad = (spoil as Readonly<Record<string, string>>)[tag] ?? (tag === "crit" ? "p:" : "A=b");
    const value = list.map(([name, of]) => `${name}=${name === tag ? bad : of}`).join("; ");
    expect([fits(`${field}-${tag}`, bad), parsers[field](value).ok]).toEqual([false, false]);
  });
});
