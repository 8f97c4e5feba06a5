// Puts a server on a UNIX socket or a TCP port.
import { chmod, lstat, unlink } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { isMainThread } from "node:worker_threads";

/** Where to listen. `mode`: the socket file's permissions; the MTA's group must be able to write. */
export type Place =
  { readonly path: string; readonly mode?: number } | { readonly host: string; readonly port: number };

const defaultMode = 0o660;
const backlog = 1_024;

/** Listens; the socket's path, or the TCP port (chosen by the system where 0 was asked for). Throws as `listen` fails. */
export async function listenOn(server: Server, endpoint: Place): Promise<string | number> {
  if ("path" in endpoint) return listenOnPath(server, endpoint.path, endpoint.mode ?? defaultMode);
  await listening(server, () => server.listen({ ...endpoint, backlog }));
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : endpoint.port;
}

/**
 * The socket has its mode from its first moment on: a chmod after `listen` would come too late for an MTA that has been
 * waiting for the file. Node binds within `listen` itself, so that nobody else meets the mask.
 */
async function listenOnPath(server: Server, path: string, mode: number): Promise<string> {
  await removeStale(path);
  await listening(server, () => {
    const before = isMainThread ? process.umask(0o777 & ~mode) : null;
    try {
      server.listen({ path, backlog });
    } finally {
      if (before !== null) process.umask(before);
    }
  });
  // Worker threads may not set the mask that all threads share.
  if (!isMainThread) await chmod(path, mode);
  return path;
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    listen();
  });
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
