// One HTTP endpoint: its path, what it takes and answers as schemas, and what it does. The application is made from a list
// of these, and so is the OpenAPI document: neither can say what the other does not.
import type { Context } from "hono";
import type * as v from "valibot";
import type { RateName } from "./rate-limit.ts";

/** Who may call. "optional": a bearer counts if there is one, a wrong one is refused. */
export type Access = "open" | "optional" | "bearer" | "admin";

/** One answer, for the document. */
export interface Answer {
  readonly description: string;
  /** JSON by default. */
  readonly schema?: v.GenericSchema;
  readonly type?: string;
}

/** What a handler is given. */
export interface Call<Body> {
  readonly c: Context;
  readonly body: Body;
  /** Address of the paired mailbox. */
  readonly reader: string | null;
  /** The client's network, for limits of one's own. */
  readonly network: string;
  /** A parameter of the path. */
  readonly path: (name: string) => string;
}

/** An endpoint. */
export interface Endpoint {
  readonly method: "get" | "post" | "put" | "delete";
  /** Parameters in braces: "/api/v1/signals/{ref}". */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly rate: RateName;
  readonly query: Readonly<Record<string, string>>;
  readonly body: v.GenericSchema | null;
  /** Largest body, octets. */
  readonly maxBytes: number;
  readonly answers: Readonly<Record<number, Answer>>;
  handle(call: Call<unknown>): Promise<Response> | Response;
}

/** Octets of an ordinary body. */
const usualBytes = 4_096;

/** An endpoint whose handler sees its body typed by the schema. */
export function endpoint<Schema extends v.GenericSchema>(parts: {
  readonly method: Endpoint["method"];
  readonly path: string;
  readonly summary: string;
  readonly access?: Access;
  readonly rate?: RateName;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Schema;
  readonly maxBytes?: number;
  readonly answers: Endpoint["answers"];
  readonly handle: (call: Call<v.InferOutput<Schema>>) => Promise<Response> | Response;
}): Endpoint {
  return {
    method: parts.method,
    path: parts.path,
    summary: parts.summary,
    access: parts.access ?? "open",
    rate: parts.rate ?? "read",
    query: parts.query ?? {},
    body: parts.body ?? null,
    maxBytes: parts.maxBytes ?? usualBytes,
    answers: parts.answers,
    handle: (call) => parts.handle(call),
  };
}
