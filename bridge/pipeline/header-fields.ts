// The header of one mail as it comes in field by field, capped, and the edits that take fields out of it.
import type { HeaderField } from "../../shared/header/field.ts";
import { limits } from "../../shared/limits.ts";
import type { HeaderEdit, Outcome } from "./mail.ts";

/** What a header above the caps is answered: RFC 3463 section 3.4, X.3.4 "message too big for system". */
export const tooLarge: Outcome = {
  action: "reject",
  reply: { code: 552, enhanced: "5.3.4", text: "The message header is too large" },
  edits: [],
};

/** Collects fields; above the caps keeps nothing more and says so. */
export class HeaderCollector {
  readonly fields: HeaderField[] = [];
  #bytes = 0;

  add(name: string, value: string): void {
    this.#bytes += name.length + value.length;
    if (!this.overflown) this.fields.push({ name, value });
  }

  get overflown(): boolean {
    return this.#bytes > limits.headerBytes || this.fields.length >= limits.headerFields;
  }
}

/** A name as MTAs compare it: without case, and without the white space that obsolete syntax allows before the colon. */
export function fieldName(field: HeaderField): string {
  return field.name.trimEnd().toLowerCase();
}

/**
 * Deletions of the fields for which `removed` holds, from the last to the first: deleting forwards would shift the
 * instances still to be deleted (CVE-2022-48521).
 */
export function deletions(fields: readonly HeaderField[], removed: ReadonlySet<HeaderField>): HeaderEdit[] {
  if (removed.size === 0) return [];
  const counts = new Map<string, number>();
  const edits: HeaderEdit[] = [];
  for (const field of fields) {
    const name = fieldName(field);
    const instance = (counts.get(name) ?? 0) + 1;
    counts.set(name, instance);
    if (removed.has(field)) edits.push({ kind: "delete", name: field.name.trimEnd(), instance });
  }
  return edits.reverse();
}
