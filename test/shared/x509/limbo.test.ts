// C2SP/x509-limbo: independent path validation cases. Left out where ../shared/vectors is absent.
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
 * Cases that are not ours and where we decide differently, each with the reason. Whatever is not listed here agrees, so
 * that a change of mind shows.
 */
const deviations = new Map<string, string>([
  ["rfc5280::aki::cross-signed-root-missing-aki", "a trust anchor's own issuer is nobody's business (section 6.1.1)"],
  ["rfc5280::nc::permitted-dns-match-noncritical", "name constraints bind whether critical or not; CAs leave it out"],
  ["webpki::aki::root-with-aki-missing-keyidentifier", "a trust anchor's authority key identifier is not looked at"],
  ["webpki::aki::root-with-aki-all-fields", "the same"],
  ["webpki::aki::root-with-aki-ski-mismatch", "the same"],
  ["webpki::cn::ipv4-hex-mismatch", "the common name is never a name here, whatever it holds"],
  ["webpki::cn::ipv4-leading-zeros-mismatch", "the same"],
  ["webpki::cn::ipv6-uppercase-mismatch", "the same"],
  ["webpki::cn::ipv6-uncompressed-mismatch", "the same"],
  ["webpki::cn::ipv6-non-rfc5952-mismatch", "the same"],
  ["webpki::cn::punycode-not-in-san", "the same"],
  ["webpki::cn::utf8-vs-punycode-mismatch", "the same"],
  ["webpki::cn::not-in-san", "the same"],
  ["webpki::cn::case-mismatch", "the same"],
  ["webpki::eku::ee-anyeku", "RFC 5280 section 4.2.1.12 lets anyExtendedKeyUsage stand for every use"],
  ["webpki::eku::ee-critical-eku", "RFC 5280 section 4.2.1.12 lets the issuer choose"],
  ["webpki::eku::ee-without-eku", "no restriction is none (RFC 5280 section 4.2.1.12, protocol section 2)"],
  ["webpki::eku::root-has-eku", "a root may restrict itself; the restriction counts"],
  ["webpki::san::public-suffix-multi-label-wildcard-san", "no list of public suffixes in a mail validator"],
  ["webpki::san::public-suffix-private-namespace-wildcard-san", "the same"],
  ["webpki::san::san-critical-with-nonempty-subject", "RFC 5280 section 4.2.1.6 only advises against it"],
  ["webpki::malformed-aia", "nobody here follows authority information access, so nobody reads it"],
  ["webpki::forbidden-rsa-not-divisible-by-8-in-root", "a rule of the CA/Browser Forum's, with no weight of its own"],
  ["webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf", "the same"],
  ["webpki::ee-basicconstraints-ca", "a CA may sign mail with its own key (RFC 5280 section 6 has no end entity)"],
  ["webpki::ca-as-leaf", "the same; contradicts rfc5280::ca-as-leaf"],
]);

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
    expect(differing.toSorted()).toEqual([...deviations.keys()].toSorted());
  });

  test("counts", () => {
    console.info(
      `x509-limbo: ${ours.length} cases ours, ${others.length} not (${deviations.size} decided differently)`,
    );
    expect(cases.length).toBe(208);
    expect(ours.length).toBeGreaterThanOrEqual(140);
  });
});
