// A revoked signer's later mail, through the pieces a mail really goes through: sources over DNS, fetched documents and CRLs,
// a store on disk, the inbound pipeline, the seal, and what the reader's add-on makes of it. Scripted hosts, no network.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { zoneResolver } from "../../../bridge/dns/zone.ts";
import { listRates, requestBudget } from "../../../bridge/fetch/budget.ts";
import { fetchedDocuments } from "../../../bridge/fetch/documents.ts";
import type { HttpsAsk, HttpsRequest } from "../../../bridge/fetch/https.ts";
import { keyIdOf, nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import { forgetOnce } from "../../../bridge/store/retention.ts";
import { openStore, type Store } from "../../../bridge/store/store.ts";
import { fetchedRevocations } from "../../../bridge/trust/revocation.ts";
import { declarationSources } from "../../../bridge/trust/sources.ts";
import type { Message } from "../../../shared/header/field.ts";
import { ok, temp } from "../../../shared/result.ts";
import { assess } from "../../../shared/verdict/assess.ts";
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { formatPem } from "../../../shared/x509/pem.ts";
import { makeBridgeKey, makeMail, must, rawMail, signMail, testCrypto, testTime } from "../../fakes/mail.ts";
import { makeDesk, receive } from "../pipeline/desk.ts";
import { silent } from "../store/fixtures.ts";
import * as der from "../../shared/x509/der-writer.ts";
import {
  general,
  issue,
  issueList,
  testKey,
  type Issued,
  type Revoked,
  type TestExtension,
} from "../../shared/x509/issue.ts";

const hour = 3_600;
const day = 24 * hour;
const crlUrl = "http://crl.ca.example/one.crl";
const pubHost = "https://ipp.example/example.org/";
const serial = Uint8Array.of(0x21);
const life = { notBefore: testTime - 30 * day, notAfter: testTime + 100 * day };

function listAt(...urls: readonly string[]): TestExtension {
  const names = urls.map((url) => general.uri(url));
  return { type: "2.5.29.31", value: der.sequence(der.sequence(der.explicit(0, der.explicit(0, ...names)))) };
}

const keyUsage = ["keyCertSign", "cRLSign"];
const ca = issue({ subject: [["CN", "CA"]], key: testKey("p256", 0), issuer: null, ca: true, keyUsage, ...life });

function leafOf(issuer: Issued, ...urls: readonly string[]): Issued {
  return issue({
    subject: [["CN", "Alice"]],
    key: testKey("p256", 1),
    issuer,
    serial,
    names: [general.email("alice@example.org")],
    extensions: urls.length === 0 ? [] : [listAt(...urls)],
    ...life,
  });
}

/** A list of `from` that is due after `days`. */
function list(from: number, days: number, revoked: boolean | Revoked = false, signer: Issued = ca): Uint8Array {
  return issueList({
    issuer: ca,
    signer: signer.key,
    revoked: revoked === false ? [] : [revoked === true ? { serial, reason: 1 } : revoked],
    thisUpdate: from,
    nextUpdate: from + days * day,
  });
}

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "waybill-revoked-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** What strangers' hosts answer; an URL that is not in it is a host that is down. */
type Hosts = Map<string, Uint8Array | 404>;

interface Options {
  /** The trust store has the CA, or else the domain's secure DNS has. */
  readonly way: "store" | "dns";
  readonly leaf?: Issued;
  readonly authority?: Issued;
  /** Published between the two. */
  readonly between?: readonly Issued[];
  /** The domain's secure DNS has the leaf's key too. */
  readonly named?: boolean;
}

/** One receiving side whose bridge can be restarted, and the sender's hosts. */
function makeWorld({ way, authority = ca, leaf = leafOf(authority, crlUrl), between = [], named }: Options) {
  const hosts: Hosts = new Map();
  const requests: HttpsRequest[] = [];
  const time = { now: testTime };
  const clock = { now: () => time.now };
  const signer = nodeSigner(leaf.key.privateKey);
  if (signer === null) throw new Error("P-256 signs");
  const pub = `${pubHost}alice.pub?ks=${signer.keyId}`;
  const chain = way === "store" ? [leaf, ...between] : [leaf, ...between, authority];
  hosts.set(pub, Buffer.from(chain.map(({ der: one }) => formatPem(one)).join("")));
  const listed = [...(named === true ? [leaf] : []), ...(way === "store" ? [] : [authority])];
  const more =
    listed.length === 0 ? "" : `; ca=${listed.map(({ key: one }) => `sha256:${keyIdOf(one.spki)}`).join(",")}`;
  const txt = [`v=IPP1; t=url; url=https://ipp.example/{d}/${more}`];
  const resolver = zoneResolver({
    names: { "_ipp.example.org": { txt, addresses: [], dnssec: "secure", ttl: 300, fail: undefined } },
    default_dnssec: "insecure",
    documents: null,
  });
  const ask: HttpsAsk = async (request) => {
    requests.push(request);
    const found = hosts.get(request.url);
    if (found === undefined) return temp("fetch/network", "down");
    return ok({
      status: found === 404 ? 404 : 200,
      headers: new Map(),
      body: found === 404 ? new Uint8Array() : found,
    });
  };
  const key = makeBridgeKey({ notAfter: testTime + 365 * day });
  const anchors = way === "store" ? [must(parseCertificate(authority.der))] : [];
  let running: { store: Store; revocations: ReturnType<typeof fetchedRevocations>; desk: ReturnType<typeof makeDesk> };
  let mails = 0;

  async function start(): Promise<void> {
    const store = must(await openStore(join(folder, "waybill.db"), silent));
    const ms = (): number => time.now * 1000;
    const revocations = fetchedRevocations({
      crypto: testCrypto,
      ask,
      budget: requestBudget(ms, listRates),
      memory: store.revocationLists,
      kept: store.certificates,
      clock,
      log: silent,
    });
    const declarations = declarationSources({
      crypto: testCrypto,
      resolver,
      documents: fetchedDocuments({ ask, budget: requestBudget(ms), now: ms }),
      anchors: () => anchors,
      revocations,
      history: store.knownKeys,
      keeper: store.certificates,
      clock,
      now: ms,
    });
    const desk = makeDesk(
      {},
      {},
      {
        declarations,
        keys: store.knownKeys,
        sealKeys: { current: () => key.signer, published: () => [key.key] },
      },
    );
    running = { store, revocations, desk };
  }

  return {
    hosts,
    requests,
    time,
    pub,
    crlRequests: () => requests.filter(({ url }) => url.endsWith(".crl")),
    start,
    async restart() {
      await running.revocations.settled();
      await running.store.close();
      await start();
    },
    stop: async () => {
      await running.revocations.settled();
      await running.store.close();
    },
    settled: () => running.revocations.settled(),
    /** What is older than it is kept for. */
    forgets: async () =>
      await forgetOnce(running.store, { signalDays: 30, complaintDays: 400, tokenExtraDays: 1 }, time.now),
    refresh: async () => {
      await running.revocations.refresh();
      await running.revocations.settled();
    },
    /** A new mail of the signer's, as its reader is told of it. `signedAt`: what he says. */
    async mail(signedAt = time.now) {
      const mail = await this.arrives(signedAt);
      return mail === null ? "put off" : this.read(mail);
    },
    /** A new mail as it lies in the mailbox; null: it was put off. */
    async arrives(signedAt = time.now) {
      const { desk, store } = running;
      desk.now = time.now;
      mails += 1;
      const nonce = new Uint8Array(12).fill(mails);
      const signed = await signMail(
        makeMail({ messageId: `<${mails}@example.org>` }),
        { signer },
        { now: signedAt, nonce },
      );
      const { mail, outcome } = await receive(desk, signed);
      await store.flushed();
      return outcome.action === "tempfail" ? null : mail;
    },
    /** What its reader is told of a mail now. */
    async read(mail: Message) {
      const { store } = running;
      const { verdict, evidence } = must(
        await assess(rawMail(mail), {
          crypto: testCrypto,
          now: time.now,
          domains: ["example.net"],
          keys: async () => [key.key],
          certificates: async (keyId) => ({
            chains: await store.certificates.chains(keyId),
            revokedFrom: await store.certificates.revokedFrom(keyId),
            withdrawnPaths: await store.certificates.withdrawnPaths(keyId),
          }),
          trustedAuthservIds: [],
          readerAddresses: [],
        }),
      );
      return `${verdict.level} ${verdict.reason} ${evidence.declaration?.trust.level}`;
    },
  };
}

type World = ReturnType<typeof makeWorld>;

async function inWorld(options: Options, job: (world: World) => Promise<void>): Promise<void> {
  const world = makeWorld(options);
  await world.start();
  try {
    await job(world);
  } finally {
    await world.stop();
  }
}

const level = { store: "pkix", dns: "domain" } as const;
const unknown = "unproven revocation-unknown site";
const withdrawn = "careful no-trust none";

describe.each([["store"], ["dns"]] as const)("a CRL of a CA that is trusted by the %s", (way) => {
  const good = `holds pass ${level[way]}`;

  test("no mail waits for it, none holds before it is there, and later ones do", () =>
    inWorld({ way }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 3));
      expect(await world.mail()).toBe(unknown);
      await world.settled();
      expect(await world.mail()).toBe(good);
      expect(world.crlRequests()).toHaveLength(1);
    }));

  test("revoked: no later mail holds, though it says it was signed before; nor after a restart, with the server dead", () =>
    inWorld({ way }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 3));
      await world.mail();
      await world.settled();
      expect(await world.mail()).toBe(good);
      world.time.now += 5 * hour;
      world.hosts.set(crlUrl, list(world.time.now - 60, 3, true));
      await world.refresh();
      expect(await world.mail()).toBe(withdrawn);
      expect(await world.mail(testTime)).toBe(withdrawn);
      world.hosts.delete(crlUrl);
      await world.restart();
      expect(await world.mail()).toBe(withdrawn);
      // Long past its nextUpdate the last list still says so.
      world.time.now += 10 * day;
      await world.refresh();
      expect(await world.mail()).toBe(withdrawn);
    }));

  test("revoked: a signer whose own key stands in DNS beside it is, too", () =>
    inWorld({ way, named: true }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 3));
      await world.mail();
      await world.settled();
      expect(await world.mail()).toBe(good);
      world.time.now += 5 * hour;
      world.hosts.set(crlUrl, list(world.time.now - hour, 3, true));
      await world.refresh();
      expect(await world.mail()).toBe(withdrawn);
    }));

  test("a server that is dead, or silenced: what its last list says of others ends with its nextUpdate", () =>
    inWorld({ way }, async (world) => {
      expect(await world.mail()).toBe(unknown);
      await world.settled();
      expect(await world.mail()).toBe(unknown);
      world.hosts.set(crlUrl, list(testTime - hour, 1));
      world.time.now += hour;
      await world.refresh();
      expect(await world.mail()).toBe(good);
      world.hosts.delete(crlUrl);
      world.time.now = testTime - hour + day;
      await world.refresh();
      expect(await world.mail()).toBe(good);
      world.time.now += 1;
      expect(await world.mail()).toBe(unknown);
      await world.restart();
      expect(await world.mail()).toBe(unknown);
    }));

  test.each([
    { name: "no mail needed for a month", restarts: false, days: 40 },
    { name: "was kept by a bridge that was stopped for days", restarts: true, days: 3 },
  ])("a list that $name counts once it was asked for again", async ({ restarts, days }) => {
    const rest = async (world: World): Promise<void> => {
      for (let n = 0; n < days; n += 1) {
        world.time.now += day;
        if (!restarts) await world.refresh();
      }
      if (restarts) await world.restart();
    };
    const sameList = list(testTime - hour, 300);
    const newList = list(testTime + 2 * day, 300, true);
    for (const [later, want] of [
      [sameList, good],
      [newList, withdrawn],
    ] as const) {
      await inWorld({ way }, async (world) => {
        world.hosts.set(crlUrl, sameList);
        expect(await world.mail()).toBe(unknown);
        await world.settled();
        expect(await world.mail()).toBe(good);
        await rest(world);
        world.hosts.delete(crlUrl);
        expect(await world.mail()).toBe(unknown);
        await world.restart();
        expect(await world.mail()).toBe(unknown);
        world.hosts.set(crlUrl, later);
        world.time.now += hour;
        await world.refresh();
        expect(await world.mail()).toBe(want);
      });
      rmSync(join(folder, "waybill.db"));
    }
  });

  test.each([
    [
      "another CA's key",
      () =>
        list(
          testTime - 60,
          3,
          false,
          issue({ subject: [["CN", "CA"]], key: testKey("p256", 9), issuer: null, ca: true }),
        ),
    ],
    ["an older list, from before the revocation", () => list(testTime - 2 * hour, 3)],
    ["one that is out of date", () => list(testTime - 4 * day, 3)],
    ["no list at all", () => Buffer.from("<html>")],
  ])("who stands in the way can't un-revoke: %s", async (_name, other) =>
    inWorld({ way }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 3, true));
      await world.mail();
      await world.settled();
      expect(await world.mail()).toBe(withdrawn);
      world.hosts.set(crlUrl, other());
      world.time.now += 5 * hour;
      await world.refresh();
      expect(world.crlRequests().length).toBeGreaterThan(1);
      expect(await world.mail()).toBe(withdrawn);
    }),
  );

  test("a CA that may not sign lists says nothing by one", () => {
    const plain = issue({ subject: [["CN", "CA"]], key: testKey("p256", 0), issuer: null, ca: true, ...life });
    return inWorld({ way, authority: plain }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 3));
      await world.mail();
      await world.settled();
      expect(await world.mail()).toBe(unknown);
    });
  });

  test("gone from a newer list (a hold that was lifted): good again", () =>
    inWorld({ way }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 3, { serial, reason: 6 }));
      await world.mail();
      await world.settled();
      world.time.now += 5 * hour;
      world.hosts.set(crlUrl, list(world.time.now - 60, 3));
      await world.refresh();
      expect(await world.mail()).toBe(good);
    }));

  test("a certificate that has expired since may be gone from its list: unknown, not good", () =>
    inWorld({ way }, async (world) => {
      world.time.now = life.notAfter - hour;
      world.hosts.set(crlUrl, list(world.time.now - hour, 3));
      await world.mail();
      await world.settled();
      expect(await world.mail()).toBe(good);
      world.time.now = life.notAfter + 1;
      expect(await world.mail(life.notAfter - hour)).toBe(unknown);
    }));

  test("without an address of a list there is nothing to wait for", () =>
    inWorld({ way, leaf: leafOf(ca) }, async (world) => {
      expect(await world.mail()).toBe(good);
      expect(world.crlRequests()).toEqual([]);
    }));

  test("the second address where the first is dead; what is not http is passed over", () =>
    inWorld(
      { way, leaf: leafOf(ca, "ldap://ca.example/cn=CA", "http://dead.example/a.crl", crlUrl) },
      async (world) => {
        world.hosts.set(crlUrl, list(testTime - hour, 3));
        await world.mail();
        await world.settled();
        expect(await world.mail()).toBe(good);
        expect(world.crlRequests().map(({ url }) => url)).toEqual(["http://dead.example/a.crl", crlUrl]);
      },
    ));
});

