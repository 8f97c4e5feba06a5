// The CRLs of those who issued what is trusted: asked for in the background where a certificate says they are (RFC 5280
// section 4.2.1.13), kept on disk, never waited for by a mail. Protocol section 2.
// - Only certificates on a path to something trusted are asked about: else every stranger's chain would send us somewhere.
// - http: is fine, as a list is signed (RFC 5280 section 8); addresses, ports, size, time, redirects as for all that
//   strangers name (bridge/fetch). Other schemes are passed over.
// - What comes counts only when the path's issuer has signed it, with cRLSign, when it is not out of date, and not older
//   than the one at hand: who stands in the way can hold a list back, no more.
// - What comes is also held against the certificates of kept mail (withdrawn.ts).
// - What can't be had leaves the last list in place: it goes on saying who is revoked, and says nobody is good any more
//   once its nextUpdate has passed (shared/x509/revocation.ts). One that was not even asked for doesn't either.
// Known gaps: delta and indirect CRLs, OCSP, LDAP; lists above limits.crlFetchBytes.
// A certificate whose lists can't be asked for at all reads as of unknown revocation for good.
import { LRUCache } from "lru-cache";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import { toBase64Url } from "../../shared/encoding/base64.ts";
import { equalBytes } from "../../shared/encoding/bytes.ts";
import type { Certificate } from "../../shared/x509/certificate.ts";
import { parseCertificateList, type CertificateList } from "../../shared/x509/crl.ts";
import { goodUntil } from "../../shared/x509/revocation.ts";
import type { Budget } from "../fetch/budget.ts";
import type { HttpsAsk } from "../fetch/https.ts";
import type { Clock, Log } from "../pipeline/ports.ts";
import { listFetcher, parsedIssuers } from "./list-fetch.ts";
import { isDue, type KeptList, type ListMemory, refreshSeconds } from "./list-memory.ts";
import { type KeptChains, noteRevoked, noteRevokedAuthorities } from "./withdrawn.ts";

/** A path that leads to something trusted. */
export interface TrustedPath {
  /** Leaf first, anchor last. */
  readonly certificates: readonly Certificate[];
  /** The mail domain that is asked about. */
  readonly domain: string;
  /** The anchor is one that the domain's DNS names, not one of the trust store. */
  readonly own: boolean;
}

/** What the issuers of trusted certificates have said of them. */
export interface Revocations {
  /** The lists at hand that speak of the path's certificates. What is missing or due is asked for meanwhile. */
  lists(path: TrustedPath): Promise<readonly CertificateList[]>;
  /** Another number whenever there are other lists. */
  generation(): number;
  /** Asks for what is due. */
  refresh(): Promise<void>;
  /** Settles when nothing is under way any more. */
  settled(): Promise<void>;
  /** Gives up what is under way and asks for nothing more. */
  stop(): Promise<void>;
}

