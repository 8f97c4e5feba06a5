// What the bridge asks while it is measured: a resolver and the sender's web server, real ones on loopback. It asks each
// once an hour: what is measured is a bridge with warm caches.
import * as packet from "dns-packet";
import { formatPem } from "../../shared/x509/pem.ts";
import { answerTo, startDnsServer } from "../bridge/dns/server.ts";
import { makePki, startHttps } from "../bridge/fetch/server.ts";
import { dkimName, type World } from "./mails.ts";

const host = "ipp.sender.test";
const ttl = 3_600;

/** Both, and what the bridge has to know of them. */
export interface Outside {
  /** "127.0.0.1:port". */
  readonly resolver: string;
  /** CA of the web server's certificate, PEM. */
  readonly ca: string;
  stop(): Promise<void>;
}

/** RFC 1035 section 3.3: a string of a TXT record has 255 octets at most. */
function strings(text: string): string[] {
  return text.match(/.{1,255}/g) ?? [];
}

/** Starts them: sender.test is signed, and publishes the identities' certificates. */
export async function startOutside({ identities, dkimRecord }: World): Promise<Outside> {
  const pem = identities.flatMap(({ chain }) => chain.map((der) => formatPem(der))).join("");
  const pki = await makePki([host]);
  const web = await startHttps(pki, (_, response) => {
    response.writeHead(200, { "content-type": "application/x-pem-file", "cache-control": `max-age=${ttl}` }).end(pem);
  });
  const texts = new Map([
    ["_ipp.sender.test", `v=IPP1; t=url; url=https://${host}:${web.port}/`],
    [dkimName, dkimRecord],
  ]);
  const dns = await startDnsServer((asked) => {
    const name = asked.name.toLowerCase();
    const text = texts.get(name);
    const answers: packet.Answer[] = [];
    if (asked.type === "TXT" && text !== undefined) answers.push({ name, type: "TXT", ttl, data: strings(text) });
    if (asked.type === "A" && name === host) answers.push({ name, type: "A", ttl, data: "127.0.0.1" });
    return [answerTo(asked, { flags: packet.AUTHENTIC_DATA, answers })];
  });
  return {
    resolver: `127.0.0.1:${dns.port}`,
    ca: pki.ca,
    stop: async () => void (await Promise.all([web.stop(), dns.stop()])),
  };
}
