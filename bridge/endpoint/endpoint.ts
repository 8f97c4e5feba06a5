// Where something listens or is reached, as configuration and commands write it: a socket's path, or host and port.
import { isIP } from "node:net";

/** Where something listens or is reached. */
export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** "/run/x.sock", "127.0.0.1:8891", "[::1]:8891" -> Endpoint; null for anything else. */
export function parseEndpoint(text: string): Endpoint | null {
  if (text.startsWith("/")) return text.length <= 107 ? { kind: "unix", path: text } : null;
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(text);
  const host = parts?.[1] ?? parts?.[2] ?? "";
  const port = Number(parts?.[3] ?? -1);
  const fine = parts !== null && port <= 65_535 && (parts[1] === undefined || isIP(host) === 6);
  return fine ? { kind: "tcp", host, port } : null;
}

/** Endpoint -> the text that parseEndpoint reads. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === "unix") return endpoint.path;
  return `${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}

/** Whether this machine can connect there without asking a resolver. */
export function isAddress(host: string): boolean {
  return host === "localhost" || isIP(host) !== 0;
}
