// Puts one bridge together from its parts, for `serve` and for the demo: store, trust, pipelines, API, reports. Nothing
// listens here; who calls gives the pipelines and the application their sockets.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Hono } from "hono";
import type { Crypto } from "../../shared/crypto/crypto.ts";
import type { DeclarationSources } from "../../shared/ipp/sources.ts";
import { ok, type Result } from "../../shared/result.ts";
import type { AdminAccess, ApiDeps, DemoDesk, Pages, Site } from "../api/ports.ts";
import { opensOnLoopback, sealDomain, type Config } from "../config.ts";
import type { Resolver } from "../dns/resolver.ts";
import { formatEndpoint } from "../endpoint/endpoint.ts";
import { requestBudget, type Budget } from "../fetch/budget.ts";
import type { Documents } from "../fetch/documents.ts";
import type { HttpsAsk } from "../fetch/https.ts";
import { answeringOwn } from "../fetch/own.ts";
import { signingGrants } from "../keys/grants.ts";
import { signerAt } from "../keys/seal-keys.ts";
import type { SignatureWork } from "../keys/signature-work.ts";
import { createMetrics, type Metrics } from "../metrics/metrics.ts";
import { timed } from "../metrics/timed-passage.ts";
import { createInbound, type InboundDeps } from "../pipeline/inbound.ts";
import type { OpenPassage } from "../pipeline/mail.ts";
import { createOutbound } from "../pipeline/outbound.ts";
import type { Clock, Log, PipelineDeps } from "../pipeline/ports.ts";
import { createRandomness } from "../pipeline/randomness.ts";
import { createStrip } from "../pipeline/strip-pass.ts";
import { createMailer, type Mailer } from "../reports/mailer.ts";
import type { ComposeDeps } from "../reports/compose.ts";
import { countSightings } from "../reports/daily.ts";
import { readerAddresses } from "../reports/reader-addresses.ts";
import { layeredPolicies, type LayeredPolicies } from "../store/policies.ts";
import { openStore, type Store } from "../store/store.ts";
import { mailboxesBy } from "../store/subaddress.ts";
import { type Revocations, unusedSeconds } from "../trust/revocation.ts";
import { declarationSources } from "../trust/sources.ts";
import { openLive, publishedChains, type FixedConfig, type Live } from "./live.ts";
import { askOf, documentsOf, monotonic, reachOf, resolverOf, revocationsOf } from "./outside.ts";
import type { Setup } from "./setup.ts";

/** What a bridge is made of; all but the setup may be replaced (the demo does). */
export interface Ingredients {
  readonly setup: Setup;
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes the seals, where not each is made at once. */
  readonly signatures?: SignatureWork;
  readonly resolver?: Resolver;
  readonly mailer?: Mailer;
  readonly pages: readonly Pages[];
  readonly demo: DemoDesk | null;
  readonly adminTokenHash: () => string | null;
}

/** A bridge without sockets. */
export interface Bridge {
  readonly crypto: Crypto;
  readonly live: Live;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly policies: LayeredPolicies;
  readonly declarations: DeclarationSources;
  readonly revocations: Revocations;
  readonly documents: Documents;
  readonly ask: HttpsAsk;
  /** Of requests that mail from outside causes. */
  readonly budget: Budget;
  readonly mailer: Mailer;
  readonly compose: ComposeDeps;
  /** Loaded when it is first asked for: 11 MB that a bridge without readers never needs. */
  readonly app: () => Promise<Hono>;
  /** The pipeline of a milter listener. */
  readonly passage: (milter: Pick<Config["milter"][number], "kind" | "pass">) => OpenPassage;
}

/** Random octets of the operating system's quality. */
export function random(bytes: number): Uint8Array {
  return new Uint8Array(randomBytes(bytes));
}

/** The bridge's own From. */
export function ownAddress(config: FixedConfig): string {
  return config.mail.from === "" ? `postmaster@${sealDomain(config)}` : config.mail.from;
}

function siteOf({ config, tls }: Setup): Site {
  const { http } = config;
  return {
    publicUrl: http.url ?? `${tls === null ? "http" : "https"}://${formatEndpoint(http.listen)}`,
    sealDomain: sealDomain(config),
    domains: config.domains,
    authservIds: [config.hostname],
    publicationPath: http.path,
  };
}

function pipelines(
  parts: Ingredients,
  bridge: { live: Live; store: Store; metrics: Metrics; policies: LayeredPolicies; declarations: DeclarationSources },
): Bridge["passage"] {
  const { live, store, metrics, policies, declarations } = bridge;
  const { clock, crypto, log } = parts;
  const config: FixedConfig = parts.setup.config;
  const now = (): Config => live.current().setup.config;
  const common: PipelineDeps = { clock, random: createRandomness(), crypto, log, counters: metrics };
  const discover: DeclarationSources["discover"] = (domain) => declarations.discover(domain);
  const sightings = countSightings({ sightings: store.sightings, discover, log });
  const inbound = (pass: "both" | "seal"): InboundDeps => ({
    ...common,
    identity: { domain: sealDomain(config), by: config.hostname, publishes: config.seal.publishes },
    ownAuthservIds: [config.hostname, ...config.seal.authserv_ids],
    pass,
    enforce: () => !now().report_only,
    quarantine: () => now().quarantine,
    commitmentSecret: live.current().secrets.recipients,
    clientHeaderSecret: config.policy_service.handover === "header" ? live.current().secrets.handover : null,
    declarations,
    policies,
    memory: store.tokens,
    deferrals: store.deferrals,
    keys: store.knownKeys,
    signals: store.signals,
    sightings,
    sealKeys: {
      current: () => signerAt(live.current().sealKeys, clock.now()),
      published: () => [...live.current().sealKeys.published, ...live.current().otherKeys],
    },
  });
  const users = signingGrants({
    rules: () => live.current().setup.grants,
    keys: () => live.current().keys,
    secrets: () => live.current().secrets,
    now: () => clock.now(),
  });
  const made: Bridge["passage"] = ({ kind, pass }) => {
    if (kind === "submission") {
      return createOutbound({ ...common, users, lifetimeSeconds: () => now().signing.days * 86_400 });
    }
    const { identity, sealKeys, ownAuthservIds, clientHeaderSecret } = inbound("both");
    if (pass === "strip") {
      return createStrip({ ...common, domain: identity.domain, sealKeys, ownAuthservIds, clientHeaderSecret });
    }
    return createInbound(inbound(pass === "seal" ? "seal" : "both"));
  };
  return (milter) => timed(made(milter), milter.kind, metrics);
}

