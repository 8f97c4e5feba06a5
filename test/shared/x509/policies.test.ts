// Certificate policies: only an issuer that demands them can end a path. RFC 5280 sections 6.1.2 to 6.1.5.
import { describe, expect, test } from "vitest";
import type { Certificate, parseCertificate } from "../../../shared/x509/certificate.ts";
import { checkPolicies } from "../../../shared/x509/policies.ts";

type Parsed = Extract<ReturnType<typeof parseCertificate>, { ok: true }>["value"];

interface Level {
  readonly policies?: readonly string[];
  readonly explicit?: number;
  readonly noMapping?: number;
  readonly noAny?: number;
  readonly maps?: readonly (readonly [string, string])[];
  readonly selfIssued?: boolean;
}

const any = "2.5.29.32.0";

/** From the anchor down. */
function path(levels: readonly Level[]): Certificate[] {
  return levels
    .map((level, index): Certificate => {
      const { policies = null, explicit = null, noMapping = null, noAny = null, maps = [], selfIssued = false } = level;
      const name = (key: string) => ({ key, text: key, der: new Uint8Array(), rdnKeys: [], attributes: [] });
      const constraints = { requireExplicitPolicy: explicit, inhibitPolicyMapping: noMapping };
      // Policies look at these fields only.
      return {
        subject: name(`s${index}`),
        issuer: name(selfIssued ? `s${index}` : "i"),
        policies,
        policyMappings: maps,
        policyConstraints: explicit === null && noMapping === null ? null : constraints,
        inhibitAnyPolicy: noAny,
      } as unknown as Parsed;
    })
    .toReversed();
}

describe("checkPolicies", () => {
  test.each<[string, readonly Level[], boolean]>([
    ["nobody asks", [{}, {}], true],
    ["policies that don't fit, nobody asks", [{ policies: ["1"] }, { policies: ["2"] }], true],
    ["asked, and all have it", [{ policies: ["1"], explicit: 0 }, { policies: ["1", "2"] }], true],
    ["asked, and the leaf has another", [{ policies: ["1"], explicit: 0 }, { policies: ["2"] }], false],
    ["asked, and the leaf has none", [{ policies: ["1"], explicit: 0 }, {}], false],
    ["asked, and the asking CA has none itself", [{ explicit: 0 }, { policies: ["1"] }], false],
    ["asked from three further down", [{ explicit: 3 }, {}, {}], true],
    ["asked from two further down", [{ explicit: 2 }, {}, {}], false],
    ["asked from three further down, and the leaf is the fourth", [{ explicit: 3 }, {}, {}, {}], false],
    ["self-issued certificates don't count", [{ explicit: 3 }, { selfIssued: true }, {}, {}], true],
    ["the leaf asks itself", [{}, { explicit: 0 }], false],
    ["the leaf asks itself and all have it", [{ policies: ["1"] }, { policies: ["1"], explicit: 0 }], true],
    ["anyPolicy fits everything", [{ policies: [any], explicit: 0 }, { policies: ["1"] }], true],
    ["everything fits anyPolicy", [{ policies: ["1"], explicit: 0 }, { policies: [any] }], true],
    ["anyPolicy no longer counts", [{ policies: ["1"], explicit: 0, noAny: 0 }, { policies: [any] }], false],
    [
      "it still counts in a self-issued CA",
      [{ policies: ["1"], explicit: 0, noAny: 0 }, { policies: [any], selfIssued: true }, { policies: ["1"] }],
      true,
    ],
    ["mapped", [{ policies: ["1"], explicit: 0, maps: [["1", "2"]] }, { policies: ["2"] }], true],
    ["mapped away", [{ policies: ["1"], explicit: 0, maps: [["1", "2"]] }, { policies: ["1"] }], false],
    [
      "mapping no longer allowed",
      [{ policies: ["1"], explicit: 0, noMapping: 0 }, { policies: ["1"], maps: [["1", "2"]] }, { policies: ["2"] }],
      false,
    ],
    ["anyPolicy mapped, though nobody asks", [{ maps: [[any, "1"]] }, {}], false],
  ])("%s", (_name, levels, want) => expect(checkPolicies(path(levels)) === null).toBe(want));
});