describe("a mail that came before its signer was revoked, opened later", () => {
  const reasons = { compromise: 1, superseded: 4, hold: 6 } as const;
  const later = testTime + 10 * day;

  /** What the reader is told of a mail of testTime, once the list of ten days later says so of its signer. */
  async function told(way: Options["way"], revoked: Partial<Revoked>): Promise<readonly string[]> {
    const words: string[] = [];
    await inWorld({ way }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 30));
      await world.mail();
      await world.settled();
      const mail = await world.arrives();
      if (mail === null) throw new Error("put off");
      words.push(await world.read(mail));
      world.time.now = later;
      world.hosts.set(crlUrl, list(later - 60, 3, { serial, ...revoked }));
      await world.refresh();
      words.push(await world.read(mail));
      // The list is gone, nothing more can be asked, and the certificate has expired: what is known stays known.
      world.hosts.clear();
      world.time.now = testTime + 390 * day;
      await world.forgets();
      await world.restart();
      await world.refresh();
      words.push(await world.read(mail));
    });
    return words;
  }

  const cases: { name: string; revoked: Partial<Revoked>; want: "withdrawn" | "as before" }[] = [
    {
      name: "its key was stolen, nobody says when",
      revoked: { at: later - hour, reason: reasons.compromise },
      want: "withdrawn",
    },
    {
      name: "its key was stolen before the mail came",
      revoked: { at: later - hour, reason: reasons.compromise, invalidFrom: testTime - day },
      want: "withdrawn",
    },
    {
      name: "its key was stolen after the mail had come",
      revoked: { at: later - hour, reason: reasons.compromise, invalidFrom: testTime + day },
      want: "as before",
    },
    { name: "revoked from before the mail came", revoked: { at: testTime - hour }, want: "withdrawn" },
    {
      name: "superseded after the mail had come",
      revoked: { at: testTime + hour, reason: reasons.superseded },
      want: "as before",
    },
    { name: "on hold, which may be lifted", revoked: { at: testTime - hour, reason: reasons.hold }, want: "as before" },
    {
      name: "another certificate of the CA",
      revoked: { at: testTime - hour, serial: Uint8Array.of(0x22) },
      want: "as before",
    },
  ];
  test.each(
    cases.flatMap((one) => (["store", "dns"] as const).map((way) => ({ ...one, way, title: `${one.name} (${way})` }))),
  )("$title", async ({ revoked, want, way }) => {
    const before = `holds pass ${level[way]}`;
    const after = want === "withdrawn" ? withdrawn : before;
    expect(await told(way, revoked)).toEqual([before, after, after]);
  });
});

