// One side of the wire for tests: a bridge's API with store, keys and reports, without a socket unless somebody gives it one.
// Two sides reach each other through plain maps: a domain's `_ipp` URL is the other side's host.
import type { KeyObject } from "node:crypto";
import type { Hono } from "hono";
import { createApi } from "../../../bridge/api/app.ts";
import type { AdminAccess, ApiDeps, DemoDesk, Pages } from "../../../bridge/api/ports.ts";
import { fetchedDocuments } from "../../../bridge/fetch/documents.ts";
import type { HttpsAsk } from "../../../bridge/fetch/https.ts";
import { generateKey } from "../../../bridge/keys/key-file.ts";
import { nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import { createMetrics, type Metrics } from "../../../bridge/metrics/metrics.ts";
import type { Clock, Randomness } from "../../../bridge/pipeline/ports.ts";
import type { ComposeDeps, ReportSettings } from "../../../bridge/reports/compose.ts";
import type { InboxDeps } from "../../../bridge/reports/inbox.ts";
import type { Mailer, OwnMail } from "../../../bridge/reports/mailer.ts";
import type { OutboxDeps } from "../../../bridge/reports/outbox.ts";
import { secretDigest } from "../../../bridge/store/digest.ts";
import type { Store } from "../../../bridge/store/store.ts";
import { mailboxesBy } from "../../../bridge/store/subaddress.ts";
import type { PublishedKey } from "../../../shared/hop/keys.ts";
import type { ReportSigner } from "../../../shared/httpsig/report-signature.ts";
import { parsePolicy } from "../../../shared/policy/parse.ts";
import { ok, temp } from "../../../shared/result.ts";
import { makeDirectory, must, testCrypto, testTime, testTokenKey } from "../../fakes/mail.ts";
import { silent } from "../store/fixtures.ts";

/** A clock that tests set. */
export interface TestClock extends Clock {
  time: number;
}

export function testClock(time = testTime): TestClock {
  const clock = { time, now: () => clock.time };
  return clock;
}

/** Over the network every answer says the time (RFC 9110 section 6.6.1): here, that of the test. */
export function datedBy(clock: TestClock, ask: HttpsAsk): HttpsAsk {
  return async (request) => {
    const answer = await ask(request);
    if (!answer.ok) return answer;
    const headers = new Map([...answer.value.headers, ["date", new Date(clock.time * 1_000).toUTCString()]]);
    return ok({ ...answer.value, headers });
  };
}

/** Different octets every time, the same in every run. */
export function countingRandom(): (bytes: number) => Uint8Array {
  let calls = 0;
  return (bytes) => {
    calls += 1;
    const all = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i += 1) all[i] = (calls * 31 + i * 7 + (calls >> 8)) & 0xff;
    if (bytes > 4) new DataView(all.buffer).setUint32(bytes - 4, calls);
    return all;
  };
}

/** A bridge key, P-256, and what signs reports with it. */
export function reportKey(
  domain: string,
  key = generateKey("p256"),
  now = testTime,
): { published: PublishedKey; signer: ReportSigner } {
  const signing = nodeSigner(key);
  if (signing === null) throw new Error("P-256 signs");
  const { spki, keyId } = signing;
  const day = 86_400;
  return {
    published: {
      keyId,
      spki,
      notBefore: now - day,
      notAfter: now + 300 * day,
      revoked: false,
      endorsement: null,
    },
    signer: { domain, keyId, algorithm: "ecdsa-p256-sha256", sign: (base) => signing.sign(base) },
  };
}

export const adminToken = "an-administrators-token-of-some-length";

export const serverPolicy = must(parsePolicy('{"v":"IPP1","id":"server","default":"accept","undeclared":"accept"}'));

/** What a test may want otherwise. */
export interface SideOptions {
  readonly domain: string;
  readonly store: Store;
  readonly clock?: Clock;
  readonly key?: KeyObject;
  readonly settings?: ReportSettings;
  readonly random?: Randomness;
  readonly retrySeconds?: readonly number[];
  readonly chains?: ApiDeps["publications"]["chains"];
  readonly admin?: AdminAccess;
  readonly pages?: readonly Pages[];
  readonly demo?: DemoDesk;
  readonly trustedProxies?: readonly string[];
  readonly feedbackAddress?: ComposeDeps["feedbackAddress"];
  readonly addresses?: ComposeDeps["addresses"];
}

export interface Side {
  readonly app: Hono;
  readonly deps: ApiDeps;
  readonly domain: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly mails: OwnMail[];
  readonly rawMails: { to: string; raw: string }[];
  readonly key: ReturnType<typeof reportKey>;
  outbox(world: World): OutboxDeps;
  inbox(world: World): InboxDeps;
}

