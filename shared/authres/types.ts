// Authentication-Results, typed. RFC 8601 section 2.2.

/** What of the message was looked at, and what it was: `header.d=example.org`. */
export interface AuthenticationProperty {
  /** ptype: "smtp", "header", "body", "policy" …, lower case. */
  readonly type: string;
  /** Lower case. */
  readonly name: string;
  /** As written, quotes undone. Comes from the mail: hostile until shown as text. */
  readonly value: string;
}

/** One method's result. */
export interface AuthenticationMethod {
  /** Lower case. */
  readonly method: string;
  /** 1 where none is written. */
  readonly version: number;
  /** Lower case. */
  readonly result: string;
  readonly reason: string | null;
  readonly properties: readonly AuthenticationProperty[];
}

/** One Authentication-Results field. */
export interface AuthenticationResults {
  /** As written. Who says it; worth nothing unless that is one's own server and others' fields of its name are removed. */
  readonly authservId: string;
  /** 1 where none is written. */
  readonly version: number;
  /** Empty: "none", nothing was checked. */
  readonly results: readonly AuthenticationMethod[];
}
