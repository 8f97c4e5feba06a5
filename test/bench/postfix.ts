// A minimal Postfix on loopback with a queue of its own, for the benchmarks and for the milter's tests. Needs root.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What is wanted of it. */
export interface PostfixWish {
  /** An absolute path that every user may enter; made where it is not there. */
  readonly folder: string;
  /** More lines for main.cf, each replacing one of the same name. */
  readonly main: readonly string[];
  /** Mail for example.test goes to "discard", or into files below FOLDER/mail. */
  readonly deliver: "discard" | "files";
  /** Further listeners: smtpd_milters of each. */
  readonly milters?: readonly string[];
}

/** A Postfix that runs. */
export interface MinimalPostfix {
  readonly port: number;
  /** Of the further listeners. */
  readonly ports: readonly number[];
  /** The log so far. */
  log(): string;
  /** Mails in the queue, by its folder ("hold", "deferred" …). */
  queued(name: string): string[];
  /** What was delivered, in "files". */
  delivered(): string;
  stop(): Promise<void>;
}

/** Whether it can run here. */
export const canRunPostfix = process.getuid?.() === 0 && existsSync("/usr/lib/postfix/sbin/master");

/** A TCP port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function mainFile({ folder, main, deliver }: PostfixWish): string {
  const mail = execFileSync("id", ["-u", "mail"], { encoding: "utf8" }).trim();
  const lines = [
    "compatibility_level = 3.7",
    `queue_directory = ${folder}/queue`,
    `data_directory = ${folder}/data`,
    "command_directory = /usr/sbin",
    "daemon_directory = /usr/lib/postfix/sbin",
    "mail_owner = postfix",
    "setgid_group = postdrop",
    `maillog_file = ${folder}/mail.log`,
    `maillog_file_prefixes = ${folder}`,
    `import_environment = MAIL_CONFIG=${folder}/etc`,
    "myhostname = mx.example.test",
    "mydomain = example.test",
    "mydestination =",
    "mynetworks =",
    "inet_interfaces = 127.0.0.1",
    "inet_protocols = ipv4",
    "alias_maps =",
    "local_recipient_maps =",
    "biff = no",
    "virtual_mailbox_domains = example.test",
    ...(deliver === "discard" ? ["virtual_transport = discard:"] : []),
    `virtual_mailbox_base = ${folder}/mail`,
    "virtual_mailbox_maps = static:box",
    "virtual_minimum_uid = 1",
    `virtual_uid_maps = static:${mail}`,
    `virtual_gid_maps = static:${mail}`,
    "smtpd_relay_restrictions = reject_unauth_destination",
    "smtpd_client_connection_count_limit = 0",
    "smtpd_peername_lookup = no",
    "smtpd_tls_fingerprint_digest = sha256",
    "in_flow_delay = 0",
    ...main,
  ];
  // A name given twice deadlocks postlogd together with maillog_file: the later line replaces the earlier.
  return `${[...new Map(lines.map((line) => [line.split("=")[0]?.trim() ?? "", line])).values()].join("\n")}\n`;
}

const services = [
  "pickup unix n - n 60 1 pickup",
  "cleanup unix n - n - 0 cleanup",
  "qmgr unix n - n 300 1 qmgr",
  "tlsmgr unix - - n 1000? 1 tlsmgr",
  "rewrite unix - - n - - trivial-rewrite",
  "bounce unix - - n - 0 bounce",
  "defer unix - - n - 0 bounce",
  "trace unix - - n - 0 bounce",
  "verify unix - - n - 1 verify",
  "proxymap unix - - n - - proxymap",
  "proxywrite unix - - n - 1 proxymap",
  "smtp unix - - n - - smtp",
  "showq unix n - n - - showq",
  "error unix - - n - - error",
  "retry unix - - n - - error",
  "discard unix - - n - - discard",
  "virtual unix - n n - - virtual",
  "anvil unix - - n - 1 anvil",
  "postlog unix-dgram n - n - 1 postlogd",
];

/** Starts it in the foreground and waits until it listens. */
export async function startPostfix(wish: PostfixWish): Promise<MinimalPostfix> {
  const { folder } = wish;
  const port = await freePort();
  const milters = await Promise.all((wish.milters ?? []).map(async (milter) => ({ milter, port: await freePort() })));
  for (const name of ["etc", "queue", "data", "mail"]) mkdirSync(join(folder, name), { recursive: true });
  chmodSync(folder, 0o755);
  const idOf = (user: string): number => Number(execFileSync("id", ["-u", user], { encoding: "utf8" }));
  chownSync(join(folder, "data"), idOf("postfix"), 0);
  chownSync(join(folder, "mail"), idOf("mail"), 0);
  writeFileSync(join(folder, "etc", "main.cf"), mainFile(wish));
  const smtpd = [
    `127.0.0.1:${port} inet n - n - 200 smtpd`,
    ...milters.map((each) => `127.0.0.1:${each.port} inet n - n - 200 smtpd\n  -o smtpd_milters=${each.milter}`),
  ];
  writeFileSync(join(folder, "etc", "master.cf"), `${[...smtpd, ...services].join("\n")}\n`);
  const child = spawn("/usr/sbin/postfix", ["-c", join(folder, "etc"), "start-fg"], { stdio: "ignore" });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const logFile = join(folder, "mail.log");
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, "utf8") : "");
  for (let tries = 0; !log().includes("daemon started"); tries += 1) {
    if (tries > 400 || child.exitCode !== null) throw new Error(`Postfix did not start: ${log()}`);
    await sleep(25);
  }
  return {
    port,
    ports: milters.map((each) => each.port),
    log,
    queued: (name) =>
      execFileSync("find", [join(folder, "queue", name), "-type", "f"], { encoding: "utf8" })
        .split("\n")
        .filter(Boolean),
    delivered: () => {
      const file = join(folder, "mail", "box");
      return existsSync(file) ? readFileSync(file, "latin1") : "";
    },
    async stop() {
      if (child.exitCode !== null) return;
      execFileSync("/usr/sbin/postfix", ["-c", join(folder, "etc"), "stop"], { stdio: "ignore" });
      await gone;
    },
  };
}
