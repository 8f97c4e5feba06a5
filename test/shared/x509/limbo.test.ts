// C2SP/x509-limbo: independent path validation cases. Left out where ../shared/vectors is absent.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type PathQuestion, validatePath } from "../../../shared/x509/path.ts";
import { parsePem } from "../../../shared/x509/pem.ts";
import { hasVectors, readVectors } from "../vectors.ts";
import { stopwatch } from "./stopwatch.ts";

interface PeerName {
  readonly kind: "DNS" | "IP" | "RFC822";
  readonly value: string;
}

interface Case {
  readonly id: string;
  readonly conflicts_with: readonly string[];
  readonly features: readonly string[];
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly validation_time: string | null;
  readonly extended_key_usage: readonly string[];
  readonly key_usage: readonly string[];
  readonly expected_result: "SUCCESS" | "FAILURE";
  readonly expected_peer_name: PeerName | null;
  readonly expected_peer_names: readonly PeerName[];
  readonly max_chain_depth: number | null;
  readonly crls: readonly string[];
}

const file = "x509-limbo/limbo.json";
const cases = hasVectors(file) ? (JSON.parse(readVectors(file)) as { testcases: Case[] }).testcases : [];

const nameTypes = { DNS: "dns", IP: "ip", RFC822: "email" } as const;
const usages: Record<string, string> = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  emailProtection: "1.3.6.1.5.5.7.3.4",
};

/** Why a case is not a mail validator's job (vectors' README), or null: it is. */
function notOurs({ id, features, conflicts_with: conflicts }: Case): string | null {
  if (id.startsWith("webpki::")) return "web PKI";
  if (conflicts.length > 0) return "contradicts another case";
  return features.some((feature) => feature.startsWith("pedantic-")) ? "pedantic" : null;
}

/**
 * Cases that are not ours and where we decide differently: docs/specs.md lists them, each with its reason. Whatever is not
 * listed there agrees, so that a change of mind shows.
 */
const section = readFileSync(join(import.meta.dirname, "../../../docs/specs.md"), "utf8")
  .split(/^## /m)
  .find((part) => part.startsWith("x509-limbo"));
const deviations = [...(section ?? "").matchAll(/^\| (`.+`) +\| (\S.+?) +\|$/gm)].map(([, ids = "", why = ""]) => ({
  ids: [...ids.matchAll(/`([^`]+)`/g)].map(([, id = ""]) => id),
  why,
}));
const deviating = deviations.flatMap(({ ids }) => ids);

function der(pem: string): Uint8Array {
  const blocks = parsePem(pem);
  const crls = parsePem(pem, "X509 CRL");
  const [block] = [...(blocks.ok ? blocks.value : []), ...(crls.ok ? crls.value : [])];
  return block ?? new Uint8Array();
}

async function accepts(row: Case): Promise<{ accepted: boolean; code: string; ms: number }> {
  const names = row.expected_peer_name === null ? row.expected_peer_names : [row.expected_peer_name];
  const question: PathQuestion = {
    leaf: der(row.peer_certificate),
    intermediates: row.untrusted_intermediates.map(der),
    anchors: row.trusted_certs.map(der),
    at: row.validation_time === null ? new Date() : new Date(row.validation_time),
    extendedKeyUsage: row.extended_key_usage.map((usage) => usages[usage] ?? usage),
    keyUsage: row.key_usage.includes("digitalSignature") ? ["digitalSignature"] : [],
    crls: row.crls.map(der),
    maxDepth: row.max_chain_depth ?? undefined,
  };
  const took = stopwatch();
  let code = "";
  for (const name of names.length === 0 ? [null] : names) {
    const asked = name === null ? {} : { name: { type: nameTypes[name.kind], value: name.value } };
    const result = await validatePath({ ...question, ...asked });
    if (!result.ok) code ||= result.code;
  }
  return { accepted: code === "", code, ms: took() };
}

test("docs/specs.md gives each case that is decided differently a reason of its own, once", () => {
  expect(deviating.length).toBeGreaterThan(0);
  expect(new Set(deviating).size).toBe(deviating.length);
  for (const { why } of deviations) expect(why.split(" ").length).toBeGreaterThan(3);
});

describe.skipIf(cases.length === 0)("x509-limbo (left out where ../shared/vectors is absent)", () => {
  const ours = cases.filter((row) => notOurs(row) === null);
  const others = cases.filter((row) => notOurs(row) !== null);

  test.each(ours.map((row) => [row.id, row] as const))("%s", async (_id, row) => {
    const { accepted, code, ms } = await accepts(row);
    expect({ accepted, code }).toEqual({ accepted: row.expected_result === "SUCCESS", code });
    expect(ms).toBeLessThan(1_000);
  });

  test("cases that are not a mail validator's job agree or are listed with a reason", async () => {
    const differing: string[] = [];
    for (const row of others) {
      const { accepted, ms } = await accepts(row);
      if (accepted !== (row.expected_result === "SUCCESS")) differing.push(row.id);
      expect(ms).toBeLessThan(1_000);
    }
    expect(differing.toSorted()).toEqual(deviating.toSorted());
  });

  test("counts", () => {
    console.info(
      `x509-limbo: ${ours.length} cases ours, ${others.length} not (${deviating.length} decided differently)`,
    );
    expect(cases.length).toBe(208);
    expect(ours.length).toBeGreaterThanOrEqual(140);
  });
});
