// Where fetched CRLs outlive the process (bridge/store implements it), and the same in plain memory for commands and tests.
import type { Eventually } from "../pipeline/ports.ts";

/** A CA of whose certificate a CRL speaks, and which stood on the way of kept mail. */
export interface ListedAuthority {
  /** DER. */
  readonly der: Uint8Array;
  /** Unix seconds: from when on it is noted to be worth nothing; null: it is not revoked. */
  readonly revokedFrom: number | null;
}

/** One CRL: where it is, who may sign it, and the last one that was good. */
export interface KeptList {
  /** Digest of the issuer, of its URLs, and of `own`. */
  readonly place: string;
  readonly urls: readonly string[];
  /** The trusted path above the certificate that named it, DER, its issuer first. */
  readonly issuers: readonly Uint8Array[];
  /** Should one of them be revoked, the mail below it is to be told. */
  readonly authorities: readonly ListedAuthority[];
  /** Mail domain because of which it was first asked for: its budget pays. */
  readonly domain: string;
  /** The CA is one that its domain's DNS names, which strangers can have too, not one of the trust store. */
  readonly own: boolean;
  /** DER; null: none was had yet. */
  readonly list: Uint8Array | null;
  /**
   * Unix seconds: until when it says that anybody is good, sooner than its nextUpdate where it was neglected; null: there
   * is none, or an older version kept it.
   */
  readonly goodUntil: number | null;
  /** Unix seconds: when it is asked for again. */
  readonly refreshAt: number;
  /** Unix seconds: the last mail that needed it, to a day. */
  readonly usedAt: number;
}

/** How often a list is asked for, s: CAs publish daily or after a revocation. Sooner where it runs out before. */
export const refreshSeconds = 4 * 3_600;

/** Whether it is to be asked for. What is due later than is ever waited was written by a clock that was ahead. */
export function isDue({ refreshAt }: KeptList, now: number): boolean {
  return refreshAt <= now || refreshAt > now + refreshSeconds;
}

/** The table of CRLs. */
export interface ListMemory {
  find(place: string): Eventually<KeptList | null>;
  keep(kept: KeptList): Eventually<void>;
  /** Up to `limit` that are to be asked for again at `now` (isDue) and were needed since `usedSince`. */
  due(now: number, usedSince: number, limit: number): Eventually<readonly KeptList[]>;
}

/** CRLs that are forgotten with the process. */
export function listMemory(): ListMemory {
  const kept = new Map<string, KeptList>();
  return {
    find: (place) => kept.get(place) ?? null,
    keep: (one) => void kept.set(one.place, one),
    due: (now, usedSince, limit) =>
      [...kept.values()].filter((one) => isDue(one, now) && one.usedAt >= usedSince).slice(0, limit),
  };
}
