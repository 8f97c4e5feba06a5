// doctor: does the world get what this bridge publishes, over https?
import { aliasFor } from "../../../shared/ipp/alias.ts";
import { sealDomain } from "../../config.ts";
import { nodeCrypto } from "../../keys/node-crypto.ts";
import { publicationBase } from "../cert.ts";
import { bad, careful, good, type Finding, type Patient } from "./finding.ts";

async function keysDocument(patient: Patient, url: string): Promise<Finding> {
  const answer = await patient.ask({ url, method: "GET" });
  const proxy = "let the reverse proxy hand this path to http.listen, and renew its certificate";
  if (!answer.ok) return bad(`${url}: ${answer.code} (${answer.detail})`, proxy);
  if (answer.value.status !== 200) return bad(`${url}: answered ${answer.value.status}`, proxy);
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
    const why = answer.ok ? `answered ${answer.value.status}` : answer.code;
    return bad(
      `${key.address}: ${url}: ${why}`,
      "its mail can't be verified; systemctl reload waybill, then check the proxy",
    );
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
