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
  readonly #named = new Map<string, HeaderField[]>();
  #bytes = 0;

  add(name: string, value: string): void {
    this.#bytes += name.length + value.length;
    if (this.overflown) return;
    const field = { name, value };
    this.fields.push(field);
    const key = plainName(name);
    const alike = this.#named.get(key);
    if (alike === undefined) this.#named.set(key, [field]);
    else alike.push(field);
  }

  get overflown(): boolean {
    return this.#bytes > limits.headerBytes || this.fields.length >= limits.headerFields;
  }

  /** Lower-case names of the fields that came. */
  get names(): Iterable<string> {
    return this.#named.keys();
  }

  /** The fields of a lower-case name, in order. */
  named(name: string): readonly HeaderField[] {
    return this.#named.get(name) ?? [];
  }

  /** The value of the field of this lower-case name, null unless there is exactly one. */
  one(name: string): string | null {
    const alike = this.#named.get(name);
    return alike?.length === 1 ? (alike[0]?.value ?? null) : null;
  }
}

/** A name as MTAs compare it: without case, and without the white space that obsolete syntax allows before the colon. */
export function plainName(name: string): string {
  return name.trimEnd().toLowerCase();
}

/**
 * Deletions of some of the header's fields, from the last instance to the first: deleting forwards would shift the
 * instances still to be deleted (CVE-2022-48521).
 */
export function deletions(header: HeaderCollector, removed: ReadonlySet<HeaderField>): HeaderEdit[] {
  const edits: HeaderEdit[] = [];
  for (const name of new Set([...removed].map((field) => plainName(field.name)))) {
    for (const [index, field] of [...header.named(name).entries()].toReversed()) {
      if (removed.has(field)) edits.push({ kind: "delete", name: field.name.trimEnd(), instance: index + 1 });
    }
  }
  return edits;
}
