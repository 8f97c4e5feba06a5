// Discovery, publication and trust over plain maps: what the bridge answers when a declaration is verified.
import { beforeAll, describe, expect, test } from "vitest";
import { zoneResolver, type Zone } from "../../../bridge/dns/zone.ts";
import { mappedDocuments } from "../../../bridge/fetch/documents.ts";
import { issueCertificate, type Issuer } from "../../../bridge/keys/issue.ts";
import { generateKey } from "../../../bridge/keys/key-file.ts";
import { keyIdOf, nodeCrypto, spkiOf } from "../../../bridge/keys/node-crypto.ts";
import { splitChains } from "../../../bridge/trust/published.ts";
import { declarationSources, type KeyHistory } from "../../../bridge/trust/sources.ts";
import { vouching } from "../../../bridge/trust/vouching.ts";
import type { Discovery, PublishedChain } from "../../../shared/ipp/sources.ts";
import type { DnssecState } from "../../../shared/ipp/types.ts";
import { parseCertificate, type Certificate } from "../../../shared/x509/certificate.ts";
import { formatPem } from "../../../shared/x509/pem.ts";

const now = 1_763_850_000;
const day = 86_400;
const address = "billing@bank.example";
const base = "https://ipp.bank.example/ipp/bank.example/";

async function authority(domain: string | null, days = 3_650): Promise<Issuer> {
  const key = generateKey("p256");
  const kind = { of: "authority", domain } as const;
  const times = { notBefore: now - day, notAfter: now + days * day };
  return { key, chain: await issueCertificate({ commonName: "the CA", key, ...times, kind, issuer: null }) };
}

async function leafFor(address: string, issuer: Issuer | null, days = 90) {
  const key = generateKey("p256");
  const times = { notBefore: now - day, notAfter: now + days * day };
  const chain = await issueCertificate({
    commonName: address,
    key,
    ...times,
    kind: { of: "address", address },
    issuer,
  });
  return { keyId: keyIdOf(spkiOf(key)), chain, pem: chain.map((der) => formatPem(der)).join("") };
}

const digestOf = (issuer: Issuer): string => keyIdOf(spkiOf(issuer.key));
const parsed = (der: Uint8Array | undefined): Certificate => {
  const certificate = parseCertificate(der ?? new Uint8Array());
  if (!certificate.ok) throw new Error(certificate.detail);
  return certificate.value;
};

let domainCa: Issuer;
let publicCa: Issuer;
let otherCa: Issuer;
let byDomain: Awaited<ReturnType<typeof leafFor>>;
let byPublic: Awaited<ReturnType<typeof leafFor>>;
let selfSigned: Awaited<ReturnType<typeof leafFor>>;
let foreign: Awaited<ReturnType<typeof leafFor>>;

beforeAll(async () => {
  domainCa = await authority("bank.example");
  publicCa = await authority(null);
  otherCa = await authority("other.example");
  byDomain = await leafFor(address, domainCa);
  byPublic = await leafFor(address, publicCa);
  selfSigned = await leafFor(address, null);
  // other.example's constrained CA issues for bank.example: outside its name constraints.
  foreign = await leafFor(address, otherCa);
});

/** Nobody's certificates name CRLs here. */
const noLists = { lists: async () => [], generation: () => 0 };

interface World {
  readonly txt?: readonly string[];
  readonly dnssec?: DnssecState;
  readonly documents?: Readonly<Record<string, string>>;
  readonly anchors?: readonly Certificate[];
  readonly known?: Awaited<ReturnType<KeyHistory["known"]>>;
}

function sources(world: World) {
  const kept: string[] = [];
  const zone: Zone = {
    names: {
      "_ipp.bank.example": {
        txt: [...(world.txt ?? [`v=IPP1; t=url; url=https://ipp.bank.example/ipp/{d}/`])],
        addresses: [],
        dnssec: world.dnssec ?? "secure",
        ttl: 300,
        fail: undefined,
      },
    },
    default_dnssec: "insecure",
    documents: null,
  };
  const anchors = world.anchors ?? [];
  const made = declarationSources({
    crypto: nodeCrypto(),
    resolver: zoneResolver(zone),
    documents: mappedDocuments(world.documents ?? {}),
    anchors: () => anchors,
    revocations: noLists,
    history: world.known === undefined ? null : { known: () => world.known ?? [] },
    keeper: { keep: (keyId) => kept.push(keyId) },
    clock: { now: () => now },
    now: () => now * 1000,
  });
  return { ...made, kept };
}

