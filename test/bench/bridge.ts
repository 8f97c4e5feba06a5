// The bridge as the benchmarks run it, in a process of its own: the real milter, pipeline, trust sources and store, with
// every feature on. Only DNS and the sender's web server are maps, as their caches would be warm.
//   node test/bench/bridge.ts FOLDER     reads FOLDER/world.json, listens on FOLDER/waybill.sock, says "ready"
import { readFileSync } from "node:fs";
import { randomFillSync } from "node:crypto";
import { join } from "node:path";
import { generateKey } from "../../bridge/keys/key-file.ts";
import { nodeCrypto, nodeSigner } from "../../bridge/keys/node-crypto.ts";
import { serveMilter } from "../../bridge/milter/server.ts";
import { ClientFacts } from "../../bridge/pipeline/client-facts.ts";
import { createInbound } from "../../bridge/pipeline/inbound.ts";
import type { Log, PipelineDeps } from "../../bridge/pipeline/ports.ts";
import { openStore } from "../../bridge/store/store.ts";
import { declarationSources } from "../../bridge/trust/sources.ts";
import { bytesFromString } from "../../shared/encoding/bytes.ts";
import { parsePolicy } from "../../shared/policy/parse.ts";
import { ok } from "../../shared/result.ts";
import type { Certificate } from "../../shared/x509/certificate.ts";
import { must } from "../fakes/mail.ts";

const folder = process.argv[2] ?? "";
const { pem } = JSON.parse(readFileSync(join(folder, "world.json"), "utf8")) as { pem: string };
const body = bytesFromString(pem);

const log: Log = {
  info: () => undefined,
  warn: (facts, message) => void process.stderr.write(`${message} ${JSON.stringify(facts)}\n`),
  error: (facts, message) => void process.stderr.write(`${message} ${String(Object.values(facts)[0])}\n`),
};
const clock = { now: () => Math.floor(Date.now() / 1000) };
const store = must(await openStore(join(folder, "waybill.db"), log));
const crypto = nodeCrypto();
const noAnchors: readonly Certificate[] = [];
const declarations = declarationSources({
  crypto,
  resolver: {
    txt: async () =>
      ok({ records: ["v=IPP1; t=url; url=https://ipp.sender.test/"], dnssec: "secure", ttlSeconds: 3_600 }),
    addresses: async () => ok([]),
  },
  documents: { get: async () => ok({ body, stale: false }) },
  anchors: () => noAnchors,
  history: store.knownKeys,
  keeper: store.certificates,
  clock,
  now: () => Date.now(),
});
const policy = must(
  parsePolicy(
    JSON.stringify({
      v: "IPP1",
      id: "bench",
      default: "quarantine",
      undeclared: "accept",
      rules: [
        { id: "news", match: { p: ["newsletter", "marketing.*"] }, action: "tag" },
        {
          id: "bills",
          match: { p: ["transactional.*"], cls: ["individual"] },
          require: { trust: ["pkix", "domain", "site"], tls: "1.2" },
          action: "accept",
          else: "tag",
        },
      ],
    }),
  ),
);
const layers = { floor: policy, default: policy };
const seal = nodeSigner(generateKey("ed25519"));
if (seal === null) throw new Error("Ed25519 signs");
const counts = new Map<string, number>();
const random = (bytes: number): Uint8Array => randomFillSync(new Uint8Array(bytes));
const shared: PipelineDeps = {
  clock,
  random,
  crypto,
  log,
  counters: {
    count: (name, labels) => {
      const key = `${name} ${Object.values(labels).join(" ")}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
  },
};
const open = createInbound({
  ...shared,
  identity: { domain: "example.test", by: "mx.example.test", publishes: ["dane", "sts"] },
  ownAuthservIds: ["mx.example.test"],
  pass: "both",
  enforce: true,
  quarantine: "mark",
  commitmentSecret: random(32),
  clientHeaderSecret: null,
  declarations,
  policies: { effective: () => layers },
  memory: store.tokens,
  deferrals: store.deferrals,
  keys: store.knownKeys,
  signals: store.signals,
  sealKeys: { current: () => seal, published: () => [] },
});
const stop = new AbortController();
const server = await serveMilter(
  {
    endpoint: { path: join(folder, "waybill.sock"), mode: 0o666 },
    listener: "border",
    open,
    wants: { recipients: true, body: true },
    facts: new ClientFacts(clock),
    onFailure: "tempfail",
    log,
    counters: shared.counters,
  },
  stop.signal,
);
process.on("SIGTERM", () => stop.abort());
process.stdout.write("ready\n");
await server.stopped;
await store.close();
process.stdout.write(`${JSON.stringify(Object.fromEntries(counts))}\n`);
