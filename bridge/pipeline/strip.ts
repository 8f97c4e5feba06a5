// What a listener takes out of every mail before anybody may believe it (protocol section 4.1): hop-by-hop fields, the
// writer's wish, and Authentication-Results that claim to be our own (RFC 8601 section 5).
import type { HeaderField } from "../../shared/header/field.ts";
import type { HeaderCollector } from "./header-fields.ts";

/** Why a field is taken out. */
export type StrippedKind = "hop" | "wish" | "authres";

/** What a field's lower-case name makes of it; null: an ordinary field. `authres` only if it claims one of our ids. */
export function strippedKind(name: string): StrippedKind | null {
  if (name.startsWith("hop-")) return "hop";
  if (name.startsWith("x-ipp-")) return "wish";
  return name === "authentication-results" ? "authres" : null;
}

/** The fields that may have to go, with why. */
export function strippable({ fields, names }: HeaderCollector): readonly (readonly [HeaderField, StrippedKind])[] {
  const found: [HeaderField, StrippedKind][] = [];
  for (let position = 0; position < fields.length; position += 1) {
    const field = fields[position];
    const kind = strippedKind(names[position] ?? "");
    if (field !== undefined && kind !== null) found.push([field, kind]);
  }
  return found;
}
