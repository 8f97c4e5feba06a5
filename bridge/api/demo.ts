// The reading room's data: the demo's mails as they were delivered, and what its senders counted.
import * as v from "valibot";
import { errorSchema, json, refuse } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { DemoDesk } from "./ports.ts";

const mailSchema = v.object({
  id: v.string(),
  from: v.string(),
  subject: v.string(),
  date: v.string(),
  title: v.pipe(v.string(), v.description("what this mail is to show")),
});

/** The endpoints. */
export function demoEndpoints(demo: DemoDesk): readonly Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/demo/mails",
      summary: "The demo's inbox",
      answers: { 200: { description: "Its mails", schema: v.array(mailSchema) } },
      async handle() {
        return json(await demo.mails());
      },
    }),
    endpoint({
      method: "get",
      path: "/demo/mails/{id}",
      summary: "One mail as it was delivered",
      answers: {
        200: { description: "The mail", type: "message/rfc822" },
        404: { description: "No such mail", schema: errorSchema },
      },
      async handle({ path }) {
        const raw = await demo.mail(path("id"));
        if (raw === null) return refuse(404, "demo/unknown", "no such mail");
        return new Response(Uint8Array.from(raw), {
          headers: { "content-type": "message/rfc822", "cache-control": "no-store" },
        });
      },
    }),
    endpoint({
      method: "get",
      path: "/demo/sender-counts",
      summary: "What the demo's senders counted",
      answers: { 200: { description: "Their counts", schema: v.looseObject({}) } },
      async handle() {
        return json(await demo.senderCounts());
      },
    }),
    endpoint({
      method: "get",
      path: "/demo/session",
      summary: "The demo's reader, paired",
      answers: {
        200: { description: "His bearer", schema: v.object({ token: v.string(), address: v.string() }) },
      },
      async handle() {
        return json(await demo.session());
      },
    }),
  ];
}
