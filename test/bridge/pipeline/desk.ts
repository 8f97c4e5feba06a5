// A pipeline on a test's desk: ports over plain maps, a mail put through, and the header as the MTA would leave it.
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import type { HopFindings } from "../../../shared/hop/types.ts";
import { verifyHops } from "../../../shared/hop/verify.ts";
import type { Declaration } from "../../../shared/ipp/types.ts";
import type { Policy, PolicyLayers } from "../../../shared/policy/types.ts";
import { createInbound, type InboundDeps } from "../../../bridge/pipeline/inbound.ts";
import type { Client, HeaderEdit, OpenPassage, Outcome, Reply } from "../../../bridge/pipeline/mail.ts";
import type { PipelineDeps, SignalRow, TokenSighting } from "../../../bridge/pipeline/ports.ts";
import {
  bodyHashOf,
  type DirectoryEntries,
  makeBridgeKey,
  makeDirectory,
  must,
  testCrypto,
  testTime,
} from "../../fakes/mail.ts";

/** The client of all tests that do not say otherwise. */
export const client: Client = {
  listener: "border",
  address: "192.0.2.1",
  port: 40_000,
  rdns: "mail.example.org",
  helo: "mail.example.org",
  tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256 },
  certificate: { state: "verified", fingerprint: "F".repeat(43), keyFingerprint: "K".repeat(43) },
  login: null,
  protocol: "ESMTPS",
};

/** A policy that accepts everything. */
export const accepting: Policy = { id: "p", maxAgeSeconds: 60, default: "accept", undeclared: "accept", rules: [] };

/** What a pipeline told its ports. */
export interface Desk {
  readonly deps: InboundDeps;
  readonly rows: SignalRow[];
  readonly sightings: TokenSighting[];
  readonly keys: object[];
  readonly counted: string[];
  readonly logged: { level: string; facts: object; message: string }[];
  /** Unix seconds, to be set. */
  now: number;
}

const bridgeKey = makeBridgeKey();

/** Shared deps with a clock that can be set and counters that can be read. */
export function makePipelineDeps(desk: Pick<Desk, "counted" | "logged" | "now">): PipelineDeps {
  let calls = 0;
  const log =
    (level: string) =>
    (facts: object, message: string): void =>
      void desk.logged.push({ level, facts, message });
  return {
    clock: { now: () => desk.now },
    random: (bytes) => new Uint8Array(bytes).fill((calls += 1)),
    crypto: testCrypto,
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    counters: { count: (name, labels) => void desk.counted.push([name, ...Object.values(labels)].join(" ")) },
  };
}

/** Ports in memory. `entries`: what senders publish; `policies`: layers by recipient, otherwise everything is accepted. */
export function makeDesk(
  entries: DirectoryEntries,
  policies: Readonly<Record<string, PolicyLayers>> = {},
  more: Partial<InboundDeps> = {},
): Desk {
  const state = { rows: [], sightings: [], keys: [], counted: [], logged: [], now: testTime } satisfies Omit<
    Desk,
    "deps"
  >;
  const desk: Omit<Desk, "deps"> = state;
  const everybody = { default: accepting };
  const deferred = new Map<string, number>();
  const deps: InboundDeps = {
    ...makePipelineDeps(desk),
    identity: { domain: "example.net", by: "mx1.example.net", publishes: ["dane"] },
    ownAuthservIds: ["mx1.example.net", "filter.example.net"],
    pass: "both",
    enforce: () => true,
    quarantine: () => "mark",
    commitmentSecret: new Uint8Array(32).fill(3),
    clientHeaderSecret: null,
    declarations: makeDirectory(entries),
    policies: { effective: (recipient) => policies[recipient] ?? everybody },
    memory: {
      sighted: (sighting) => {
        desk.sightings.push(sighting);
        return "first";
      },
    },
    deferrals: {
      firstSeen: (identity, now) => {
        const since = deferred.get(identity) ?? now;
        deferred.set(identity, since);
        return since;
      },
    },
    keys: { sighted: (sighting) => void desk.keys.push(sighting) },
    signals: { record: (row) => void desk.rows.push(row) },
    sealKeys: { current: () => bridgeKey.signer, published: () => [bridgeKey.key] },
    ...more,
  };
  return Object.assign(desk, { deps });
}

/** What became of a mail. */
export interface Passed {
  readonly outcome: Outcome;
  /** Answers to the recipients, in order. */
  readonly replies: readonly (Reply | null)[];
  /** The mail as the MTA leaves it. */
  readonly mail: Message;
}

/** The header after the edits, as Postfix makes them: deletions by instance as they come, insertions by index. */
export function applyEdits(fields: readonly HeaderField[], edits: readonly HeaderEdit[]): HeaderField[] {
  const left = [...fields];
  for (const edit of edits) {
    if (edit.kind === "insert") {
      left.splice(edit.index, 0, { name: edit.name, value: edit.value });
      continue;
    }
    const same = (field: HeaderField): boolean => field.name.trimEnd().toLowerCase() === edit.name.toLowerCase();
    const target = left.filter(same)[edit.instance - 1];
    if (target === undefined) throw new Error(`no instance ${edit.instance} of ${edit.name}`);
    const changed = edit.kind === "change" ? [{ name: target.name, value: edit.value }] : [];
    left.splice(left.indexOf(target), 1, ...changed);
  }
  return left;
}

/** Puts one mail through. */
export async function pass(
  open: OpenPassage,
  mail: Message,
  options: { readonly client?: Partial<Client>; readonly from?: string; readonly to?: readonly string[] } = {},
): Promise<Passed> {
  const passage = open({ ...client, ...options.client }, options.from ?? "alice@example.org");
  const replies: (Reply | null)[] = [];
  for (const address of options.to ?? ["bob@example.net"]) replies.push(await passage.recipient(address));
  for (const { name, value } of mail.fields) passage.field(name, value);
  // As MTAs do: a mail without a body has no piece of one.
  if (mail.body.length > 0) passage.body(mail.body);
  const outcome = await passage.end("4QX1");
  return {
    outcome,
    replies,
    mail: { fields: applyEdits(mail.fields, outcome.edits), body: outcome.body ?? mail.body },
  };
}

/** Puts one mail through a desk's inbound pipeline. */
export async function receive(desk: Desk, mail: Message, options: Parameters<typeof pass>[2] = {}): Promise<Passed> {
  return await pass(createInbound(desk.deps), mail, options);
}

/** What a reader of example.net finds of hops in the mail. */
export async function hopsOf(mail: Message): Promise<HopFindings> {
  const question = { fields: mail.fields, domains: ["example.net"], keys: () => [bridgeKey.key], crypto: testCrypto };
  return must(await verifyHops({ ...question, body: { hash: bodyHashOf(mail) } }));
}

/** Values of all fields of one name. */
export function valuesOf(mail: Message, name: string): string[] {
  return mail.fields
    .filter((field) => field.name.toLowerCase() === name.toLowerCase())
    .map(({ value }) => value.trim());
}

/** A declaration of another purpose. */
export function declared(purpose: string): Declaration {
  return { purpose, classification: null, consent: null };
}
