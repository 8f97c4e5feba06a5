// A report as it is stored when it arrives, before anybody has judged it: written by the API, read by the inbox.
import * as v from "valibot";
import { limits } from "../../shared/limits.ts";

/** The fields that a report's signature covers or consists of. */
export const signedFields = ["content-type", "content-digest", "signature-input", "signature"] as const;

const field = v.nullable(v.pipe(v.string(), v.maxLength(limits.httpSignatureChars)));

const schema = v.object({
  kind: v.picklist(["report", "counts", "sums"]),
  /** The domain of ours it was posted below. */
  domain: v.string(),
  /** "" for counts and sums. */
  token: v.string(),
  code: v.string(),
  /** What the client may have called this place: as configured, and by its Host field. */
  targets: v.array(v.string()),
  fields: v.object({
    "content-type": field,
    "content-digest": field,
    "signature-input": field,
    signature: field,
  }),
  body: v.string(),
});

/** One arrived report. */
export type ArrivedReport = v.InferOutput<typeof schema>;

/** Reads what the API stored; null only after a bug or a hand in the database. */
export function readArrival(json: string): ArrivedReport | null {
  try {
    const read = v.safeParse(schema, JSON.parse(json));
    return read.success ? read.output : null;
  } catch {
    // Not JSON: nothing that this version stored.
    return null;
  }
}
