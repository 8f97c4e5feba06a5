// Authentication-Results, typed. RFC 8601 section 2.2.

export interface AuthenticationProperty {
  /** ptype: "smtp", "header", "body", "policy" … */
  readonly type: string;
  readonly name: string;
  readonly value: string;
}

export interface AuthenticationMethod {
  readonly method: string;
  readonly version: number | null;
  readonly result: string;
  readonly reason: string | null;
  readonly properties: readonly AuthenticationProperty[];
}

export interface AuthenticationResults {
  readonly authservId: string;
  readonly version: number | null;
  readonly results: readonly AuthenticationMethod[];
}