describe("a mail that came before a CA above its signer was revoked, opened later", () => {
  const later = testTime + 10 * day;
  const serials = [Uint8Array.of(0x31), Uint8Array.of(0x32)] as const;
  /** A CA below another, whose list the other signs. */
  const below = (issuer: Issued, index: 0 | 1): Issued =>
    issue({
      subject: [["CN", `CA ${index}`]],
      key: testKey("p256", 10 + index),
      issuer,
      ca: true,
      keyUsage,
      serial: serials[index],
      extensions: index === 0 ? [listAt(crlUrl)] : [],
      ...life,
    });
  const upper = below(ca, 0);
  const lower = below(upper, 1);

  /** What the reader is told of a mail of testTime: when it has come, once the list of ten days later is there, and long after. */
  async function told(way: Options["way"], between: readonly [Issued, ...Issued[]], revoked: Partial<Revoked>) {
    const words: string[] = [];
    await inWorld({ way, between, leaf: leafOf(between[0]) }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 30));
      await world.mail();
      await world.settled();
      const mail = await world.arrives();
      if (mail === null) throw new Error("put off");
      words.push(await world.read(mail));
      // What it is watched for outlives the process.
      await world.restart();
      world.time.now = later;
      world.hosts.set(crlUrl, list(later - 60, 3, { serial: serials[0], ...revoked }));
      await world.refresh();
      words.push(await world.read(mail));
      world.time.now += hour;
      words.push(await world.mail());
      world.hosts.clear();
      world.time.now = testTime + 390 * day;
      await world.forgets();
      await world.restart();
      await world.refresh();
      words.push(await world.read(mail));
    });
    return words;
  }

  const cases: { name: string; revoked: Partial<Revoked>; falls: boolean }[] = [
    { name: "its key was stolen", revoked: { at: later - hour, reason: 2 }, falls: true },
    { name: "revoked from before the mail came", revoked: { at: testTime - hour }, falls: true },
    { name: "superseded after the mail had come", revoked: { at: testTime + hour, reason: 4 }, falls: false },
    {
      name: "stolen after the mail had come",
      revoked: { at: later - hour, reason: 2, invalidFrom: testTime + day },
      falls: false,
    },
  ];
  const chains = [
    { above: "the CA that issued it", between: [upper] as const },
    { above: "the CA above that", between: [lower, upper] as const },
  ];
  test.each(
    cases.flatMap((one) =>
      chains.flatMap((chain) => (["store", "dns"] as const).map((way) => ({ ...one, ...chain, way }))),
    ),
  )("$name: $above ($way)", async ({ revoked, falls, between, way }) => {
    const before = `holds pass ${level[way]}`;
    const after = falls ? "careful first-key self" : before;
    // Later mail has the same key, published as ever, and a level less.
    expect(await told(way, between, revoked)).toEqual([before, after, "careful lowered-trust site", after]);
  });

  test.each([["store"], ["dns"]] as const)("another CA of the same issuer (%s)", async (way) => {
    const revoked = { at: testTime - hour, reason: 2, serial: Uint8Array.of(0x99) };
    const before = `holds pass ${level[way]}`;
    expect(await told(way, [upper], revoked)).toEqual([before, before, before, before]);
  });
});

