// Puts a server on a UNIX socket or a TCP port.
import { chmod, lstat, unlink } from "node:fs/promises";
import { connect, type Server } from "node:net";

/** Where to listen. `mode`: the socket file's permissions; the MTA's group must be able to write. */
export type Endpoint =
  { readonly path: string; readonly mode?: number } | { readonly host: string; readonly port: number };

const defaultMode = 0o660;
const backlog = 1_024;

/** Listens; the socket's path, or the TCP port (chosen by the system where 0 was asked for). Throws as `listen` fails. */
export async function listenOn(server: Server, endpoint: Endpoint): Promise<string | number> {
  if ("path" in endpoint) await removeStale(endpoint.path);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...("path" in endpoint ? { path: endpoint.path } : endpoint), backlog }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  if ("path" in endpoint) {
    await chmod(endpoint.path, endpoint.mode ?? defaultMode);
    return endpoint.path;
  }
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : endpoint.port;
}

/** A killed process leaves its socket file behind. Removed only if it is a socket and nobody answers on it. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null || !found.isSocket()) return;
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
  if (!alive) await unlink(path);
}
