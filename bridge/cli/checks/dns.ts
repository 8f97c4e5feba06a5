// doctor: is there a validating resolver, and does each domain's `_ipp` record say what this bridge publishes?
import { discoveryName, parseDiscoveryRecords } from "../../../shared/ipp/discovery.ts";
import { sealDomain } from "../../config.ts";
import { isLoopback } from "../../dns/stub.ts";
import { formatEndpoint } from "../../endpoint/endpoint.ts";
import { publicationBase, recordFor } from "../cert.ts";
import { bad, careful, good, lookUpRemedy, type Finding, type Patient } from "./finding.ts";

function resolverPlace({ setup }: Patient): readonly Finding[] {
  const { resolver } = setup.config.dns;
  if (resolver.host === "localhost" || isLoopback(resolver.host)) return [];
  return [
    careful(
      `dns.resolver ${formatEndpoint(resolver)} is not on loopback: its word on DNSSEC counts for nothing`,
      'install a validating resolver on this machine: apt install unbound; then dns.resolver = "127.0.0.1:53"',
    ),
  ];
}

async function domainRecord(patient: Patient, domain: string): Promise<readonly Finding[]> {
  const { resolver, setup, authorities } = patient;
  const name = discoveryName(domain);
  const wanted = recordFor(
    setup.config,
    [authorities.get(domain)].filter((digest) => digest !== undefined),
  );
  const publish = `publish: ${name}. IN TXT "${wanted}"`;
  const answer = await resolver.txt(name);
  if (!answer.ok) {
    return [bad(`${name}: ${answer.code} (${answer.detail})`, lookUpRemedy("TXT", name))];
  }
  const { records, dnssec } = answer.value;
  const record = parseDiscoveryRecords(records, domain);
  if (!record.ok) return [bad(`${name}: ${record.code} (${record.detail})`, publish)];
  if (record.value === null) return [bad(`${name}: no record`, publish)];
  const findings: Finding[] = [good(`${name}: "${records.join('" "')}"`)];
  const base = publicationBase(setup.config)?.replaceAll("{d}", domain) ?? null;
  if (record.value.url !== base) findings.push(bad(`${name}: url is ${record.value.url ?? "missing"}`, publish));
  const digest = authorities.get(domain);
  if (digest !== undefined && !record.value.ca.includes(digest)) {
    findings.push(
      careful(`${name}: the CA of ${domain} is not in it, its certificates are trusted as "site" only`, publish),
    );
  }
  if (dnssec !== "secure") {
    findings.push(
      careful(
        `${name}: DNSSEC is ${dnssec}, so trust "domain" is out of reach`,
        `sign the zone ${domain}, and let a validating resolver on loopback answer`,
      ),
    );
  }
  return findings;
}

/** The resolver and every domain's record. */
export async function checkDns(patient: Patient): Promise<readonly Finding[]> {
  const { config } = patient.setup;
  const domains = new Set([...config.domains, sealDomain(config)]);
  const records = await Promise.all([...domains].map((domain) => domainRecord(patient, domain)));
  return [...resolverPlace(patient), ...records.flat()];
}
