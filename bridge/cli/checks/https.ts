// doctor: the bridge's own https certificate, where no proxy does TLS: does it last, and is it the one that is served?
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import type { Endpoint } from "../../endpoint/endpoint.ts";
import { dayOf } from "../clock.ts";
import { bad, careful, good, type Finding, type Patient } from "./finding.ts";

const day = 86_400;
/**
 * A certificate is old when this is left of it: a quarter of its life, or two weeks. What renews by itself does
 * so when a third is left.
 */
const oldAt = (life: number): number => Math.min(life / 4, 14 * day);
const timeoutMs = 2_000;

const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1000);

/** The certificate that the listener shows, DER; null where it doesn't answer, which the listeners' check has said. */
function served({ host, port }: Extract<Endpoint, { kind: "tcp" }>): Promise<Buffer | null> {
  return new Promise((resolve) => {
    // Whether anybody believes it is not asked here.
    const socket = connect({ host, port, rejectUnauthorized: false });
    const finish = (der: Buffer | null): void => {
      socket.destroy();
      resolve(der);
    };
    socket.setTimeout(timeoutMs, () => finish(null));
    socket.on("error", () => finish(null));
    socket.on("secureConnect", () => finish(socket.getPeerX509Certificate()?.raw ?? null));
  });
}

function validity(path: string, certificate: X509Certificate, now: number): Finding {
  const [from, until] = [secondsOf(certificate.validFromDate), secondsOf(certificate.validToDate)];
  const name = `https certificate ${path}`;
  const renew = "renew it, then systemctl reload waybill";
  if (until < now) return bad(`${name}: ended ${dayOf(until)}, nobody takes what is published`, renew);
  if (from > now) return bad(`${name}: begins ${dayOf(from)} only`, "is this machine's clock right?");
  if (until - now < oldAt(until - from)) return careful(`${name}: ends ${dayOf(until)}`, renew);
  return good(`${name}: valid to ${dayOf(until)}`);
}

/** The https certificate; nothing where a proxy does TLS. */
export async function checkHttps({ setup, now }: Pick<Patient, "setup" | "now">): Promise<readonly Finding[]> {
  const { tls, config } = setup;
  if (tls === null) return [];
  const { certificate: path = "", listen } = config.http;
  const certificate = new X509Certificate(tls.certificate);
  const found = validity(path, certificate, now);
  const shown = await served(listen);
  if (shown === null || certificate.raw.equals(shown)) return [found];
  const until = dayOf(secondsOf(new X509Certificate(shown).validToDate));
  const stale = `http still shows another certificate than ${path}, valid to ${until}`;
  return [found, careful(stale, "systemctl reload waybill after each renewal")];
}
