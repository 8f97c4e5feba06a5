// Tells systemd that the bridge is ready (sd_notify(3)). Node has no datagram sockets of the UNIX kind, so systemd's own
// program does it, where it is; without NOTIFY_SOCKET nobody asked.
import { execFile } from "node:child_process";

/** Sends READY=1 with a status line. Settles whatever happens: readiness is a courtesy, not a condition. */
export function notifyReady(environment: Readonly<Record<string, string | undefined>>, status: string): Promise<void> {
  if (environment["NOTIFY_SOCKET"] === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    execFile("systemd-notify", ["--ready", `--pid=${process.pid}`, `--status=${status}`], { timeout: 5_000 }, () =>
      resolve(),
    );
  });
}
