// doctor: does the world get what this bridge publishes, over https?
import { aliasFor } from "../../../shared/ipp/alias.ts";
import type { Failure } from "../../../shared/result.ts";
import { sealDomain } from "../../config.ts";
import { nodeCrypto } from "../../keys/node-crypto.ts";
import { publicationBase } from "../cert.ts";
import { bad, careful, good, lookUpRemedy, type Finding, type Patient } from "./finding.ts";

/** What to do where a document can't be had: first its name, then who answers by it. */
function remedyFor({ setup }: Patient, failure: Failure | null, host: string): string {
  if (failure?.code.startsWith("dns/") === true) return lookUpRemedy("A", host);
  if (failure?.code === "fetch/address") {
    return `publish an address (A, AAAA) of ${host} at which the world reaches this bridge or its reverse proxy`;
  }
  return setup.tls === null
    ? "let the reverse proxy hand this path to http.listen, and renew its certificate"
    : `let ${setup.config.http.url ?? host} reach http.listen, with an http.certificate of that name that has not ended`;
}

async function keysDocument(patient: Patient, url: string): Promise<Finding> {
  const answer = await patient.ask({ url, method: "GET" });
  const { hostname } = new URL(url);
  if (!answer.ok) return bad(`${url}: ${answer.code} (${answer.detail})`, remedyFor(patient, answer, hostname));
  if (answer.value.status !== 200) {
    return bad(`${url}: answered ${answer.value.status}`, remedyFor(patient, null, hostname));
  }
  const text = new TextDecoder().decode(answer.value.body);
  return text.includes(patient.sealKeys.signer.keyId)
    ? good(`${url}: lists the key that seals`)
    : bad(`${url}: does not list the key that seals`, "is it this bridge's? systemctl reload waybill");
}

async function publication(patient: Patient, base: string): Promise<readonly Finding[]> {
  const { keys, now, ask } = patient;
  const active = keys.all.filter(({ state, notAfter }) => state === "active" && notAfter > now);
  const findings = active.map(async (key): Promise<Finding> => {
    const at = key.address.lastIndexOf("@");
    const alias = await aliasFor(key.address.slice(0, at), nodeCrypto());
    const url = `${base.replaceAll("{d}", key.address.slice(at + 1))}${alias}.pub?ks=${key.keyId}`;
    const answer = await ask({ url, method: "GET" });
    const fine = answer.ok && answer.value.status === 200;
    if (fine) return good(`${key.address}: published`);
    const what = `${key.address}: ${url}, without which its mail can't be verified`;
    return answer.ok
      ? bad(`${what}: answered ${answer.value.status}`, "systemctl reload waybill; then see that the path reaches it")
      : bad(`${what}: ${answer.code}`, remedyFor(patient, answer, new URL(url).hostname));
  });
  return Promise.all(findings);
}

/** What stands below the `_ipp` URL, as others see it. */
export async function checkEndpoints(patient: Patient): Promise<readonly Finding[]> {
  const { config } = patient.setup;
  const base = publicationBase(config);
  if (base === null) {
    return [
      careful("http.url is not set: nothing can be published, reports can't arrive", 'set http.url = "https://…"'),
    ];
  }
  const domain = sealDomain(config);
  const wellKnown = `${config.http.url ?? ""}/.well-known/ipp`;
  return [
    await keysDocument(patient, `${base.replaceAll("{d}", domain)}keys`),
    await keysDocument(patient, wellKnown),
    ...(await publication(patient, base)),
  ];
}