export interface RevocationOptions {
  readonly crypto: Crypto;
  readonly ask: HttpsAsk;
  readonly budget: Budget;
  readonly memory: ListMemory;
  /** Chains of kept mail, to be told apart where a list revokes what is in them; null: none are kept. */
  readonly kept: KeptChains | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** After a failure, and at least between two tries. */
const retrySeconds = 900;
/** Lists that no mail has needed for so long are not asked for again. */
export const unusedSeconds = 30 * 86_400;
/** A list that was due so long ago was neglected: no mail needed it, or the bridge was stopped. */
const neglectedSeconds = 86_400;
/** Requests under way, and lists that wait for one of them to end. */
const maxRunning = 4;
const maxWaiting = 100;
/** Asked for in one round. */
const roundLists = 20;
/** Addresses of one certificate's lists that are tried. */
const maxUrls = 3;
/** The issuing path that is kept beside a list; real ones have 2 to 6 kB. */
const issuersBytes = 32_768;
/** CAs that one list is watched for: an issuer's CAs are few, some twenty have their room. */
const authoritiesBytes = 32_768;
/** Parsed lists in memory, by their DER and the certificates beside it; parsed they take several times that. */
const parsedBytes = 8_388_608;

/** A list as it is used: parsed, and when it is next to be asked for. */
interface Ready {
  readonly kept: KeptList;
  readonly list: CertificateList | null;
}

/** Where the certificate's lists are, as far as they can be asked. Those for some reasons, or of other issuers, don't help. */
function urlsOf({ crlDistributionPoints }: Certificate): string[] {
  const urls = crlDistributionPoints.filter(({ partial }) => !partial).flatMap(({ uris }) => uris);
  return urls.filter((url) => /^https?:/i.test(url)).slice(0, maxUrls);
}

/** A list says of nobody that he is good after `until`; who is revoked stays so. */
function goodTo(list: CertificateList | null, until: number | null): CertificateList | null {
  return list === null || until === null || goodUntil(list) <= until ? list : { ...list, nextUpdate: until };
}

/** A neglected list has to be asked for again before it counts. */
function aged(one: Ready, now: number): Ready {
  const { refreshAt, goodUntil: until } = one.kept;
  if (one.list === null || now - refreshAt <= neglectedSeconds || (until ?? Infinity) <= refreshAt) return one;
  return { kept: { ...one.kept, goodUntil: refreshAt }, list: goodTo(one.list, refreshAt) };
}

function octetsOf({ list, issuers, authorities }: KeptList): number {
  const ders = [...issuers, ...authorities.map(({ der }) => der)];
  return ders.reduce((sum, der) => sum + der.length, 4_096 + (list?.length ?? 0));
}

/** CRLs fetched and kept. */
export function fetchedRevocations(options: RevocationOptions): Revocations {
  const { crypto, ask, budget, memory, kept: chains, clock, log } = options;
  const ready = new LRUCache<string, Ready>({
    maxSize: parsedBytes,
    sizeCalculation: ({ kept }) => octetsOf(kept),
  });
  const running = new Map<string, Promise<void>>();
  const saving = new Set<Promise<void>>();
  const waiting = new Map<string, Ready>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const fetchList = listFetcher({ ask, budget, clock, signal });
  let generation = 0;

  function readyOf(kept: KeptList): Ready {
    const list = kept.list === null ? null : parseCertificateList(kept.list);
    const made = aged({ kept, list: list?.ok === true ? goodTo(list.value, kept.goodUntil) : null }, clock.now());
    ready.set(kept.place, made);
    return made;
  }

  async function renew({ kept, list: before }: Ready): Promise<void> {
    const fetched = await fetchList(kept, before);
    if (signal.aborted) return;
    const now = clock.now();
    const { usedAt, authorities } = ready.get(kept.place)?.kept ?? kept;
    if (!fetched.ok) {
      const facts = { urls: kept.urls, code: fetched.code, detail: fetched.detail };
      if (kept.own) log.info(facts, "a domain's CRL could not be had");
      else
        log.warn(facts, "a CA's CRL could not be had: its certificates read as of unknown revocation when it runs out");
      const again = { ...kept, usedAt, authorities, refreshAt: now + retrySeconds };
      ready.set(kept.place, { kept: again, list: before });
      return await memory.keep(again);
    }
    const list = fetched.value;
    const runsOut = Math.max(list.nextUpdate ?? Infinity, now + retrySeconds);
    const refreshAt = Math.min(now + refreshSeconds, runsOut);
    const renewed = { ...kept, usedAt, authorities, list: list.der, goodUntil: goodUntil(list), refreshAt };
    ready.set(kept.place, { kept: renewed, list });
    // The same list, asked for again, is another one where it had been neglected.
    if (before?.nextUpdate !== list.nextUpdate || !equalBytes(before.der, list.der)) generation += 1;
    if (chains === null) return await memory.keep(renewed);
    const issuers = parsedIssuers(kept);
    await noteRevoked(list, issuers, chains);
    const level = kept.own ? "domain" : "pkix";
    const noted = await noteRevokedAuthorities(list, authorities, { level, now, issuers, kept: chains });
    // Some may have been met meanwhile, behind these.
    const latest = ready.get(kept.place)?.kept ?? renewed;
    const done = { ...latest, authorities: [...noted, ...latest.authorities.slice(noted.length)] };
    ready.set(kept.place, { kept: done, list });
    await memory.keep(done);
  }

  /** Watches a list for a CA, should it be new: what is known of it is kept whether or not another list comes. */
  function watching(one: Ready, { der }: Certificate): Ready {
    const { authorities } = one.kept;
    if (authorities.some((known) => equalBytes(known.der, der))) return one;
    if (authorities.reduce((sum, known) => sum + known.der.length, der.length) > authoritiesBytes) return one;
    const kept = { ...one.kept, authorities: [...authorities, { der, revokedFrom: null }] };
    const made = { ...one, kept };
    ready.set(kept.place, made);
    // Where none was had yet it is asked for now, and kept then.
    if (one.list === null) return made;
    const work: Promise<void> = (async () => await memory.keep(kept))()
      .catch((error: unknown) => log.error({ err: error }, "a CRL could not be kept"))
      .finally(() => saving.delete(work));
    saving.add(work);
    return made;
  }

  function renewSoon(one: Ready): void {
    const { place } = one.kept;
    if (signal.aborted || running.has(place)) return;
    if (running.size >= maxRunning) {
      if (waiting.size < maxWaiting) waiting.set(place, one);
      return;
    }
    const work = renew(one)
      .catch((error: unknown) => log.error({ err: error }, "a CRL could not be kept"))
      .finally(() => {
        running.delete(place);
        const [next] = waiting.values();
        if (next === undefined) return;
        waiting.delete(next.kept.place);
        renewSoon(next);
      });
    running.set(place, work);
  }

  async function placeOf(issuer: Certificate, urls: readonly string[], own: boolean): Promise<string> {
    const key = toBase64Url(await crypto.digest(issuer.spki));
    const name = JSON.stringify([key, issuer.subject.key, urls, own]);
    return toBase64Url(await crypto.digest(new TextEncoder().encode(name)));
  }

  /** What is at hand for one certificate of a path; null: it names no list that can be asked for. */
  async function readyFor(path: TrustedPath, index: number): Promise<Ready | null> {
    const [certificate, ...issuers] = path.certificates.slice(index);
    const [issuer] = issuers;
    const urls = certificate === undefined ? [] : urlsOf(certificate);
    if (issuer === undefined || urls.length === 0) return null;
    const { own, domain } = path;
    const place = await placeOf(issuer, urls, own);
    const ders = issuers.map(({ der }) => der);
    if (ders.reduce((sum, der) => sum + der.length, 0) > issuersBytes) return null;
    const now = clock.now();
    const none = { authorities: [], list: null, goodUntil: null, refreshAt: now, usedAt: now };
    const found =
      ready.get(place) ?? readyOf((await memory.find(place)) ?? { place, urls, issuers: ders, domain, own, ...none });
    return certificate === undefined || index === 0 ? found : watching(found, certificate);
  }

  async function settled(): Promise<void> {
    while (running.size + saving.size > 0) await Promise.all([...running.values(), ...saving]);
  }

  return {
    async lists(path) {
      const lists: CertificateList[] = [];
      for (const index of path.certificates.slice(0, -1).keys()) {
        const found = await readyFor(path, index);
        if (found === null) continue;
        const now = clock.now();
        const { kept, list } = aged(found, now);
        const one = { kept: now - kept.usedAt > 86_400 ? { ...kept, usedAt: now } : kept, list };
        if (one.kept !== found.kept || list !== found.list) ready.set(kept.place, one);
        if (isDue(kept, now)) renewSoon(one);
        if (list !== null) lists.push(list);
      }
      return lists;
    },
    generation: () => generation,
    async refresh() {
      const now = clock.now();
      for (const kept of await memory.due(now, now - unusedSeconds, roundLists)) {
        const known = ready.get(kept.place);
        if (known === undefined || isDue(known.kept, now))
          renewSoon(known === undefined ? readyOf(kept) : aged(known, now));
      }
    },
    settled,
    async stop() {
      stopping.abort();
      await settled();
    },
  };
}
