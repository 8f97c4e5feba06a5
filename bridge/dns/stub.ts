// The resolver the bridge runs on: a stub that asks one validating resolver (unbound, knot-resolver, systemd-resolved)
// and keeps its answers for as long as they say. RFC 1034 section 5.3.1; failures are kept too (RFC 9520).
// Only a loopback resolver's AD bit is believed: from anywhere else it could have been set on the way
// (RFC 6840 section 5.8, RFC 4035 section 4.9.3).
import { LRUCache } from "lru-cache";
import type { DnssecState } from "../../shared/ipp/types.ts";
import { ok, perm, temp, type Result } from "../../shared/result.ts";
import { readAnswer, type Records } from "./answer.ts";
import { exchange, type DnsServer, type Question, type QuestionType } from "./exchange.ts";
import type { Resolver, TxtAnswer } from "./resolver.ts";
import { questionRoom } from "./room.ts";

export interface StubOptions {
  readonly server: DnsServer;
  /** For one question, all tries and TCP included. */
  readonly timeoutMs: number;
  /** Milliseconds, never going back. */
  readonly now: () => number;
}

/** Octets of all kept answers: strangers choose them, and one may have 64 kB. A record of ours costs some 400. */
const cacheBytes = 8_388_608;
/** What an entry costs beside its data. */
const entryBytes = 200;
/** RFC 9520 section 3.2: failures are kept at least a second, at most five minutes. */
const failureMs = 5_000;

/** RFC 1035 section 2.3.4, in the alphabet that A-labels, `_ipp` and host names use. */
const dnsName =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

interface Kept {
  readonly result: Result<Records>;
  readonly until: number;
  /** The name had a record once, now or before. */
  readonly known: boolean;
}

/** Whether the address is this machine's own: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address) || address === "::1";
}

function sizeOf({ result }: Kept, key: string): number {
  const data = result.ok ? result.value.data : [];
  return data.reduce((octets, text) => octets + text.length, entryBytes + key.length);
}

/** A caching stub resolver. Temporary failures: dns/timeout, unreachable, malformed, servfail, bogus, refused, busy. */
export function stubResolver(options: StubOptions): Resolver {
  const { server, timeoutMs, now } = options;
  const believed = isLoopback(server.address);
  const cache = new LRUCache<string, Kept>({ maxSize: cacheBytes, sizeCalculation: sizeOf });
  const inFlight = new Map<string, Promise<Kept>>();
  const room = questionRoom();

  async function ask(question: Question, wasKnown: boolean): Promise<Kept> {
    const answer = await exchange(server, question, timeoutMs);
    const result = answer.ok ? readAnswer(answer.value, question) : answer;
    const known = wasKnown || (result.ok && result.value.data.length > 0);
    return { result, until: now() + (result.ok ? result.value.ttlSeconds * 1000 : failureMs), known };
  }

  async function lookUp(name: string, type: QuestionType): Promise<Kept> {
    const question: Question = { name: name.toLowerCase().replace(/\.$/, ""), type };
    if (!dnsName.test(question.name)) {
      return { result: perm("dns/name", `"${name.slice(0, 300)}" is not a DNS name`), until: now(), known: false };
    }
    const key = `${type} ${question.name}`;
    const kept = cache.get(key);
    if (kept !== undefined && kept.until > now()) return kept;
    const running = inFlight.get(key);
    if (running !== undefined) return running;
    const known = kept?.known ?? false;
    const leave = room.enter(question.name, known);
    // A flood of made-up names, or a zone that is slow: told to come again.
    if (leave === null) return { result: temp("dns/busy", "too many questions under way"), until: now(), known };
    const asking = ask(question, known).finally(() => {
      inFlight.delete(key);
      leave();
    });
    inFlight.set(key, asking);
    const fresh = await asking;
    cache.set(key, fresh);
    return fresh;
  }

  async function txt(name: string): Promise<Result<TxtAnswer>> {
    const { result, until } = await lookUp(name, "TXT");
    if (!result.ok) return result;
    const secure: DnssecState = result.value.authentic ? "secure" : "insecure";
    return ok({
      records: result.value.data,
      dnssec: believed ? secure : "unknown",
      ttlSeconds: Math.max(0, Math.ceil((until - now()) / 1000)),
    });
  }

  async function addresses(host: string): Promise<Result<readonly string[]>> {
    const answers = await Promise.all([lookUp(host, "AAAA"), lookUp(host, "A")]);
    const found = answers.flatMap(({ result }) => (result.ok ? result.value.data : []));
    const failed = answers.map(({ result }) => result).find((result) => !result.ok);
    // One family's failure does not hide the other's addresses, but must not read as "no address".
    return found.length === 0 && failed !== undefined && !failed.ok ? failed : ok(found);
  }

  return { txt, addresses };
}
