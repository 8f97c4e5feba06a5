// A Sendmail with a queue, a configuration and a port of its own, which hands all it takes on to one SMTP server.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sendmailMacros, sendmailProgram } from "../../setup/sendmail.ts";

/** Why it cannot run here; null where it can. */
export const sendmailObstacle: string | null =
  process.getuid?.() !== 0
    ? "needs root"
    : existsSync(sendmailProgram) && existsSync("/usr/bin/m4")
      ? null
      : "test/setup/debian.ts has not unpacked it";

export interface Sendmail {
  readonly port: number;
  /** Names of queue files: "qf…" waits, "hf…" is held. */
  queued(): readonly string[];
  stop(): Promise<void>;
}

/** Delivers before it answers, however busy the machine. */
function configuration(folder: string, options: { port: number; milter: string; next: number }): string {
  return `divert(-1)
include(\`${sendmailMacros}')
OSTYPE(\`linux')
define(\`confDOMAIN_NAME', \`mx1.example.net')
define(\`QUEUE_DIR', \`${folder}/queue')
define(\`STATUS_FILE', \`')
define(\`HELP_FILE', \`')
define(\`ALIAS_FILE', \`')
define(\`confPID_FILE', \`${folder}/pid')
define(\`confSERVICE_SWITCH_FILE', \`${folder}/switch')
define(\`confDELIVERY_MODE', \`interactive')
define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit')
define(\`confTRUSTED_USER', \`root')
define(\`confTO_IDENT', \`0')
define(\`confQUEUE_LA', \`10000')
define(\`confREFUSE_LA', \`10000')
define(\`RELAY_MAILER_ARGS', \`TCP $h ${options.next}')
define(\`SMART_HOST', \`relay:[127.0.0.1]')
FEATURE(\`nocanonify')
FEATURE(\`accept_unresolvable_domains')
FEATURE(\`promiscuous_relay')
FEATURE(\`no_default_msa')
DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=${options.port}')
INPUT_MAIL_FILTER(\`waybill', \`S=local:${options.milter}, F=T, T=S:10s;R:10s;E:30s')
MAILER(\`smtp')
`;
}

/** Starts it in the foreground. `next`: port on loopback where all mail goes. */
export async function startSendmail(
  folder: string,
  options: { readonly port: number; readonly milter: string; readonly next: number },
): Promise<Sendmail> {
  mkdirSync(join(folder, "queue"), { mode: 0o700 });
  writeFileSync(join(folder, "switch"), "hosts files\naliases files\n");
  writeFileSync(join(folder, "sendmail.mc"), configuration(folder, options));
  const text = execFileSync("m4", [join(folder, "sendmail.mc")], { stdio: ["ignore", "pipe", "ignore"] });
  writeFileSync(join(folder, "sendmail.cf"), text, { mode: 0o644 });
  // A machine whose name has no dot makes it wait a minute at its start: it gets a name of its own.
  const command = 'hostname mx1.example.net && exec "$0" -C "$1" -bD';
  const args = ["--uts", "sh", "-c", command, sendmailProgram, join(folder, "sendmail.cf")];
  const child: ChildProcess = spawn("unshare", args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while (!(await answers(options.port))) {
    if (child.exitCode !== null) throw new Error(`Sendmail ended with ${child.exitCode}`);
    await sleep(50);
  }
  return {
    port: options.port,
    queued: () => readdirSync(join(folder, "queue")).toSorted(),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
  });
}
