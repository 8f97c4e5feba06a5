// The https front of an organisation: takes TLS on its public address and hands requests on to programs on loopback,
// by host name, as an operator's nginx would. A program of its own, because it lives in another network namespace:
//   node front.ts ADDRESS CHAIN KEY HOST=PORT …
import { readFileSync } from "node:fs";
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";

const [address = "", chain = "", key = "", ...routes] = process.argv.slice(2);
const ports = new Map(routes.map((route) => route.split("=") as [string, string]));

function handOn(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const host = (incoming.headers.host ?? "").replace(/:\d+$/, "");
  const port = ports.get(host);
  if (port === undefined) {
    outgoing.writeHead(421).end("no such host here\n");
    return;
  }
  const headers = {
    ...incoming.headers,
    "x-forwarded-for": incoming.socket.remoteAddress,
    "x-forwarded-proto": "https",
  };
  const { method, url: path } = incoming;
  const onward = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => {
    if (!outgoing.headersSent) outgoing.writeHead(502);
    outgoing.end();
  });
  incoming.pipe(onward);
}

createServer({ cert: readFileSync(chain), key: readFileSync(key) }, handOn).listen(443, address, () => {
  process.stdout.write("listening\n");
});
