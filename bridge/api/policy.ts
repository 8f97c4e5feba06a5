// The reader's own policy: read and written by his paired add-on (protocol section 5).
import * as v from "valibot";
import { limits } from "../../shared/limits.ts";
import { formatPolicy } from "../../shared/policy/format.ts";
import { parsePolicy } from "../../shared/policy/parse.ts";
import type { Policy } from "../../shared/policy/types.ts";
import { errorSchema, json, refuse } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { ApiDeps } from "./ports.ts";

const document = v.pipe(v.looseObject({}), v.description("a policy document (docs/protocol.md, section 5)"));
const answerSchema = v.object({
  policy: v.pipe(v.nullable(document), v.description("his own; null: the server's default applies")),
  published: v.pipe(v.boolean(), v.description("whether strangers read his own as .pol")),
  default: document,
  floor: v.pipe(v.nullable(document), v.description("below this nobody goes")),
});
const putSchema = v.object({ policy: v.nullable(document), published: v.optional(v.boolean(), false) });

function shown(policy: Policy | null): unknown {
  return policy === null ? null : (JSON.parse(formatPolicy(policy)) as unknown);
}

/** The endpoints. */
export function policyEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const { store, clock } = deps;

  async function current(reader: string): Promise<Response> {
    const own = await store.readerPolicies.find(reader);
    const { floor, default: fallback } = deps.policies();
    const policy = own === null ? null : (JSON.parse(own.policy) as unknown);
    return json({ policy, published: own?.published === true, default: shown(fallback), floor: shown(floor) });
  }

  return [
    endpoint({
      method: "get",
      path: "/api/v1/policy",
      summary: "The reader's policy, and what stands above and below it",
      access: "bearer",
      answers: { 200: { description: "The policies", schema: answerSchema } },
      handle: ({ reader }) => current(reader ?? ""),
    }),
    endpoint({
      method: "put",
      path: "/api/v1/policy",
      summary: "Sets the reader's policy, or with null removes it",
      access: "bearer",
      body: putSchema,
      maxBytes: limits.policyBytes,
      answers: {
        200: { description: "The policies as they are now", schema: answerSchema },
        400: { description: "Not a policy; the detail says where", schema: errorSchema },
      },
      async handle({ body, reader }) {
        const address = reader ?? "";
        if (body.policy === null) await store.readerPolicies.remove(address);
        else {
          const parsed = parsePolicy(JSON.stringify(body.policy));
          if (!parsed.ok) return refuse(400, parsed.code, parsed.detail);
          const kept = formatPolicy(parsed.value);
          // Written out whole it may be longer, and what can't be read again would let the server's default answer for him.
          const again = parsePolicy(kept);
          if (!again.ok) return refuse(400, again.code, again.detail);
          await store.readerPolicies.put(address, kept, body.published, clock.now());
        }
        deps.policyChanged(address);
        return current(address);
      },
    }),
  ];
}
