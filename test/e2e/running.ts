// One started program: its log in a file, ended by its own pid, when asked or when the signal says so.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What to start. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Network namespace it runs in; this process's own without. */
  readonly namespace?: string | undefined;
  /** File for standard output and error, appended. */
  readonly log: string;
  /** Group (of the system's users) it runs in; its own group stays without. */
  readonly unixGroup?: string;
  /** In a process group of its own, which is ended as a whole: for programs that leave children behind. */
  readonly group?: boolean;
  /** File with the pid to signal, for a program that only watches over the real one. */
  readonly pidFile?: string;
  /** How long it may take to end after SIGTERM before SIGKILL, ms. */
  readonly graceMs?: number;
}

/** A program that runs. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** False once it has ended. */
  alive(): boolean;
  /** SIGTERM, then SIGKILL; resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL at once, as a crash or a power cut would. */
  kill(): Promise<void>;
}

function groupId(name: string): number {
  return Number(execFileSync("getent", ["group", name], { encoding: "utf8" }).split(":")[2]);
}

/** Starts a program. An aborted signal stops it. */
export function startProgram(program: Program, signal: AbortSignal): Running {
  signal.throwIfAborted();
  mkdirSync(dirname(program.log), { recursive: true });
  const out = openSync(program.log, "a");
  const [command, args] =
    program.namespace === undefined
      ? [program.command, program.args]
      : ["ip", ["netns", "exec", program.namespace, program.command, ...program.args]];
  const child = spawn(command, args, {
    stdio: ["ignore", out, out],
    detached: program.group === true,
    ...(program.unixGroup === undefined ? {} : { gid: groupId(program.unixGroup) }),
    env: { ...process.env, ...program.env },
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
  });
  closeSync(out);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program.name}: ${command} does not start`);
  let ended = false;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => {
      ended = true;
      resolve();
    });
  });
  const target = (): number => {
    if (program.pidFile !== undefined && existsSync(program.pidFile))
      return Number(readFileSync(program.pidFile, "utf8"));
    return program.group === true ? -pid : pid;
  };
  const send = (what: "SIGTERM" | "SIGKILL"): void => {
    try {
      process.kill(target(), what);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  const stop = async (): Promise<void> => {
    if (!ended) {
      send("SIGTERM");
      const patience = new AbortController();
      await Promise.race([
        gone,
        sleep(program.graceMs ?? 5_000, undefined, { signal: patience.signal }).catch(() => null),
      ]);
      patience.abort();
    }
    if (!ended || program.group === true) send("SIGKILL");
    await gone;
  };
  const onAbort = (): void => void stop();
  signal.addEventListener("abort", onAbort, { once: true });
  void gone.then(() => signal.removeEventListener("abort", onAbort));
  return {
    name: program.name,
    pid,
    log: program.log,
    alive: () => !ended,
    stop,
    kill: async () => {
      send("SIGKILL");
      await gone;
    },
  };
}
