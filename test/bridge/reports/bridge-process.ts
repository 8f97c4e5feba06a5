// One side as a process of its own, for tests that kill it: node bridge-process.ts '{"domain", "db", "key", "port", "peers",
// "judges"}'. Prints its port once it listens. Clock, sockets, database and the loops are real; DNS is a plain map.
import { createPrivateKey, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { startHttp } from "../../../bridge/api/http.ts";
import { startInbox } from "../../../bridge/reports/inbox.ts";
import { startOutbox } from "../../../bridge/reports/outbox.ts";
import { openStore } from "../../../bridge/store/store.ts";
import type { HttpsAsk } from "../../../bridge/fetch/https.ts";
import { ok, temp } from "../../../shared/result.ts";
import { must } from "../../fakes/mail.ts";
import { hostOf, makeSide, type World } from "../api/side.ts";
import { silent } from "../store/fixtures.ts";

/** What the process is told. */
export interface ProcessSettings {
  readonly domain: string;
  readonly db: string;
  /** File of a private key, PEM. */
  readonly key: string;
  readonly port: number;
  /** Ports on loopback by domain. */
  readonly peers: Readonly<Record<string, number>>;
  /** Whether arrived reports are judged, or only stored. */
  readonly judges: boolean;
}

const settings = JSON.parse(process.argv[2] ?? "{}") as ProcessSettings;
const { domain, peers } = settings;
const store = must(await openStore(settings.db, silent));
const side = makeSide({
  domain,
  store,
  key: createPrivateKey(readFileSync(settings.key)),
  clock: { now: () => Math.floor(Date.now() / 1_000) },
  random: (bytes) => new Uint8Array(randomBytes(bytes)),
  settings: { undoSeconds: 0, delayMinSeconds: 0, delayMaxSeconds: 0 },
  retrySeconds: [1],
});
const listener = await startHttp({
  app: () => Promise.resolve(side.app),
  host: "127.0.0.1",
  port: settings.port,
  signal: new AbortController().signal,
});

/** https by name becomes http on loopback: TLS is not what is tested here. */
const ask: HttpsAsk = async ({ url, method, headers, body }) => {
  const { host, pathname, search } = new URL(url);
  const peer = Object.keys(peers).find((name) => hostOf(name) === host);
  if (peer === undefined) return temp("fetch/network", host);
  try {
    const answer = await fetch(`http://127.0.0.1:${peers[peer]}${pathname}${search}`, {
      method,
      headers: { ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const octets = new Uint8Array(await answer.arrayBuffer());
    return ok({ status: answer.status, headers: new Map(answer.headers), body: octets });
  } catch (error) {
    // The other side is dead just now.
    return temp("fetch/network", String(error));
  }
};

const world: World = { sides: Object.keys(peers).map((name) => ({ ...side, domain: name })), ask };
void startOutbox(side.outbox(world));
if (settings.judges) void startInbox({ ...side.inbox(world), retrySeconds: Array.from({ length: 60 }, () => 1) });
process.stdout.write(`${listener.port}\n`);