async function discovered(made: ReturnType<typeof sources>): Promise<Discovery> {
  const found = await made.discover("bank.example");
  if (!found.ok) throw new Error(found.code);
  return found.value;
}

async function trustOf(world: World, leaf: { chain: readonly Uint8Array[] }, at = now) {
  const made = sources(world);
  const question = {
    leaf: parsed(leaf.chain[0]),
    chain: leaf.chain,
    address,
    domain: "bank.example",
    discovery: await discovered(made),
    at,
  };
  return { finding: await made.trust(question), kept: made.kept };
}

const record = (more: string): readonly string[] => [`v=IPP1; t=url; url=https://ipp.bank.example/ipp/{d}/; ${more}`];

describe("trust", () => {
  test("a key in the signed DNS: domain", async () => {
    const { finding, kept } = await trustOf({ txt: record(`ca=sha256:${selfSigned.keyId}`) }, selfSigned);
    expect(finding).toMatchObject({ level: "domain", changedKey: false, lowered: false });
    expect(finding.evidence.map(({ level }) => level)).toEqual(["domain", "site", "self"]);
    expect(kept).toEqual([selfSigned.keyId]);
  });

  test("issued by a CA in the signed DNS: domain", async () => {
    const { finding } = await trustOf({ txt: record(`ca=sha256:${digestOf(domainCa)}`) }, byDomain);
    expect(finding.level).toBe("domain");
  });

  test.each([["insecure"], ["unknown"]] as const)("the same in %s DNS vouches for nothing", async (dnssec) => {
    const { finding } = await trustOf({ txt: record(`ca=sha256:${digestOf(domainCa)}`), dnssec }, byDomain);
    expect(finding.level).toBe("site");
  });

  test("a CA outside its name constraints vouches for nobody", async () => {
    const { finding } = await trustOf({ txt: record(`ca=sha256:${digestOf(otherCa)}`) }, foreign);
    expect(finding.level).toBe("site");
  });

  test("a chain that merely carries the CA's certificate is not issued by it", async () => {
    const chain = [...selfSigned.chain, ...domainCa.chain];
    const { finding } = await trustOf({ txt: record(`ca=sha256:${digestOf(domainCa)}`) }, { chain });
    expect(finding.level).toBe("site");
  });

  test("a path to the trust store: pkix, and no secure DNS needed", async () => {
    const { finding } = await trustOf({ anchors: [parsed(publicCa.chain[0])], dnssec: "insecure" }, byPublic);
    expect(finding.level).toBe("pkix");
  });

  test("not yet, or no longer valid when it was signed: no path", async () => {
    const world = { anchors: [parsed(publicCa.chain[0])] };
    expect((await trustOf(world, byPublic, now - 2 * day)).finding.level).toBe("site");
    expect((await trustOf(world, byPublic, now + 91 * day)).finding.level).toBe("site");
  });

  test("earlier mail with this key and aligned DKIM: pinned is evidence", async () => {
    const known = [{ keyId: selfSigned.keyId, level: "site", dkimAligned: true }] as const;
    const { finding } = await trustOf({ known }, selfSigned);
    expect(finding).toMatchObject({ level: "site", changedKey: false, lowered: false });
    expect(finding.evidence.map(({ level }) => level)).toContain("pinned");
  });

  test("another key than before is said, and a lower level", async () => {
    const known = [{ keyId: "other", level: "domain", dkimAligned: true }] as const;
    const { finding } = await trustOf({ known }, selfSigned);
    expect(finding).toMatchObject({ level: "site", changedKey: true, lowered: true });
  });

  test("one path is validated once for many mails of one hour, and again when the trust store changes", async () => {
    let store = [parsed(publicCa.chain[0])];
    const clock = { now: () => now };
    const vouch = vouching({ crypto: nodeCrypto(), anchors: () => store, revocations: noLists, clock });
    const discovery = await discovered(sources({}));
    const { chain } = byPublic;
    const question = { leaf: parsed(chain[0]), chain, address, domain: "bank.example", at: now, discovery };
    const first = await vouch(question);
    expect(await vouch({ ...question, at: now + 1 })).toBe(first);
    expect(await vouch({ ...question, at: now + 91 * day })).toMatchObject({ store: { ok: false } });
    store = [parsed(otherCa.chain[0])];
    expect(await vouch(question)).toMatchObject({ store: { ok: false } });
  });

  test("a key published beside the earlier one is a roll-over, not a change", async () => {
    const document = { [`${base}billing.pub?ks=${byDomain.keyId}`]: byDomain.pem + selfSigned.pem };
    const known = [{ keyId: selfSigned.keyId, level: "site", dkimAligned: true }] as const;
    const made = sources({ documents: document, known });
    const discovery = await discovered(made);
    const asked = { discovery, address, localPart: "billing", domain: "bank.example", keyId: byDomain.keyId };
    const found = await made.certificates(asked);
    const [published] = found.ok ? found.value : [];
    if (published === undefined) throw new Error("not published");
    const finding = await made.trust({ ...published, address, domain: "bank.example", discovery, at: now });
    expect(finding.changedKey).toBe(false);
  });
});

