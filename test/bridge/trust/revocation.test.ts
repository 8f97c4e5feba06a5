// CRLs as they are fetched: over real http on loopback, some at a time, within a budget; and what is waited for.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { zoneResolver } from "../../../bridge/dns/zone.ts";
import { listRates, requestBudget } from "../../../bridge/fetch/budget.ts";
import { httpsAsk, type HttpsAsk } from "../../../bridge/fetch/https.ts";
import { listMemory, type KeptList } from "../../../bridge/trust/list-memory.ts";
import { fetchedRevocations, type RevocationOptions, type TrustedPath } from "../../../bridge/trust/revocation.ts";
import { temp } from "../../../shared/result.ts";
import { parseCertificate } from "../../../shared/x509/certificate.ts";
import { must, testCrypto } from "../../fakes/mail.ts";
import * as der from "../../shared/x509/der-writer.ts";
import { general, issue, issueList, now, testKey } from "../../shared/x509/issue.ts";
import { silent } from "../store/fixtures.ts";

const keyUsage = ["keyCertSign", "cRLSign"];
const ca = issue({ subject: [["CN", "CA"]], key: testKey("p256", 0), issuer: null, ca: true, keyUsage });

function pathTo(url: string, more: Partial<TrustedPath> = {}): TrustedPath {
  const points = der.sequence(der.sequence(der.explicit(0, der.explicit(0, general.uri(url)))));
  const extensions = [{ type: "2.5.29.31", value: points }];
  const leaf = issue({ subject: [["CN", "Alice"]], key: testKey("p256", 1), issuer: ca, extensions });
  const certificates = [leaf, ca].map((one) => must(parseCertificate(one.der)));
  return { certificates, domain: "example.org", own: false, ...more };
}

function revocations(ask: HttpsAsk, more: Partial<RevocationOptions> = {}) {
  const budget = requestBudget(() => 0, listRates);
  return fetchedRevocations({
    crypto: testCrypto,
    ask,
    budget,
    memory: listMemory(),
    kept: null,
    clock: { now: () => now },
    log: silent,
    ...more,
  });
}

