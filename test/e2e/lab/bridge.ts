// Waybill's bridge of one organisation: its configuration file, what its command line prints, its start, its death.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram, type Running } from "../running.ts";
import { until } from "../wait.ts";
import type { Host } from "./namespaces.ts";

/** What of an organisation its bridge depends on. */
export interface BridgePlan {
  readonly name: string;
  readonly host: Host;
  readonly folder: string;
  readonly mailHost: string;
  readonly domains: readonly [string, ...string[]];
  /** CA file for https. */
  readonly authority: string;
  readonly passes: "one" | "two";
  /** Added to the configuration. */
  readonly settings: string;
}

/** A bridge that can be started, killed and started again; its state stays. */
export interface Bridge {
  readonly url: string;
  start(): Promise<void>;
  /** SIGTERM, and waiting for its end. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Whether it runs. */
  alive(): boolean;
  /** Runs another `waybill` command with the same configuration, in the organisation's network; what it printed. */
  command(...args: readonly string[]): string;
}

/** Host name of its https side. */
export function bridgeHost(domains: BridgePlan["domains"]): string {
  return `waybill.${domains[0]}`;
}

/** Port of its http side, on the organisation's loopback. */
export const bridgePort = 8890;

const main = join(import.meta.dirname, "..", "..", "..", "bridge", "main.ts");
const node = ["--disable-warning=ExperimentalWarning"];

function borders({ folder, passes }: BridgePlan): string {
  const border = (pass: string): string =>
    `[[milter]]\nkind = "border"\npass = "${pass}"\nlisten = "${join(folder, `border-${pass}.sock`)}"\n`;
  return passes === "one" ? border("single") : `${border("strip")}\n${border("seal")}`;
}

function configuration(plan: BridgePlan): string {
  return `hostname = "${plan.mailHost}"
domains = ${JSON.stringify(plan.domains)}
state = "${join(plan.folder, "waybill")}"

[seal]
publishes = ["dane"]

${borders(plan)}
[[milter]]
kind = "submission"
listen = "${join(plan.folder, "submission.sock")}"

[http]
listen = "127.0.0.1:${bridgePort}"
url = "https://${bridgeHost(plan.domains)}"

[fetch]
ca = "${plan.authority}"

${plan.settings}`;
}

/** Writes the configuration; the bridge, not started yet. */
export function createBridge(plan: BridgePlan, signal: AbortSignal): Bridge {
  const file = join(plan.folder, "waybill.toml");
  mkdirSync(join(plan.folder, "waybill"), { mode: 0o750 });
  writeFileSync(file, configuration(plan));
  const url = `https://${bridgeHost(plan.domains)}`;
  let running: Running | null = null;
  return {
    url,
    start: async () => {
      const started = startProgram(
        {
          name: `bridge ${plan.name}`,
          command: process.execPath,
          args: [...node, main, "serve", "--config", file],
          log: join(plan.folder, "waybill.log"),
          namespace: plan.host.namespace,
          // As `waybill postfix` says: Postfix has to be in the group that its sockets belong to.
          unixGroup: "postfix",
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
    alive: () => running?.alive() === true,
    command: (...args) =>
      execFileSync(
        "ip",
        ["netns", "exec", plan.host.namespace, process.execPath, ...node, main, ...args, "--config", file],
        { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
      ),
  };
}
