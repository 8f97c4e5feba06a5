// Expected failure is a value. A bug throws; bad input, bad mail and a silent peer do not.

/** What went wrong, in a form the log, the wire and the reader's panel can each put in their own words. */
export interface Failure {
  readonly ok: false;
  /** `temp`: may succeed if tried again later (RFC 5321 section 4.2.1's 4yz); `perm`: will not. */
  readonly kind: "perm" | "temp";
  /** Stable, `area/what`: "authres/no-id", "ipp/two-signatures". Words are chosen from it, never from `detail`. */
  readonly code: string;
  /** For the log and the developer: which field, what was expected. Never shown unescaped, never parsed. */
  readonly detail: string;
}

export interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

export type Result<T> = Success<T> | Failure;

export function ok<T>(value: T): Success<T> {
  return { ok: true, value };
}

/** A permanent failure: the input itself is wrong. */
export function perm(code: string, detail: string): Failure {
  return { ok: false, kind: "perm", code, detail };
}

/** A temporary failure: the same call may succeed later. */
export function temp(code: string, detail: string): Failure {
  return { ok: false, kind: "temp", code, detail };
}
