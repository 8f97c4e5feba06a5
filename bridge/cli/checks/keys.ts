// doctor: do keys and certificates last, and has everybody who may sign one?
import { dayOf } from "../clock.ts";
import { bad, careful, good, type Finding, type Patient } from "./finding.ts";

const day = 86_400;
/** A certificate is renewed this long before its end: its last declarations live 14 days. */
const soonDays = 30;

function certificates({ keys, now }: Patient): readonly Finding[] {
  const active = keys.all.filter(({ state }) => state === "active");
  if (active.length === 0) {
    return [careful("no address has a certificate: no mail can be declared", "waybill cert new ADDRESS")];
  }
  return active.map((key) => {
    const name = `certificate of ${key.address}`;
    const renew = `waybill cert rotate ${key.address}, then systemctl reload waybill`;
    if (key.notAfter < now) return bad(`${name}: ended ${dayOf(key.notAfter)}, its mail can not be declared`, renew);
    if (key.notBefore > now)
      return bad(`${name}: begins ${dayOf(key.notBefore)} only`, "is this machine's clock right?");
    if (key.notAfter - now < soonDays * day) return careful(`${name}: ends ${dayOf(key.notAfter)}`, renew);
    return good(`${name}: valid to ${dayOf(key.notAfter)}`);
  });
}

function users({ setup, keys, now }: Patient): readonly Finding[] {
  const addresses = setup.grants.users.flatMap(({ addresses }) => addresses).filter((one) => !one.startsWith("@"));
  return addresses
    .filter((address) => keys.signing(address, now) === null)
    .map((address) => careful(`${address} may sign but has no certificate`, `waybill cert new ${address}`));
}

/** Certificates and seal keys. */
export async function checkKeys(patient: Patient): Promise<readonly Finding[]> {
  const { sealKeys, now } = patient;
  const current = sealKeys.published.find(({ keyId }) => keyId === sealKeys.signer.keyId);
  const ends = current?.notAfter ?? 0;
  const seal =
    ends - now < day
      ? bad(`seal key ${sealKeys.signer.keyId}: ends ${dayOf(ends)}`, "waybill keys rotate")
      : good(`seal key of ${sealKeys.domain}: valid to ${dayOf(ends)}`);
  return [seal, ...certificates(patient), ...users(patient)];
}