describe("who makes us ask", () => {
  test("nobody whose chain leads to nothing trusted", async () => {
    const stranger = issue({
      subject: [["CN", "CA"]],
      key: testKey("p256", 5),
      issuer: null,
      ca: true,
      keyUsage,
      ...life,
    });
    await inWorld({ way: "store", leaf: leafOf(stranger, crlUrl) }, async (world) => {
      expect(await world.mail()).toBe("holds pass site");
      await world.settled();
      expect(world.crlRequests()).toEqual([]);
    });
  });

  test("a list is asked for by each of its certificates once, then every few hours", () =>
    inWorld({ way: "store" }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 3));
      for (let mail = 0; mail < 5; mail += 1) await world.mail();
      await world.settled();
      for (let minute = 0; minute < 8 * 60; minute += 10) {
        world.time.now += 600;
        await world.refresh();
      }
      expect(world.crlRequests()).toHaveLength(3);
      for (const { plainToo, maxBytes, timeoutMs } of world.crlRequests())
        expect({ plainToo, maxBytes, timeoutMs }).toEqual({ plainToo: true, maxBytes: 4_194_304, timeoutMs: 30_000 });
    }));

  test.each([
    ["a list came", true],
    ["its server was dead", false],
  ])("a clock that was weeks ahead while %s: nobody waits for the time it showed", (_, answers) =>
    inWorld({ way: "store" }, async (world) => {
      world.hosts.set(crlUrl, list(testTime - hour, 60));
      await world.mail();
      await world.settled();
      world.time.now += 20 * day;
      if (!answers) world.hosts.delete(crlUrl);
      await world.mail();
      await world.restart();
      world.time.now -= 20 * day - 5 * hour;
      world.hosts.set(crlUrl, list(world.time.now - hour, 60, true));
      await world.refresh();
      expect(await world.mail()).toBe("careful no-trust none");
      const asked = world.crlRequests().length;
      world.time.now += hour;
      await world.refresh();
      expect(world.crlRequests()).toHaveLength(asked);
    }),
  );

  test("a dead server every quarter of an hour, and a domain's own CA may cost little", () =>
    inWorld({ way: "dns" }, async (world) => {
      await world.mail();
      for (let minute = 0; minute < 60; minute += 1) {
        world.time.now += 60;
        await world.refresh();
      }
      expect(world.crlRequests()).toHaveLength(5);
      expect(world.crlRequests()[0]?.maxBytes).toBe(524_288);
    }));
});

