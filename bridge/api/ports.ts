// What the HTTP API needs from the rest of the bridge; main.ts wires it from configuration, keys and store. What is a
// function is asked for every request, so that a reload counts at once.
import type { Crypto } from "../../shared/crypto/crypto.ts";
import type { PublishedKey } from "../../shared/hop/keys.ts";
import type { Policy } from "../../shared/policy/types.ts";
import type { Result } from "../../shared/result.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Clock, Eventually, Log, Randomness } from "../pipeline/ports.ts";
import type { ComposeDeps } from "../reports/compose.ts";
import type { Mailer } from "../reports/mailer.ts";
import type { Store } from "../store/store.ts";

/** Who this bridge is to the world. */
export interface Site {
  /** Origin as others see it, without a final slash: "https://ipp.example.org". */
  readonly publicUrl: string;
  /** `s` of its seals. */
  readonly sealDomain: string;
  /** Mail domains it answers for, A-labels in lower case. */
  readonly domains: readonly string[];
  /** Names it writes into Authentication-Results. */
  readonly authservIds: readonly string[];
  /** Base path of what `_ipp` points to, slashes at both ends: "/ipp/". The domain follows. */
  readonly publicationPath: string;
}

/** What is published of one's own addresses. */
export interface Publications {
  /**
   * PEM of the chains of an alias. Without a key id only what its owner lists; with one, that key's chain. null: nothing,
   * and nobody is told why.
   */
  chains(question: { readonly domain: string; readonly alias: string; readonly keyId: string | null }): string | null;
}

/** Who may read the postmaster's numbers. */
export interface AdminAccess {
  /** secretDigest of the token that the command line printed; null: no token opens them. */
  readonly tokenHash: string | null;
  /** Whether a client on loopback needs none. Never behind a proxy on the same host: everybody comes from there. */
  readonly loopback: boolean;
}

/** Static files served below a path. */
export interface Pages {
  /** With a final slash: "/admin/". */
  readonly path: string;
  /** Folder with an index.html. */
  readonly directory: string;
}

/** The demo's part: mails to show, and what the demo's senders counted. */
export interface DemoDesk {
  mails(): Eventually<
    readonly {
      readonly id: string;
      readonly from: string;
      readonly subject: string;
      readonly date: string;
      readonly title: string;
    }[]
  >;
  /** The mail as delivered. */
  mail(id: string): Eventually<Uint8Array | null>;
  senderCounts(): Eventually<unknown>;
  /** A pairing of the demo's own reader, so that his complaints travel. */
  session(): Eventually<{ readonly token: string; readonly address: string }>;
}

/** Something that must work for the bridge to be of use. */
export interface Readiness {
  readonly name: string;
  readonly check: () => Eventually<Result<void>>;
}

/** All that the API needs. */
export interface ApiDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly crypto: Crypto;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly mailer: Mailer;
  readonly compose: ComposeDeps;
  readonly site: () => Site;
  readonly publications: Publications;
  /** Keys ever published for a domain of ours, newest first. */
  readonly bridgeKeys: (domain: string) => readonly PublishedKey[];
  /** The server's own policies. */
  readonly policies: () => { readonly floor: Policy | null; readonly default: Policy };
  /** Told when a reader's policy changed, so that the pipeline's copy goes. */
  readonly policyChanged: (address: string) => void;
  readonly admin: () => AdminAccess;
  readonly pages: readonly Pages[];
  /** Addresses of reverse proxies whose X-Forwarded-For is believed, beside loopback. */
  readonly trustedProxies: readonly string[];
  readonly readiness: readonly Readiness[];
  readonly demo: DemoDesk | null;
}
