// Complaints: one word per reader and mail, to be taken back for a while; what travels to the sender is decided and queued
// with it in one transaction (protocol section 6).
import * as v from "valibot";
import { complaintCodes } from "../../shared/ipp/registry.ts";
import { parseComplaint } from "../../shared/report/complaint.ts";
import { composeComplaint, randomText, readerOf } from "../reports/compose.ts";
import type { FiledComplaint } from "../store/complaints.ts";
import { secretDigest } from "../store/digest.ts";
import { empty, errorSchema, json, refuse } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { ApiDeps } from "./ports.ts";

const codes = complaintCodes.map(({ value }) => value);
const seconds = v.pipe(v.number(), v.integer(), v.description("Unix seconds"));

const madeSchema = v.object({
  id: v.string(),
  undo: v.pipe(v.string(), v.description("secret that takes it back")),
  undoUntil: seconds,
  reach: v.pipe(v.picklist(["sender", "provider"]), v.description("who will learn of it")),
});
const tellSenderMeans =
  "the reader's yes to telling the sender's side, where a report would name the reader; left out, it is no";
const postedSchema = v.pipe(
  v.object({
    ref: v.string(),
    code: v.picklist(codes),
    actual: v.optional(v.nullable(v.string())),
    tellSender: v.optional(v.pipe(v.boolean(), v.description(tellSenderMeans))),
  }),
  v.description("`actual` goes with misrepresented only"),
);
const standingSchema = v.object({
  code: v.picklist(codes),
  actual: v.nullable(v.string()),
  at: seconds,
  undoUntil: v.optional(seconds),
  state: v.picklist(["pending", "queued", "counted", "local", "undone"]),
});

/** The endpoints. */
export function complaintEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const { store, clock, random, metrics } = deps;

  /** A reader's own complaint about a mail, by whichever of his addresses he got it. */
  async function standing(paired: string, ref: string, now: number): Promise<FiledComplaint | null> {
    const signal = await store.signals.find(ref);
    const reader = signal === null ? [] : [readerOf(deps.compose, signal, paired)];
    for (const address of new Set([...reader, ...deps.compose.addresses(paired)])) {
      const found = await store.complaints.find(address, ref, now);
      if (found !== null) return found;
    }
    return null;
  }

  async function file(posted: unknown, paired: string | null): Promise<Response> {
    const complaint = parseComplaint(posted);
    if (!complaint.ok) return refuse(400, complaint.code, complaint.detail);
    const signal = await store.signals.find(complaint.value.ref);
    if (signal === null) return refuse(404, "signals/unknown", "unknown, or no longer kept");
    const now = clock.now();
    const composed = await composeComplaint(deps.compose, signal, paired, complaint.value, now);
    const undo = randomText(random, 24);
    const { ref, code, actual } = complaint.value;
    const filing = await store.complaints.file({
      ...composed,
      id: randomText(random, 12),
      ref,
      code,
      actual,
      at: now,
      undoHash: secretDigest(undo),
    });
    metrics.count("complaints", { route: filing.kind === "filed" ? composed.route : filing.kind });
    if (filing.kind === "already") return refuse(409, "complaints/already", "this mail was complained about");
    const { id, undoUntil } = filing;
    return json({ id, undo, undoUntil, reach: composed.route === "report" ? "sender" : "provider" }, 201);
  }

  return [
    endpoint({
      method: "post",
      path: "/api/v1/complaints",
      summary: "Complains about a mail; without a bearer it stays with this provider",
      access: "optional",
      rate: "complaint",
      body: postedSchema,
      answers: {
        201: { description: "Taken", schema: madeSchema },
        400: { description: "Malformed", schema: errorSchema },
        404: { description: "The mail is not known here", schema: errorSchema },
        409: { description: "Complained about before, and too late to change it", schema: errorSchema },
      },
      handle: ({ body, reader }) => file(body, reader),
    }),
    endpoint({
      method: "delete",
      path: "/api/v1/complaints/{id}",
      summary: "Takes a complaint back",
      rate: "undo",
      body: v.object({ undo: v.pipe(v.string(), v.maxLength(200)) }),
      answers: {
        204: { description: "Taken back; nobody is told" },
        404: { description: "No such complaint, or another secret", schema: errorSchema },
        409: { description: "Too late", schema: errorSchema },
      },
      async handle({ body, path }) {
        const outcome = await store.complaints.undo(path("id"), secretDigest(body.undo), clock.now());
        if (outcome === "unknown") return refuse(404, "complaints/unknown", "no such complaint, or another secret");
        if (outcome === "late") return refuse(409, "complaints/late", "too late to take it back");
        metrics.count("complaints", { route: "undone" });
        return empty();
      },
    }),
    endpoint({
      method: "get",
      path: "/api/v1/complaints",
      summary: "How the reader's own complaint about a mail stands",
      access: "bearer",
      query: { ref: "look-up handle of the mail" },
      answers: {
        200: { description: "His complaint", schema: standingSchema },
        404: { description: "He has not complained about it", schema: errorSchema },
      },
      async handle({ c, reader }) {
        const now = clock.now();
        const found = await standing(reader ?? "", c.req.query("ref") ?? "", now);
        if (found === null) return refuse(404, "complaints/unknown", "no complaint of this reader");
        const { code, actual, at, undoUntil, state } = found;
        const open = undoUntil > now && state === "pending";
        return json({ code, actual, at, ...(open ? { undoUntil } : {}), state });
      },
    }),
  ];
}
