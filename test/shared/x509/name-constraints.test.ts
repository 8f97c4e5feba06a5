// Names against constraints: BoringSSL's suite, then what it doesn't have.
import { describe, expect, test } from "vitest";
import { DerReader } from "../../../shared/x509/der.ts";
import { readNameConstraints } from "../../../shared/x509/extensions.ts";
import { type GeneralName, readGeneralNames } from "../../../shared/x509/general-name.ts";
import { checkConstraints, prepareConstraints } from "../../../shared/x509/name-constraints.ts";
import { parsePem } from "../../../shared/x509/pem.ts";
import { hasVectors, readVectors } from "../vectors.ts";

interface Row {
  readonly test: string;
  readonly name_constraints: string;
  readonly san: string;
  readonly permitted: boolean | "iff extension not critical";
}

const folder = "name-constraints";
const rows = hasVectors(folder) ? (JSON.parse(readVectors(`${folder}/manifest.json`)) as Row[]) : [];

function block(file: string, label: string): Uint8Array {
  const parsed = parsePem(readVectors(`${folder}/${file}`), label);
  return (parsed.ok ? parsed.value[0] : undefined) ?? new Uint8Array();
}

function permits(constraints: Uint8Array, critical: boolean, names: readonly GeneralName[]): boolean {
  const reader = new DerReader(constraints);
  const prepared = prepareConstraints(readNameConstraints(reader), critical);
  expect(reader.failure).toBeNull();
  return checkConstraints(prepared, names, { comparisons: 1_000 }) === null;
}

describe.skipIf(rows.length === 0)("BoringSSL's names (left out where ../shared/vectors is absent)", () => {
  test("all 91 are there", () => expect(rows.length).toBe(91));

  test.each(rows.map((row) => [`${row.test}: ${row.name_constraints} ${row.san}`, row] as const))(
    "%s",
    (_name, row) => {
      const constraints = block(row.name_constraints, "NAME CONSTRAINTS");
      const reader = new DerReader(block(row.san, "SUBJECT ALTERNATIVE NAME"));
      const names = readGeneralNames(reader);
      for (const critical of [true, false])
        expect(permits(constraints, critical, names)).toBe(
          row.permitted === "iff extension not critical" ? !critical : row.permitted,
        );
    },
  );
});
