// What the add-on posts when its reader complains, untrusted JSON to typed. Protocol section 6.
import * as v from "valibot";
import { complaintCodes, parsePurpose, type ComplaintCode } from "../ipp/registry.ts";
import { ok, perm, type Result } from "../result.ts";

/** A complaint about one mail. */
export interface Complaint {
  /** Look-up handle of the mail's signal. */
  readonly ref: string;
  readonly code: ComplaintCode;
  /** With `misrepresented`: the purpose that the reader says it has. */
  readonly actual: string | null;
  /** The reader's yes to telling the sender's side, where a report would name him. */
  readonly tellSender: boolean;
}

const schema = v.object({
  ref: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  code: v.picklist(complaintCodes.map(({ value }) => value)),
  actual: v.optional(v.nullable(v.string()), null),
  tellSender: v.optional(v.boolean(), false),
});

/** Reads a posted body. Fails with `complaint/shape`, `complaint/actual`; the detail names the member. */
export function parseComplaint(body: unknown): Result<Complaint> {
  const read = v.safeParse(schema, body, { abortEarly: true });
  if (!read.success) {
    const [issue] = read.issues;
    return perm("complaint/shape", `${v.getDotPath(issue) ?? "the body"}: ${issue.message}`);
  }
  const { code, actual } = read.output;
  if (actual !== null && (code !== "misrepresented" || !parsePurpose(actual).ok)) {
    return perm("complaint/actual", "actual is a purpose, and goes with misrepresented only");
  }
  return ok(read.output);
}
