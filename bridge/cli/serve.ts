// `waybill serve`: the bridge beside an MTA. Starts all or nothing, reloads on SIGHUP, stops without losing what is under way.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ok, perm, type Result } from "../../shared/result.ts";
import { sealDomain } from "../config.ts";
import { nodeCrypto } from "../keys/node-crypto.ts";
import { SignatureWork } from "../keys/signature-work.ts";
import { createLog } from "../log/log.ts";
import { readAdminTokenHash } from "./admin.ts";
import { assembleBridge, type Bridge } from "./assemble.ts";
import { now } from "./clock.ts";
import { configOption, type Call, type Command, type ExitCode } from "./command.ts";
import { listen, type Listeners } from "./listen.ts";
import { runLoops } from "./loops.ts";
import { serviceManager, type ServiceManager } from "./notify.ts";
import { configPath, readSetup, type Setup } from "./setup.ts";

/** Where Vite puts the pages. */
export const builtPages = join(import.meta.dirname, "..", "..", "dist", "pages");

type BridgeLog = ReturnType<typeof createLog>;

function makeState(path: string): Result<void> {
  try {
    if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o750 });
    return ok(undefined);
  } catch (error) {
    return perm("cli/state", `state: ${error instanceof Error ? error.message : path}`);
  }
}

/** Takes up a changed configuration; a bad one changes nothing and is said. Whether it was taken up. */
async function reload(path: string, bridge: Bridge, listeners: Listeners, log: BridgeLog): Promise<boolean> {
  const setup = readSetup(path);
  if (!setup.ok) {
    log.error({ code: setup.code, detail: setup.detail }, "reload: the configuration is wrong, the old one stays");
    return false;
  }
  const done = await bridge.live.reload(setup.value);
  if (!done.ok) {
    log.error({ code: done.code, detail: done.detail }, "reload: keys cannot be read, everything stays as it was");
    return false;
  }
  const { floor, policy, tls, config } = setup.value;
  bridge.policies.change({ floor, default: policy });
  if (tls !== null) listeners.http.renew({ key: tls.key, cert: tls.certificate });
  log.level = config.log.level;
  if (done.value.length > 0) log.warn({ settings: done.value }, "reload: these settings wait for a restart");
  log.info({}, "reload: done");
  return true;
}

/** One reload after the other: of two that were asked for at once, the later file counts. */
function reloads(once: () => Promise<boolean>, manager: ServiceManager, status: string, log: BridgeLog): () => void {
  let last = Promise.resolve();
  const run = async (): Promise<void> => {
    await manager.reloading();
    const taken = await once().catch((error: unknown) => {
      log.error({ err: error }, "reload: failed");
      return false;
    });
    await manager.ready(taken ? status : `${status}; the last reload failed, see the log`);
  };
  return () => void (last = last.then(run));
}

function started(setup: Setup, listeners: Listeners): object {
  const { config } = setup;
  return {
    domain: sealDomain(config),
    milters: listeners.milters.map((milter) => milter.address),
    http: listeners.http.url,
    enforce: !config.report_only,
  };
}

/** Heard from the beginning: SIGHUP ends a process that doesn't listen, and systemd takes that for an orderly end. */
function listenForReloads({ terminal }: Call): (reload: () => void) => void {
  let early = false;
  let run = (): void => void (early = true);
  terminal.onReload(() => run());
  return (reload) => {
    run = reload;
    if (early) reload();
  };
}

async function runServe(call: Call): Promise<Result<ExitCode>> {
  const whenAsked = listenForReloads(call);
  const path = configPath(call);
  const setup = readSetup(path);
  if (!setup.ok) return setup;
  const { config } = setup.value;
  const state = makeState(config.state);
  if (!state.ok) return state;
  const log = createLog(config.log.level);
  const signatures = new SignatureWork();
  const [crypto, clock] = [nodeCrypto(signatures), { now }];
  const bridge = await assembleBridge({
    setup: setup.value,
    crypto,
    clock,
    log,
    signatures,
    pages: [{ path: "/admin/", directory: join(builtPages, "postmaster") }],
    demo: null,
    adminTokenHash: () => readAdminTokenHash(config),
  });
  if (!bridge.ok) return bridge;
  // What fails while starting takes down what has started.
  const ending = new AbortController();
  const signal = AbortSignal.any([call.signal, ending.signal]);
  const listeners = await listen(bridge.value, setup.value, { clock, log, signal });
  if (!listeners.ok) {
    ending.abort();
    await bridge.value.store.close();
    return listeners;
  }
  const loops = runLoops(bridge.value, { crypto, clock, log, signal });
  const manager = serviceManager(call.terminal.environment, log);
  const status = `${config.milter.length} milter listeners`;
  const again = (): Promise<boolean> => reload(path, bridge.value, listeners.value, log);
  log.info(started(setup.value, listeners.value), "ready");
  await manager.ready(status);
  whenAsked(reloads(again, manager, status, log));
  if (signal.aborted) void manager.stopping();
  else signal.addEventListener("abort", () => void manager.stopping(), { once: true });
  await Promise.all([listeners.value.stopped, loops]);
  await bridge.value.store.close();
  log.info({}, "stopped");
  log.flush();
  return ok(0);
}

/** `waybill serve`. */
export const serveCommand: Command = {
  name: "serve",
  parameters: "",
  summary: "Run the bridge (systemd does: systemctl start waybill)",
  details:
    "SIGHUP takes up a changed configuration, certificates and keys; a wrong one changes nothing. SIGTERM and SIGINT stop it.",
  options: configOption,
  run: runServe,
};
