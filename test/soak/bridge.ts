// A bridge as systemd starts it: the command, its bundle, its flags; killed, stopped, reloaded and started again.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { type Running, startProgram } from "../e2e/running.ts";
import { until } from "../e2e/wait.ts";

/** What a bridge is made for. */
export interface BridgePlan {
  readonly domain: string;
  readonly folder: string;
  readonly port: number;
  readonly resolver: string;
  /** Of both bridges' https. */
  readonly pki: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** An answer over https. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

const waybill = join(import.meta.dirname, "..", "..", "bridge", "waybill");

function configuration({ domain, folder, port, resolver }: BridgePlan): string {
  const at = (name: string): string => JSON.stringify(join(folder, name));
  return `hostname = "mx.${domain}"
domains = ["${domain}"]
state = ${at("state")}
[[milter]]
kind = "border"
listen = ${at("milter.sock")}
mode = "0666"
[policy_service]
listen = ${at("policy.sock")}
[http]
listen = "127.0.0.1:${port}"
url = "https://ipp.${domain}:${port}"
certificate = ${at("https.pem")}
key = ${at("https.key")}
[dns]
resolver = "${resolver}"
timeout_ms = 1000
[fetch]
allow_loopback = true
ca = ${at("ca.pem")}
[reports]
undo_seconds = 5
delay_min_seconds = 0
delay_max_seconds = 0
`;
}

/** One bridge with its folder. */
export class SoakBridge {
  readonly plan: BridgePlan;
  readonly #config: string;
  readonly #signal: AbortSignal;
  #running: Running | null = null;

  constructor(plan: BridgePlan, signal: AbortSignal) {
    this.plan = plan;
    this.#signal = signal;
    const { folder, pki } = plan;
    mkdirSync(join(folder, "state"), { recursive: true });
    const files = { "https.pem": pki.cert, "https.key": pki.key, "ca.pem": pki.ca };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, { mode: 0o600 });
    this.#config = join(folder, "waybill.toml");
    writeFileSync(this.#config, configuration(plan));
  }

  get milter(): string {
    return join(this.plan.folder, "milter.sock");
  }

  get database(): string {
    return join(this.plan.folder, "state", "waybill.db");
  }

  /** null while none runs. */
  get pid(): number | null {
    return this.#running?.alive() === true ? this.#running.pid : null;
  }

  /** Starts it, and waits until it is ready; for how long, ms. */
  async start(): Promise<number> {
    const began = performance.now();
    const before = this.logLines('"ready"');
    const log = join(this.plan.folder, "waybill.log");
    const args = ["serve", "--config", this.#config];
    const name = `bridge of ${this.plan.domain}`;
    const running = startProgram({ name, command: waybill, args, log, graceMs: 45_000 }, this.#signal);
    this.#running = running;
    await until(name, () => {
      if (!running.alive()) throw new Error(`it has ended; see ${running.log}`);
      return this.logLines('"ready"') > before;
    });
    return performance.now() - began;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#running?.kill();
  }

  /** SIGTERM, and waiting for its end; for how long, ms. */
  async stop(): Promise<number> {
    const began = performance.now();
    await this.#running?.stop();
    return performance.now() - began;
  }

  /** SIGHUP, and waiting until it is done. */
  async reload(): Promise<void> {
    const before = this.logLines("reload: done");
    if (this.pid === null) throw new Error("no bridge to reload");
    process.kill(this.pid, "SIGHUP");
    await until("the reload", () => this.logLines("reload: done") > before);
  }

  /** How many lines of its log have these words. */
  logLines(words: string): number {
    try {
      return readFileSync(join(this.plan.folder, "waybill.log"), "utf8").split(words).length - 1;
    } catch {
      return 0;
    }
  }

  /** Runs another command with its configuration; what it printed. */
  command(...args: readonly string[]): string {
    return execFileSync(waybill, [...args, "--config", this.#config], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** A request to its https side; rejects where nobody answers. */
  ask(method: string, path: string, parts: { headers?: Record<string, string>; body?: string } = {}) {
    const { port, pki } = this.plan;
    return new Promise<HttpAnswer>((resolve, reject) => {
      const options = { method, host: "127.0.0.1", port, path, ca: pki.ca, headers: parts.headers, agent: false };
      const asking = request({ ...options, timeout: 10_000 }, (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (body += piece));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
        answer.on("error", reject);
      });
      asking.on("error", reject);
      asking.on("timeout", () => asking.destroy(new Error("no answer within 10 s")));
      asking.end(parts.body);
    });
  }

  /** Whether /readyz says so. */
  async ready(): Promise<boolean> {
    return (await this.ask("GET", "/readyz").catch(() => null))?.status === 200;
  }

  /** A metric's value by its name and labels as Prometheus' text has them; null: there is none. */
  async metric(name: string): Promise<number | null> {
    const { body } = await this.ask("GET", "/metrics");
    const line = body.split("\n").find((each) => each.startsWith(`${name} `));
    return line === undefined ? null : Number(line.slice(name.length + 1));
  }
}
