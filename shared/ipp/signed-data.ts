// What a declaration's signature covers, as one string: header fields by `h`, then the signature field with `b` empty.
// RFC 6376 sections 3.7 and 5.4.2 (several instances of a name are taken from the bottom of the header up).
import { type HeaderField, plainName } from "../header/field.ts";
import { relaxedField } from "../header/canonical.ts";

/** Positions of the fields of one name, top to bottom, by lower-case name. */
export type FieldIndex = ReadonlyMap<string, readonly number[]>;

/** Where each name stands in a header. */
export function indexFields(fields: readonly HeaderField[]): FieldIndex {
  const index = new Map<string, number[]>();
  for (let position = 0; position < fields.length; position += 1) {
    const name = plainName(fields[position]?.name ?? "");
    const positions = index.get(name);
    if (positions === undefined) {
      index.set(name, [position]);
    } else {
      positions.push(position);
    }
  }
  return index;
}

/**
 * The signed data. `ownField` is the signature field, relaxed, its `b` empty. Names in `h` beyond the instances that
 * there are stand for nothing: that is what oversigning is.
 */
export function signedData(
  fields: readonly HeaderField[],
  index: FieldIndex,
  names: readonly string[],
  ownField: string,
): string {
  const taken = new Map<string, number>();
  let data = "";
  for (const name of names) {
    const positions = index.get(name);
    if (positions === undefined) {
      continue;
    }
    const used = taken.get(name) ?? 0;
    // Asking an array for what lies before its beginning is slow, and oversigning asks for it with each mail.
    if (used < positions.length) {
      taken.set(name, used + 1);
      const field = fields[positions[positions.length - 1 - used] ?? 0];
      data += `${relaxedField(name, field?.value ?? "")}\r\n`;
    }
  }
  return data + ownField;
}