/** Who can be reached, by domain, and how. */
export interface World {
  readonly sides: readonly Side[];
  /** A hosts that does not answer. */
  readonly down?: ReadonlySet<string>;
  /** Instead of the sides' own applications. */
  readonly ask?: HttpsAsk;
}

export const hostOf = (domain: string): string => `ipp.${domain}`;

/** Asks the sides' applications themselves. */
export function worldAsk(world: World): HttpsAsk {
  return async ({ url, method, headers, body }) => {
    const { host, pathname, search } = new URL(url);
    const side = world.sides.find(({ domain }) => hostOf(domain) === host);
    if (side === undefined || world.down?.has(side.domain) === true) return temp("fetch/network", host);
    const request = new Request(`https://${host}${pathname}${search}`, {
      method,
      headers: { ...headers, host },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const answer = await side.app.fetch(request);
    const octets = new Uint8Array(await answer.arrayBuffer());
    return ok({ status: answer.status, headers: new Map(answer.headers), body: octets });
  };
}

export function worldDiscover(world: World): OutboxDeps["discover"] {
  const records = world.sides.map(({ domain }): [string, string[]] => [
    domain,
    [`v=IPP1; t=url; url=https://${hostOf(domain)}/ipp/{d}/`],
  ]);
  const directory = makeDirectory({ records: Object.fromEntries(records) });
  return (domain) => directory.discover(domain);
}

const usualSettings: ReportSettings = { undoSeconds: 600, delayMinSeconds: 3_600, delayMaxSeconds: 86_400 };

export function makeSide(options: SideOptions): Side {
  const { domain, store, clock = testClock() } = options;
  const random = options.random ?? countingRandom();
  const metrics = createMetrics();
  const key = reportKey(domain, options.key, clock.now());
  const mails: OwnMail[] = [];
  const rawMails: { to: string; raw: string }[] = [];
  const mailer: Mailer = {
    send(mail) {
      mails.push(mail);
      return Promise.resolve(ok(undefined));
    },
    sendRaw(to, raw) {
      rawMails.push({ to, raw: new TextDecoder().decode(raw) });
      return Promise.resolve(ok(undefined));
    },
  };
  const compose: ComposeDeps = {
    crypto: testCrypto,
    random,
    blindKey: new Uint8Array(32).fill(3),
    settings: () => options.settings ?? usualSettings,
    feedbackAddress: options.feedbackAddress ?? (() => null),
    addresses: options.addresses ?? ((paired) => [paired]),
    mailboxOf: mailboxesBy(() => "+"),
  };
  const deps: ApiDeps = {
    store,
    clock,
    random,
    crypto: testCrypto,
    log: silent,
    metrics,
    mailer,
    compose,
    site: () => ({
      publicUrl: `https://${hostOf(domain)}`,
      sealDomain: domain,
      domains: [domain],
      authservIds: [`mx.${domain}`],
      publicationPath: "/ipp/",
    }),
    publications: { chains: options.chains ?? (() => null) },
    bridgeKeys: (asked) => (asked === domain ? [key.published] : []),
    policies: () => ({ floor: null, default: serverPolicy }),
    policyChanged() {},
    admin: () => options.admin ?? { tokenHash: secretDigest(adminToken), loopback: false },
    pages: options.pages ?? [],
    trustedProxies: options.trustedProxies ?? [],
    readiness: [],
    demo: options.demo ?? null,
  };
  const idle = new AbortController().signal;
  return {
    app: createApi(deps),
    deps,
    domain,
    store,
    clock,
    metrics,
    mails,
    rawMails,
    key,
    outbox: (world) => ({
      reports: store.reports,
      ask: world.ask ?? worldAsk(world),
      budget: { take: () => true },
      discover: worldDiscover(world),
      signer: () => key.signer,
      mailer,
      from: `postmaster@${domain}`,
      crypto: testCrypto,
      clock,
      random,
      log: silent,
      counters: metrics,
      retrySeconds: options.retrySeconds ?? [60, 300],
      signal: idle,
    }),
    inbox: (world) => ({
      arrivals: store.arrivals,
      discover: worldDiscover(world),
      documents: fetchedDocuments({
        ask: world.ask ?? worldAsk(world),
        budget: { take: () => true },
        now: () => clock.now() * 1_000,
      }),
      tokenKeys: () => [testTokenKey],
      crypto: testCrypto,
      clock,
      log: silent,
      counters: metrics,
      retrySeconds: options.retrySeconds ?? [60, 400],
      signal: idle,
    }),
  };
}
