// Mail of one's own domain that comes back from outside: verified by one's own publication, which this very machine could
// only reach by its own public address, where the bridge never connects to.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bridge } from "../../../bridge/cli/assemble.ts";
import { keysFolder } from "../../../bridge/cli/setup.ts";
import { zoneResolver, type Zone } from "../../../bridge/dns/zone.ts";
import { answeringOwn } from "../../../bridge/fetch/own.ts";
import { writeDeclarationKey, type DeclarationKey } from "../../../bridge/keys/declaration-keys.ts";
import { newDeclarationKey } from "../../../bridge/keys/new-declaration-key.ts";
import type { Message } from "../../../shared/header/field.ts";
import { perm } from "../../../shared/result.ts";
import { type Identity, makeIdentity, makeMail, must, signMail, testTime } from "../../fakes/mail.ts";
import { client, pass, valuesOf } from "../pipeline/desk.ts";
import { bridgeOf, setupIn } from "./bridge-in.ts";

const zone: Zone = { names: {}, default_dnssec: "insecure", documents: null };
const own = "https://ipp.bank.example/ipp/{d}/";
let folder: string;
let bridge: Bridge;
let billing: DeclarationKey;
let mallory: Identity;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-own-"));
  const setup = setupIn(folder, '[http]\nurl = "https://ipp.bank.example"\n');
  const wish = {
    address: "billing@bank.example",
    kind: "ed25519",
    days: 90,
    issuer: null,
    now: testTime - 60,
  } as const;
  billing = must(await newDeclarationKey({ ...wish, listed: false }));
  writeDeclarationKey(keysFolder(setup.config), billing);
  mallory = await makeIdentity("mallory@evil.example");
  bridge = await bridgeOf(setup, { resolver: zoneResolver(zone) });
});
afterAll(async () => {
  await bridge.store.close();
  rmSync(folder, { recursive: true });
});

/** What the world's DNS says: records by domain. Every host is at an address that nobody may connect to. */
function publish(records: Readonly<Record<string, string>>): void {
  zone.names = Object.fromEntries(
    Object.entries(records).map(([domain, url]) => [
      `_ipp.${domain}`,
      { txt: [`v=IPP1; t=url; url=${url}`], addresses: [], dnssec: "secure", ttl: 0, fail: undefined } as const,
    ]),
  );
  zone.names["ipp.bank.example"] = { txt: [], addresses: ["127.0.0.1"], dnssec: "secure", ttl: 0, fail: undefined };
}

async function comesBack(mail: Message, from: string): Promise<string> {
  const passed = await pass(bridge.passage({ kind: "border", pass: "single" }), mail, { client, from });
  const { outcome } = passed;
  if (outcome.action !== "accept") return `${outcome.reply?.code ?? outcome.action}`;
  const [seal = ""] = valuesOf(passed.mail, "Hop-Signal");
  return (
    seal
      .replaceAll(/\s/g, "")
      .match(/ipp=\w+|tr=\w+/g)
      ?.join(" ") ?? ""
  );
}

const mine = (more: Parameters<typeof makeMail>[0] = {}): Promise<Message> =>
  signMail(makeMail({ from: "billing@bank.example", ...more }), billing);

describe("mail of our own domain, from outside", () => {
  test("is verified without the network, by what we publish", async () => {
    publish({ "bank.example": own });
    expect(await comesBack(await mine(), "billing@bank.example")).toBe("ipp=pass tr=site");
  });

  test("a key that we do not publish is none", async () => {
    publish({ "bank.example": own });
    const forged = await makeIdentity("billing@bank.example");
    const mail = await signMail(makeMail({ from: "billing@bank.example" }), forged);
    expect(await comesBack(mail, "billing@bank.example")).toBe("ipp=permerror tr=none");
  });

  test("where DNS does not lead to us, what we have counts for nothing", async () => {
    publish({});
    expect(await comesBack(await mine({ messageId: "<2@bank.example>" }), "billing@bank.example")).toBe(
      "ipp=permerror tr=none",
    );
    publish({ "bank.example": "https://elsewhere.example/{d}/" });
    expect(await comesBack(await mine({ messageId: "<3@bank.example>" }), "billing@bank.example")).toBe(
      "ipp=permerror tr=none",
    );
  });

  test("a stranger whose record leads to us gets nobody's key", async () => {
    for (const url of [own, "https://ipp.bank.example/ipp/bank.example/"]) {
      publish({ "evil.example": url });
      const mail = await signMail(makeMail({ from: "mallory@evil.example" }), mallory);
      expect(await comesBack(mail, "mallory@evil.example")).toBe("ipp=permerror tr=none");
    }
  });
});

describe("what is answered here", () => {
  const asked: string[] = [];
  const ask = answeringOwn(async ({ url }) => perm("test/outside", url), {
    base: "https://ipp.bank.example/ipp/",
    answer: (request) => {
      asked.push(request.url);
      return new Response("x");
    },
  });

  test.each([
    { url: "https://ipp.bank.example/ipp/bank.example/a.pub?ks=x", inside: true },
    { url: "https://IPP.bank.example:443/ipp/bank.example/a.pub", inside: true },
    { url: "https://ipp.bank.example/ipp/../api/v1/complaints", inside: false },
    { url: "https://ipp.bank.example/ipp/%2e%2e/metrics", inside: false },
    { url: "https://ipp.bank.example/metrics", inside: false },
    { url: "https://ipp.bank.example:8443/ipp/bank.example/a.pub", inside: false },
    { url: "https://ipp.bank.example.evil.example/ipp/a.pub", inside: false },
    { url: "https://user@ipp.bank.example/ipp/bank.example/a.pub", inside: false },
    { url: "http://ipp.bank.example/ipp/bank.example/a.pub", inside: false },
    { url: "https://ipp.bank.example@evil.example/ipp/a.pub", inside: false },
    { url: "nonsense", inside: false },
  ])("$url: $inside", async ({ url, inside }) => {
    asked.length = 0;
    const answer = await ask({ url, method: "GET" });
    expect(answer.ok).toBe(inside);
    expect(asked).toHaveLength(inside ? 1 : 0);
  });

  test("nothing where nothing is published", async () => {
    const none = answeringOwn(async () => perm("test/outside", ""), { base: null, answer: () => new Response("x") });
    expect((await none({ url: "https://ipp.bank.example/ipp/a", method: "GET" })).ok).toBe(false);
  });

  test("a bug of ours is temporary", async () => {
    const broken = answeringOwn(async () => perm("test/outside", ""), {
      base: "https://h.example/",
      answer: () => Promise.reject(new Error("bug")),
    });
    expect(await broken({ url: "https://h.example/a", method: "GET" })).toMatchObject({ ok: false, kind: "temp" });
  });
});
