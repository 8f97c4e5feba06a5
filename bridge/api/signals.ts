// GET /api/v1/signals/{ref}: what was kept of a received mail, for whoever has the mail and so its `ref`.
import * as v from "valibot";
import { errorSchema, json, refuse } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { ApiDeps } from "./ports.ts";

const answerSchema = v.object({
  ref: v.string(),
  at: v.pipe(v.number(), v.integer(), v.description("Unix seconds")),
  signal: v.pipe(v.looseObject({}), v.description("HopSignal, as sealed (shared/hop/types.ts)")),
  finding: v.pipe(v.looseObject({}), v.description("DeclarationFinding (shared/ipp/types.ts)")),
});

const refForm = /^[A-Za-z0-9_-]{1,64}$/;

/** The endpoint. */
export function signalEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/api/v1/signals/{ref}",
      summary: "What was kept of a received mail",
      answers: {
        200: { description: "The signal and the finding behind it", schema: answerSchema },
        404: { description: "Unknown, or no longer kept", schema: errorSchema },
      },
      async handle({ path }) {
        const ref = path("ref");
        const found = refForm.test(ref) ? await deps.store.signals.find(ref) : null;
        if (found === null) return refuse(404, "signals/unknown", "unknown, or no longer kept");
        const { at, signal, finding } = found;
        return json({ ref, at, signal, finding });
      },
    }),
  ];
}
