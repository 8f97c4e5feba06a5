// The demo's two bridges, the reader's and the senders', each assembled as `serve` does, and listening over https on loopback
// as others would reach them.
import { addressDomain } from "../../shared/header/address.ts";
import { ok, type Result } from "../../shared/result.ts";
import type { DemoDesk, Pages } from "../api/ports.ts";
import { startHttp } from "../api/http.ts";
import { assembleBridge, type Bridge } from "../cli/assemble.ts";
import { carryThrough } from "../cli/carry.ts";
import { runLoops } from "../cli/loops.ts";
import { keysFolder, type Setup } from "../cli/setup.ts";
import { zoneResolver, type Zone } from "../dns/zone.ts";
import { writeDeclarationKey, type DeclarationKey } from "../keys/declaration-keys.ts";
import { domainAuthority, newDeclarationKey } from "../keys/new-declaration-key.ts";
import { nodeCrypto } from "../keys/node-crypto.ts";
import type { Clock, Log } from "../pipeline/ports.ts";
import { vouch, type TlsIdentity } from "./world.ts";

/** A bridge that runs. */
export interface Side {
  readonly bridge: Bridge;
  readonly keysFolder: string;
  /** Settles when everything has stopped after the signal, the store closed. */
  readonly stopped: Promise<void>;
}

export interface SideOptions {
  readonly setup: Setup;
  readonly zone: Zone;
  readonly clock: Clock;
  readonly log: Log;
  readonly https: { readonly port: number; readonly identity: TlsIdentity };
  /** The reading room's plain listener; null for the senders' side. */
  readonly http: number | null;
  readonly pages: readonly Pages[];
  readonly demo: DemoDesk | null;
  readonly signal: AbortSignal;
}

/** Starts one side. */
export async function startSide(options: SideOptions): Promise<Result<Side>> {
  const { setup, zone, clock, log, https, http, pages, demo, signal } = options;
  const crypto = nodeCrypto();
  const resolver = zoneResolver(zone);
  const assembled = await assembleBridge({
    setup,
    crypto,
    clock,
    log,
    resolver,
    pages,
    demo,
    adminTokenHash: () => null,
  });
  if (!assembled.ok) return assembled;
  const bridge = assembled.value;
  const host = "127.0.0.1";
  const tls = { key: https.identity.key, cert: https.identity.certificate };
  const listeners = [await startHttp({ app: bridge.app, host, port: https.port, tls, signal })];
  if (http !== null) listeners.push(await startHttp({ app: bridge.app, host, port: http, signal }));
  const loops = runLoops(bridge, { crypto, clock, log, signal });
  const stopped = Promise.all([loops, ...listeners.map(({ closed }) => closed)]).then(() => bridge.store.close());
  return ok({ bridge, keysFolder: keysFolder(setup.config), stopped });
}

/** Gives an address a certificate of its domain's CA; the first of a domain puts the CA into DNS. */
export async function certify(side: Side, zone: Zone, address: string, now: number): Promise<Result<DeclarationKey>> {
  const domain = addressDomain(address);
  const authority = await domainAuthority(side.keysFolder, domain, now);
  if (!authority.ok) return authority;
  if (authority.value.isNew) vouch(zone, domain, authority.value.digest);
  const { issuer } = authority.value;
  const key = await newDeclarationKey({ address, kind: "p256", days: 90, issuer, now, listed: false });
  if (key.ok) writeDeclarationKey(side.keysFolder, key.value);
  const read = await side.bridge.live.refresh();
  return read.ok ? key : read;
}

/** Signs a mail as its author's submission would be: by the outbound pipeline, from the wish in its header. */
export async function submit(side: Side, author: string, raw: Uint8Array): Promise<Result<Uint8Array>> {
  const client = {
    listener: "submission",
    address: "127.0.0.1",
    port: 1,
    rdns: null,
    helo: "laptop",
    tls: null,
    certificate: null,
    login: author,
    protocol: "ESMTPSA",
  } as const;
  const open = side.bridge.passage({ kind: "submission", pass: "single" });
  const carried = await carryThrough(open, { client, from: author, recipients: [], raw, queueId: "DEMO" });
  return carried.ok ? ok(carried.value.raw) : carried;
}
