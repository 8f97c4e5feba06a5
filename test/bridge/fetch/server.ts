// An https server on loopback with a certificate of its own CA, for tests.
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { issueCertificate } from "../../../bridge/keys/issue.ts";
import { formatPrivateKey, generateKey } from "../../../bridge/keys/key-file.ts";

const day = 86_400;

export function pemOf(der: Uint8Array): string {
  const lines = Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** A CA and one server certificate for the hosts. */
export async function makePki(hosts: readonly string[], notAfter = Math.floor(Date.now() / 1000) + day) {
  const notBefore = notAfter - 30 * day;
  const caKey = generateKey("p256");
  const key = generateKey("p256");
  const chain = await issueCertificate({
    commonName: "test CA",
    key: caKey,
    notBefore,
    notAfter: notAfter + 30 * day,
    kind: { of: "authority", domain: null },
    issuer: null,
  });
  const leaf = await issueCertificate({
    commonName: hosts[0] ?? "",
    key,
    notBefore,
    notAfter,
    kind: { of: "server", hosts, addresses: ["127.0.0.1"] },
    issuer: { key: caKey, chain },
  });
  return { ca: chain.map(pemOf).join(""), cert: leaf.map(pemOf).join(""), key: formatPrivateKey(key) };
}

export interface Served {
  readonly server: Server;
  readonly port: number;
  readonly requests: { readonly url: string; readonly headers: IncomingMessage["headers"]; readonly body: Buffer }[];
  readonly stop: () => Promise<void>;
}

export async function startHttps(
  pki: { readonly cert: string; readonly key: string },
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Served> {
  const requests: Served["requests"] = [];
  const server = createServer({ cert: pki.cert, key: pki.key }, (request, response) => {
    const pieces: Buffer[] = [];
    response.on("error", () => undefined);
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      requests.push({ url: request.url ?? "", headers: request.headers, body: Buffer.concat(pieces) });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { server, port, requests, stop };
}
