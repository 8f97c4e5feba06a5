// Holds an answer of the API against the OpenAPI document: its status is told there, and its body is what is told.
import * as v from "valibot";
import { expect } from "vitest";
import { allEndpoints } from "../../../bridge/api/app.ts";
import { answersOf } from "../../../bridge/api/openapi.ts";
import { rateLimit } from "../../../bridge/api/rate-limit.ts";
import type { Side } from "./side.ts";

/** Nothing is asked of what the document leaves out: pages, and what stands below the `_ipp` URL. */
export async function expectDocumented(side: Side, method: string, path: string, answer: Response): Promise<void> {
  const { pathname } = new URL(path, "http://x");
  const endpoint = allEndpoints(side.deps, rateLimit(side.clock)).find(
    (one) =>
      one.method === method.toLowerCase() &&
      new RegExp(`^${one.path.replaceAll(".", "[.]").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname),
  );
  if (endpoint === undefined) return;
  const told = answersOf(endpoint)[answer.status];
  expect(told, `${method} ${path}: ${answer.status}`).toBeDefined();
  const text = await answer.clone().text();
  const { schema, type = schema === undefined ? null : "application/json" } = told ?? { description: "" };
  expect(answer.headers.get("content-type")?.split(";")[0] ?? null).toBe(type);
  if (schema === undefined) return;
  const body: unknown = JSON.parse(text);
  // Members that no schema has are left out of what is read.
  expect(v.parse(schema, body)).toEqual(body);
}
