// For whoever watches the service: alive, ready, and the numbers.
import * as v from "valibot";
import { json, text } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { ApiDeps } from "./ports.ts";

const readySchema = v.object({
  ready: v.boolean(),
  checks: v.array(v.object({ name: v.string(), ok: v.boolean(), code: v.nullable(v.string()) })),
});

/** The endpoints. */
export function healthEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/healthz",
      summary: "The process answers",
      answers: { 200: { description: "It does", type: "text/plain" } },
      handle: () => text("ok\n", 200, 0),
    }),
    endpoint({
      method: "get",
      path: "/readyz",
      summary: "All that the bridge needs works",
      answers: {
        200: { description: "Ready", schema: readySchema },
        503: { description: "Not ready; the checks say what fails", schema: readySchema },
      },
      async handle() {
        const all = [{ name: "store", check: () => deps.store.ready() }, ...deps.readiness];
        const checks = await Promise.all(
          all.map(async ({ name, check }) => {
            const result = await check();
            return { name, ok: result.ok, code: result.ok ? null : result.code };
          }),
        );
        const ready = checks.every(({ ok }) => ok);
        return json({ ready, checks }, ready ? 200 : 503);
      },
    }),
    endpoint({
      method: "get",
      path: "/metrics",
      summary: "Numbers for Prometheus",
      access: "admin",
      answers: { 200: { description: "Prometheus' text format", type: "text/plain" } },
      async handle() {
        return text(await deps.metrics.text(), 200, 0, deps.metrics.contentType);
      },
    }),
  ];
}