describe("over http", () => {
  let server: Server;
  let url = "";
  const asked: (string | undefined)[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(200, { "content-type": "application/pkix-crl" }).end(issueList({ issuer: ca }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://crl.ca.example:${(server.address() as AddressInfo).port}/ca.crl`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const ask = (allowLoopback: boolean): HttpsAsk =>
    httpsAsk({
      resolver: zoneResolver({
        names: {
          "crl.ca.example": { txt: [], addresses: ["127.0.0.1"], dnssec: "insecure", ttl: 300, fail: undefined },
        },
        default_dnssec: "insecure",
        documents: null,
      }),
      reach: { allowLoopback, refuse: [], own: () => [] },
      budget: requestBudget(() => 0),
      extraCa: [],
      userAgent: "waybill-test",
    });

  test("a list is fetched, and at hand from then on", async () => {
    const memory = listMemory();
    const made = revocations(ask(true), { memory });
    const path = pathTo(url);
    expect(await made.lists(path)).toEqual([]);
    expect(made.generation()).toBe(0);
    await made.settled();
    expect((await made.lists(path)).map(({ nextUpdate }) => nextUpdate)).toEqual([now + 86_400]);
    expect(made.generation()).toBe(1);
    expect(asked).toEqual(["/ca.crl"]);
    expect(await memory.due(Infinity, 0, 9)).toMatchObject([{ urls: [url], goodUntil: now + 86_400 }]);
  });

  test("never from an address of one's own network", async () => {
    const made = revocations(ask(false));
    const path = pathTo(url);
    await made.lists(path);
    await made.settled();
    expect(await made.lists(path)).toEqual([]);
    expect(asked).toEqual(["/ca.crl"]);
  });
});

test("a list is watched for the CAs of its issuer, each once, and not for all that somebody makes up", async () => {
  const memory = listMemory();
  let time = now;
  const made = revocations(async () => temp("fetch/network", "down"), { memory, clock: { now: () => time } });
  const points = der.sequence(
    der.sequence(der.explicit(0, der.explicit(0, general.uri("http://crl.ca.example/a.crl")))),
  );
  const extensions = [{ type: "2.5.29.31", value: points }];
  const below = (name: string): TrustedPath => {
    const middle = issue({
      subject: [["CN", name]],
      key: testKey("p256", 2),
      issuer: ca,
      ca: true,
      keyUsage,
      extensions,
    });
    const leaf = issue({ subject: [["CN", "Alice"]], key: testKey("p256", 1), issuer: middle });
    const certificates = [leaf, middle, ca].map((one) => must(parseCertificate(one.der)));
    return { certificates, domain: "example.org", own: false };
  };
  const watched = async (): Promise<readonly number[]> => {
    await made.settled();
    const [kept] = await memory.due(Infinity, 0, 9);
    return (kept?.authorities ?? []).map((authority) => authority.der.length);
  };
  for (let times = 0; times < 3; times += 1) await made.lists(below("Middle"));
  expect(await watched()).toHaveLength(1);
  for (let index = 0; index < 200; index += 1) await made.lists(below(`Made up ${index}`));
  time += 3_600;
  await made.refresh();
  const bytes = (await watched()).reduce((sum, each) => sum + each, 0);
  expect(bytes).toBeGreaterThan(30_000);
  expect(bytes).toBeLessThanOrEqual(32_768);
  await made.stop();
});

test("stopping waits for no host", async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const made = revocations(
    httpsAsk({
      resolver: zoneResolver({ names: {}, default_dnssec: "insecure", documents: null }),
      reach: { allowLoopback: true, refuse: [], own: () => [] },
      budget: requestBudget(() => 0),
      extraCa: [],
      userAgent: "waybill-test",
    }),
  );
  const connected = new Promise((resolve) => server.once("request", resolve));
  for (let index = 0; index < 8; index += 1) {
    await made.lists(pathTo(`http://127.0.0.1:${port}/${index}.crl`, { domain: `d${index}.example` }));
  }
  await connected;
  const took = performance.now();
  await made.stop();
  // Half a minute each, if they were waited for.
  expect(performance.now() - took).toBeLessThan(10_000);
  await made.lists(pathTo(`http://127.0.0.1:${port}/later.crl`));
  await made.settled();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe("many at once", () => {
  /** Hosts that never answer before they are told to. */
  function slow() {
    const open: (() => void)[] = [];
    const urls: string[] = [];
    const ask: HttpsAsk = ({ url }) => {
      urls.push(url);
      return new Promise((resolve) => open.push(() => resolve(temp("fetch/network", "down"))));
    };
    return { ask, open, urls };
  }

  test("four at a time, the others wait their turn, and no mail for any of them", async () => {
    const { ask, open, urls } = slow();
    const made = revocations(ask);
    for (let index = 0; index < 10; index += 1)
      expect(await made.lists(pathTo(`http://crl${index}.example/a.crl`, { domain: `d${index}.example` }))).toEqual([]);
    expect(urls).toHaveLength(4);
    const settled = made.settled();
    for (let index = 0; index < 10; index += 1) {
      open[index]?.();
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await settled;
    expect(new Set(urls).size).toBe(10);
  });

  test("one domain's certificates cost five requests at once, and leave a trusted CA's purse alone", async () => {
    const urls: string[] = [];
    const ask: HttpsAsk = async ({ url }) => {
      urls.push(url);
      return temp("fetch/network", "down");
    };
    const made = revocations(ask);
    for (let index = 0; index < 30; index += 1) {
      await made.lists(pathTo(`http://crl.victim.example/${index}.crl`, { own: true, domain: "evil.example" }));
      await made.settled();
    }
    expect(urls).toHaveLength(5);
    for (let index = 100; index < 140; index += 1) {
      await made.lists(pathTo(`http://crl.victim.example/${index}.crl`, { own: true, domain: `evil${index}.example` }));
      await made.settled();
    }
    expect(urls).toHaveLength(20);
    await made.lists(pathTo("http://crl.victim.example/true.crl"));
    await made.settled();
    expect(urls).toHaveLength(21);
  });

  test("a memory that fails costs no mail, and is tried again", async () => {
    const kept: KeptList[] = [];
    let fails = true;
    let time = now;
    const clock = { now: () => time };
    const memory = {
      ...listMemory(),
      keep(one: KeptList) {
        if (fails) throw new Error("disk full");
        kept.push(one);
      },
    };
    const errors: string[] = [];
    const log = { ...silent, error: (_facts: object, message: string) => void errors.push(message) };
    const made = revocations(async () => temp("fetch/network", "down"), { memory, log, clock });
    const path = pathTo("http://crl.ca.example/a.crl");
    expect(await made.lists(path)).toEqual([]);
    await made.settled();
    expect(errors).toEqual(["a CRL could not be kept"]);
    fails = false;
    time += 900;
    expect(await made.lists(path)).toEqual([]);
    await made.settled();
    expect(kept.map(({ refreshAt }) => refreshAt)).toEqual([now + 1_800]);
  });
});
