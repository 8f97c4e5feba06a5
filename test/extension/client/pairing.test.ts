// The code in the pairing mail.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pairingCode } from "../../../extension/client/pairing.ts";

const field = (value: string, name = "Waybill-Pairing") => ({ name, value });

describe("the code", () => {
  const cases = [
    { name: "of the pairing under way", input: [field(" p1; code=413027")], want: "413027" },
    { name: "folded", input: [field(" p1;\r\n code=413027")], want: "413027" },
    { name: "in any case of the name", input: [field(" p1; code=413027", "waybill-pairing")], want: "413027" },
    { name: "of another pairing", input: [field(" p2; code=413027")], want: null },
    { name: "the right one among others", input: [field(" p2; code=1111"), field(" p1; code=2222")], want: "2222" },
    { name: "without a code", input: [field(" p1")], want: null },
    { name: "with more than a code", input: [field(" p1; code=1234; x=1")], want: null },
    { name: "in another field", input: [field(" p1; code=1234", "Subject")], want: null },
  ];
  test.each(cases)("$name", ({ input, want }) => {
    expect(pairingCode(input, "p1")).toBe(want);
  });

  test("no field value is thrown at", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => pairingCode([field(value)], "p1") !== ""));
  });
});
