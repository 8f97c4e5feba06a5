// The header of one mail as it comes in field by field, capped, and the edits that take fields out of it.
import { type HeaderField, plainName } from "../../shared/header/field.ts";
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
  /** The plain name of each of them (shared/header/field.ts). */
  readonly names: string[] = [];
  #bytes = 0;

  add(name: string, value: string): void {
    this.#bytes += name.length + value.length;
    if (this.overflown) return;
    this.fields.push({ name, value });
    this.names.push(plainName(name));
  }

  get overflown(): boolean {
    return this.#bytes > limits.headerBytes || this.fields.length >= limits.headerFields;
  }

  /** The fields of a plain name, in order. */
  named(name: string): readonly HeaderField[] {
    return this.fields.filter((_, position) => this.names[position] === name);
  }

  /** The value of the field of this plain name, null unless there is exactly one. */
  one(name: string): string | null {
    const position = this.names.indexOf(name);
    if (position < 0 || this.names.includes(name, position + 1)) return null;
    return this.fields[position]?.value ?? null;
  }
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