function apiDeps(
  parts: Ingredients,
  bridge: Pick<Bridge, "live" | "store" | "metrics" | "policies" | "mailer" | "compose">,
): ApiDeps {
  const { live, policies } = bridge;
  const { clock, crypto, log, pages, demo } = parts;
  const { setup } = parts;
  const { http } = setup.config;
  const admin = (): AdminAccess => ({ tokenHash: parts.adminTokenHash(), loopback: opensOnLoopback(setup.config) });
  return {
    ...bridge,
    clock,
    crypto,
    log,
    random,
    site: () => siteOf(live.current().setup),
    publications: { chains: (question) => publishedChains(live.current(), question, clock.now()) },
    bridgeKeys: (domain) => {
      const { sealKeys, setup } = live.current();
      return domain === sealKeys.domain || setup.config.domains.includes(domain) ? sealKeys.published : [];
    },
    policies: () => policies.server(),
    policyChanged: (address) => policies.forget(address),
    admin,
    pages,
    trustedProxies: http.trusted_proxies,
    readiness: [],
    demo,
  };
}

/** Opens store and keys and puts the bridge together. Failures: the store's, the keys'. */
export async function assembleBridge(parts: Ingredients): Promise<Result<Bridge>> {
  const { setup, crypto, clock, log } = parts;
  const config: FixedConfig = setup.config;
  const live = await openLive(setup, parts);
  if (!live.ok) return live;
  const mailboxOf = mailboxesBy(() => live.value.current().setup.config.recipient_delimiter);
  const opened = await openStore(join(config.state, "waybill.db"), log, mailboxOf);
  if (!opened.ok) return opened;
  const store = opened.value;
  const resolver = parts.resolver ?? resolverOf(config);
  const budget = requestBudget(monotonic);
  const ask = answeringOwn(askOf(resolver, reachOf(config), setup.extraCa, budget), {
    base: config.http.url === undefined ? null : `${config.http.url}${config.http.path}`,
    answer: async (request) => (await app()).fetch(request),
  });
  const documents = documentsOf(ask, budget);
  const metrics = createMetrics({ process: parts.demo === null });
  metrics.gauge("reports_waiting", "Reports to senders that wait to be sent", async () => {
    return (await store.reports.state()).queued;
  });
  metrics.gauge("store_failing", "1 while the database cannot be written: mail is put off", () =>
    store.ready().ok ? 0 : 1,
  );
  metrics.gauge("crls_overdue", "CRLs of trusted CAs that are missing: mail under them reads not proven", () =>
    store.revocationLists.countOverdue(clock.now(), clock.now() - unusedSeconds),
  );
  const policies = layeredPolicies(store.readerPolicies, { floor: setup.floor, default: setup.policy }, mailboxOf, log);
  const revocations = revocationsOf({
    crypto,
    ask,
    memory: store.revocationLists,
    kept: store.certificates,
    clock,
    log,
  });
  const declarations = declarationSources({
    crypto,
    resolver,
    documents,
    anchors: () => live.value.current().setup.anchors,
    revocations,
    history: store.knownKeys,
    keeper: store.certificates,
    clock,
    now: monotonic,
  });
  const { host, port } = config.mail.smtp;
  const mailer = parts.mailer ?? createMailer({ host, port, from: ownAddress(config) });
  const compose: ComposeDeps = {
    crypto,
    random,
    blindKey: live.value.current().secrets.reports,
    settings: () => {
      const { reports } = live.value.current().setup.config;
      const { undo_seconds: undoSeconds, delay_min_seconds: delayMinSeconds } = reports;
      return { undoSeconds, delayMinSeconds, delayMaxSeconds: reports.delay_max_seconds };
    },
    feedbackAddress: (domain) => live.value.current().setup.config.reports.feedback[domain] ?? null,
    addresses: readerAddresses(() => live.value.current().setup.grants.users),
    mailboxOf,
  };
  const made = {
    crypto,
    live: live.value,
    store,
    metrics,
    policies,
    declarations,
    revocations,
    documents,
    ask,
    budget,
    mailer,
    compose,
  };
  let loaded: Promise<Hono> | null = null;
  const app = (): Promise<Hono> => {
    loaded ??= import("../api/app.ts")
      .then(({ createApi }) => createApi(apiDeps(parts, made)))
      .catch((error: unknown) => {
        // Whoever replaces this version's files, or its pages, while it runs: pages are read again, code is not.
        log.error({ err: error }, "the API cannot be loaded: start the bridge anew");
        loaded = null;
        throw error;
      });
    return loaded;
  };
  return ok({ ...made, app, passage: pipelines(parts, made) });
}
