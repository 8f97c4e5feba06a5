// Fields that say how the whole body is to be read. A mail has one of each (RFC 2045 section 3); where it has two, mail
// programs differ in which of them counts, and so in what they show of one and the same signed body.
import type { FieldIndex } from "./signed-data.ts";

/** Lower case. */
const structuralFields = ["mime-version", "content-type", "content-transfer-encoding", "content-disposition"] as const;

/** The first of these names that stands more than once, or null. */
export function doubledStructure(index: FieldIndex): string | null {
  return structuralFields.find((name) => (index.get(name)?.length ?? 0) > 1) ?? null;
}
