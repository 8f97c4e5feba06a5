// Senders as their DNS and hosts have them, before a border and a reader's eyes: nothing of ours is left out but the sockets.
import { zoneResolver, type Zone } from "../../../bridge/dns/zone.ts";
import type { Resolver } from "../../../bridge/dns/resolver.ts";
import { mappedDocuments } from "../../../bridge/fetch/documents.ts";
import { createInbound, type InboundDeps } from "../../../bridge/pipeline/inbound.ts";
import { declarationSources, type KeyHistory } from "../../../bridge/trust/sources.ts";
import type { Message } from "../../../shared/header/field.ts";
import type { DnssecState } from "../../../shared/ipp/types.ts";
import { assess } from "../../../shared/verdict/assess.ts";
import { formatPem } from "../../../shared/x509/pem.ts";
import { must, rawMail, testCrypto } from "../../fakes/mail.ts";
import { type Desk, makeDesk, pass } from "./desk.ts";

type Name = Zone["names"][string];

/** What senders publish; may change while mails come. */
export interface Senders {
  /** By DNS name. */
  readonly names: Record<string, Name>;
  /** By URL. */
  readonly documents: Record<string, string>;
}

/** A TXT record set as DNS would answer it. */
export function txt(records: readonly string[], dnssec: DnssecState = "secure"): Name {
  return { txt: [...records], addresses: [], dnssec, ttl: 300, fail: undefined };
}

/** Certificates as `.pub` has them. */
export function pem(...chain: readonly Uint8Array[]): string {
  return chain.map((der) => formatPem(der)).join("");
}

/** A border that asks these senders, or another resolver; `history`: what is remembered of their keys. */
export function borderOf(
  { names, documents }: Senders,
  more: Partial<InboundDeps> & { readonly resolver?: Resolver; readonly history?: KeyHistory } = {},
): Desk {
  const { resolver = zoneResolver({ names, default_dnssec: "insecure", documents: null }), history, ...deps } = more;
  const time = { now: (): number => 0 };
  const declarations = declarationSources({
    crypto: testCrypto,
    resolver,
    documents: mappedDocuments(documents),
    anchors: () => [],
    revocations: { lists: async () => [], generation: () => 0 },
    history: history ?? null,
    keeper: null,
    clock: { now: () => time.now() },
    now: () => time.now() * 1_000,
  });
  const desk = makeDesk({}, {}, { declarations, ...deps });
  time.now = () => desk.now;
  return desk;
}

/** How it is delivered, and what its reader is told: "pass site: holds pass"; or the SMTP code of a mail that is not taken. */
export async function arrives(desk: Desk, mail: Message, options: Parameters<typeof pass>[2] = {}) {
  const { outcome, mail: delivered } = await pass(createInbound(desk.deps), mail, options);
  if (outcome.action !== "accept") return { words: String(outcome.reply?.code), sentence: null, delivered: null };
  const keys = await desk.deps.sealKeys.published();
  const { verdict, evidence } = must(
    await assess(rawMail(delivered), {
      crypto: testCrypto,
      now: desk.now,
      domains: ["example.net"],
      keys: async () => keys,
      certificates: async () => ({ chains: [], revokedFrom: null, withdrawnPaths: [] }),
      trustedAuthservIds: [],
      readerAddresses: [],
    }),
  );
  const signal = evidence.hops.verified[0]?.signal;
  const trust = signal?.trust ?? null;
  const sealed = `${signal?.declaration ?? "?"}${trust === null ? "" : ` ${trust}`}`;
  return { words: `${sealed}: ${verdict.level} ${verdict.reason}`, sentence: verdict.sentence, delivered };
}
