// Waybill's bridge of one organisation: its configuration file, its start, its death.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram, type Running } from "../running.ts";
import { until } from "../wait.ts";
import type { Prepared } from "./organisation.ts";

/** A bridge that can be started, killed and started again; its state stays. */
export interface Bridge {
  readonly configuration: string;
  readonly url: string;
  start(): Promise<void>;
  /** SIGTERM, and waiting for its end. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Where its milters listen. */
export function milterSockets(plan: Prepared): { readonly border: string; readonly submission: string } {
  return { border: join(plan.folder, "border.sock"), submission: join(plan.folder, "submission.sock") };
}

/** Host name of its https side. */
export function bridgeHost(plan: Prepared): string {
  return `waybill.${plan.domains[0]}`;
}

/** Port of its http side, on the organisation's loopback. */
export const bridgePort = 8890;

/** Writes waybill.toml; the file's name. `extra` is put at the end. */
export function writeConfiguration(plan: Prepared, extra: string): string {
  const file = join(plan.folder, "waybill.toml");
  const { border, submission } = milterSockets(plan);
  const text = `hostname = "${plan.mailHost}"
domains = ${JSON.stringify(plan.domains)}
state = "${join(plan.folder, "waybill")}"

[seal]
publishes = ["dane"]

[[milter]]
kind = "border"
listen = "${border}"

[[milter]]
kind = "submission"
listen = "${submission}"

[http]
listen = "127.0.0.1:${bridgePort}"
url = "https://${bridgeHost(plan)}"

[fetch]
ca = "${plan.authority}"

[reports]
undo_seconds = 5
delay_min_seconds = 0
delay_max_seconds = 0

${extra}`;
  mkdirSync(join(plan.folder, "waybill"), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const main = join(import.meta.dirname, "..", "..", "..", "bridge", "main.ts");

/** Runs `waybill …` to its end in the organisation's network; what it printed. */
export function commandLine(plan: Prepared, configuration: string, args: readonly string[]): readonly string[] {
  return ["netns", "exec", plan.host.namespace, process.execPath, main, ...args, "--config", configuration];
}

/** A bridge that is not started yet. */
export function createBridge(plan: Prepared, configuration: string, signal: AbortSignal): Bridge {
  const url = `https://${bridgeHost(plan)}`;
  let running: Running | null = null;
  return {
    configuration,
    url,
    start: async () => {
      const started = startProgram(
        {
          name: `bridge ${plan.name}`,
          command: process.execPath,
          args: ["--disable-warning=ExperimentalWarning", main, "serve", "--config", configuration],
          log: join(plan.folder, "waybill.log"),
          namespace: plan.host.namespace,
        },
        signal,
      );
      running = started;
      await until(`the bridge of ${plan.name}`, async () => {
        if (!started.alive()) throw new Error(`the bridge has ended; see ${started.log}`);
        return (await fetch(`${url}/readyz`)).ok;
      });
    },
    stop: async () => running?.stop(),
    kill: async () => running?.kill(),
  };
}