describe(".pub", () => {
  const leaf = leafOf(ca);
  const gone = "careful permerror none";

  test("a leaf that is gone from a fresh answer is withdrawn, though its host then dies, and after a restart", () =>
    inWorld({ way: "dns", leaf }, async (world) => {
      expect(await world.mail()).toBe("holds pass domain");
      world.hosts.set(world.pub, 404);
      world.time.now += 2 * hour;
      expect(await world.mail()).toBe(gone);
      // Nothing that was had before comes back where the host says nothing any more.
      world.hosts.delete(world.pub);
      world.time.now += hour;
      expect(await world.mail()).toBe("put off");
      await world.restart();
      expect(await world.mail()).toBe("put off");
    }));

  test("the same where other keys are still published", () =>
    inWorld({ way: "dns", leaf }, async (world) => {
      expect(await world.mail()).toBe("holds pass domain");
      const other = issue({
        subject: [["CN", "New"]],
        key: testKey("p256", 3),
        issuer: ca,
        names: [general.email("alice@example.org")],
        ...life,
      });
      world.hosts.set(world.pub, Buffer.from(formatPem(other.der) + formatPem(ca.der)));
      world.time.now += 2 * hour;
      expect(await world.mail()).toBe(gone);
      world.hosts.delete(world.pub);
      world.time.now += 2 * hour;
      expect(await world.mail()).toBe(gone);
    }));
});