describe("publication", () => {
  const asked = (keyId: string, discovery: Discovery, localPart = "billing") => ({
    discovery,
    address: `${localPart}@bank.example`,
    localPart,
    domain: "bank.example",
    keyId,
  });

  test("the chain of the key asked for", async () => {
    const made = sources({ documents: { [`${base}billing.pub?ks=${byDomain.keyId}`]: byDomain.pem } });
    const found = await made.certificates(asked(byDomain.keyId, await discovered(made)));
    expect(found.ok && found.value.map(({ chain }) => chain.length)).toEqual([2]);
  });

  test("another key than asked for is nothing", async () => {
    const made = sources({ documents: { [`${base}billing.pub?ks=${byDomain.keyId}`]: selfSigned.pem } });
    expect(await made.certificates(asked(byDomain.keyId, await discovered(made)))).toEqual({ ok: true, value: [] });
  });

  test("404 is nothing: withdrawn", async () => {
    const made = sources({});
    expect(await made.certificates(asked(byDomain.keyId, await discovered(made)))).toEqual({ ok: true, value: [] });
  });

  test("junk is a permanent failure", async () => {
    const junk = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const made = sources({ documents: { [`${base}billing.pub?ks=x`]: junk } });
    expect(await made.certificates(asked("x", await discovered(made)))).toMatchObject({ ok: false, kind: "perm" });
  });

  test("more certificates than anybody publishes are not even parsed", async () => {
    const made = sources({ documents: { [`${base}billing.pub?ks=${byDomain.keyId}`]: byDomain.pem.repeat(30) } });
    const found = await made.certificates(asked(byDomain.keyId, await discovered(made)));
    expect(found).toMatchObject({ ok: false, kind: "perm", code: "trust/too-many" });
  });

  test("with sub, the base address's key is asked for first", async () => {
    const documents = { [`${base}billing.pub?ks=${byDomain.keyId}`]: byDomain.pem };
    const made = sources({ txt: record("sub=+"), documents });
    const found = await made.certificates(asked(byDomain.keyId, await discovered(made), "billing+news"));
    expect(found.ok && found.value.length).toBe(1);
  });

  test("a parsed chain is handed out again, the very same", async () => {
    const made = sources({ documents: { [`${base}billing.pub?ks=${byDomain.keyId}`]: byDomain.pem } });
    const discovery = await discovered(made);
    const first = await made.certificates(asked(byDomain.keyId, discovery));
    expect(first.ok && first.value[0]?.leaf.emails).toEqual([address]);
  });
});

describe("discovery", () => {
  test("no record", async () => {
    expect(await sources({ txt: [] }).discover("bank.example")).toMatchObject({ ok: true, value: { record: null } });
  });
  test("two records are permanent", async () => {
    const txt = [...record("m=all"), ...record("")];
    expect(await sources({ txt }).discover("bank.example")).toMatchObject({ ok: false, kind: "perm" });
  });
  test("bogus is temporary", async () => {
    expect(await sources({ dnssec: "bogus" }).discover("bank.example")).toMatchObject({ ok: false, kind: "temp" });
  });
});

describe("a document of several chains", () => {
  test("each certificate with a mailbox starts one", () => {
    const split = splitChains([...byDomain.chain, ...selfSigned.chain, ...byPublic.chain]);
    const lengths = (chains: readonly PublishedChain[]): readonly number[] => chains.map(({ chain }) => chain.length);
    expect(split.ok && lengths(split.value)).toEqual([2, 1, 2]);
  });
  test("a pile of issuers is refused", () => {
    const pile = Array.from({ length: 12 }, () => domainCa.chain).flat();
    expect(splitChains([...byDomain.chain, ...pile])).toMatchObject({ ok: false, code: "trust/chain-length" });
  });
});
