// Tells the service manager how far the bridge is (sd_notify(3)): ready, reloading, stopping. Node has no datagram sockets of
// the UNIX kind, so systemd's own program sends them, which is there wherever systemd runs; it knows abstract sockets, and
// waits until the manager has read what it sent. Without NOTIFY_SOCKET nobody asked.
import { execFile } from "node:child_process";
import type { Log } from "../pipeline/ports.ts";

/** What the service manager hears. Each settles when it has been told, or could not be: nothing waits for it in vain. */
export interface ServiceManager {
  ready(status: string): Promise<void>;
  /** To be followed by `ready`. */
  reloading(): Promise<void>;
  stopping(): Promise<void>;
}

const timeoutMs = 5_000;

/** RELOADING=1 goes with the time of CLOCK_MONOTONIC in µs, so that systemd tells an old one from the one it asked for. */
function monotonicMicroseconds(): bigint {
  return process.hrtime.bigint() / 1_000n;
}

/** The manager named by NOTIFY_SOCKET, or one that hears nothing. Messages leave in the order in which they are given. */
export function serviceManager(
  environment: Readonly<Record<string, string | undefined>>,
  log: Pick<Log, "warn">,
): ServiceManager {
  const asked = (environment["NOTIFY_SOCKET"] ?? "") !== "";
  let last = Promise.resolve();
  function tell(...assignments: readonly string[]): Promise<void> {
    if (!asked) return Promise.resolve();
    const sent = async (): Promise<void> => {
      const error = await new Promise<Error | null>((resolve) => {
        execFile("systemd-notify", assignments, { timeout: timeoutMs }, resolve);
      });
      // A unit of Type=notify whose READY=1 never comes is ended by systemd: whoever looks for the reason finds it here.
      if (error !== null) log.warn({ err: error }, `systemd could not be told: ${assignments[0] ?? ""}`);
    };
    last = last.then(sent);
    return last;
  }
  return {
    ready: (status) => tell("READY=1", `STATUS=${status}`),
    reloading: () =>
      tell("RELOADING=1", `MONOTONIC_USEC=${monotonicMicroseconds()}`, "STATUS=reading the configuration"),
    stopping: () => tell("STOPPING=1", "STATUS=finishing the mails under way"),
  };
}
