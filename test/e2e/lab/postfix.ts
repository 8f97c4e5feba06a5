// A Postfix of one organisation, with a queue and settings of its own: mail exchanger on 25, submission on 587 for the
// organisation's people (SASL by Dovecot), delivery by LMTP, and a client certificate shown to every other server.
import { chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { startProgram, type Running } from "../running.ts";
import { until } from "../wait.ts";
import type { Issued } from "./authority.ts";
import type { Dovecot } from "./dovecot.ts";
import type { Host } from "./namespaces.ts";

/** What a test asks for. */
export interface PostfixOptions {
  readonly host: Host;
  readonly folder: string;
  readonly hostname: string;
  /** Domains whose mail ends here. */
  readonly domains: readonly string[];
  readonly addresses: readonly string[];
  /** Addresses whose mail is sent on to another. */
  readonly forwards: Readonly<Record<string, string>>;
  readonly dovecot: Dovecot;
  /** For its server and its client side. */
  readonly certificate: Issued;
  /** Whom it trusts for other servers' certificates. */
  readonly authority: string;
  /** Milters it has before Waybill comes: "unix:/…". */
  readonly milters: readonly string[];
  /** What `waybill postfix --postfix-config FOLDER` prints for what is there so far. */
  readonly waybill: (folder: string) => string;
}

/** Lines for the two files: "name = value", and whole services. */
interface PostfixLines {
  readonly main: readonly string[];
  readonly services: readonly string[];
}

/** Takes apart what `waybill postfix` prints. */
function parsePostfixLines(text: string): PostfixLines {
  const [main = "", services = ""] = text.split(/^# master\.cf:.*$/m);
  const wanted = (part: string): string[] => part.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return { main: wanted(main), services: wanted(services) };
}

/** A Postfix that runs. */
export interface Postfix {
  readonly program: Running;
  readonly log: string;
  /** Messages in the queue, and those of them that have been tried in vain. */
  queued(): number;
  deferred(): number;
  /** Tries everything in the queue now. */
  flush(): void;
  stop(): Promise<void>;
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
  "flush unix n - n 1000? 0 flush",
  "proxymap unix - - n - - proxymap",
  "proxywrite unix - - n - 1 proxymap",
  "smtp unix - - n - - smtp",
  "relay unix - - n - - smtp",
  "showq unix n - n - - showq",
  "error unix - - n - - error",
  "retry unix - - n - - error",
  "discard unix - - n - - discard",
  "lmtp unix - - n - - lmtp",
  "anvil unix - - n - 1 anvil",
  "scache unix - - n - 1 scache",
  "postlog unix-dgram n - n - 1 postlogd",
];

function mainFile(options: PostfixOptions, added: readonly string[]): string {
  const { folder, host, certificate } = options;
  const inline = (pairs: readonly (readonly [string, string])[]): string =>
    `inline:{${pairs.map(([key, value]) => `${key}=${value}`).join(" ")}}`;
  const forwards = Object.entries(options.forwards);
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
    `myhostname = ${options.hostname}`,
    `mydomain = ${options.domains[0] ?? options.hostname}`,
    "myorigin = $mydomain",
    "mydestination =",
    "mynetworks = 127.0.0.0/8",
    `inet_interfaces = 127.0.0.1, ${host.address}`,
    `smtp_bind_address = ${host.address}`,
    "inet_protocols = ipv4",
    "alias_maps =",
    "local_recipient_maps =",
    "biff = no",
    `virtual_mailbox_domains = ${options.domains.join(", ")}`,
    `virtual_mailbox_maps = ${inline(options.addresses.map((address) => [address, address]))}`,
    ...(forwards.length === 0 ? [] : [`virtual_alias_maps = ${inline(forwards)}`]),
    `virtual_transport = lmtp:unix:${options.dovecot.lmtpSocket}`,
    "recipient_delimiter = +",
    "smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
    "smtpd_sasl_type = dovecot",
    `smtpd_sasl_path = unix:${options.dovecot.authSocket}`,
    "smtpd_tls_security_level = may",
    `smtpd_tls_chain_files = ${certificate.key}, ${certificate.chain}`,
    `smtpd_tls_CAfile = ${options.authority}`,
    "smtpd_tls_ask_ccert = yes",
    "smtpd_tls_fingerprint_digest = sha256",
    "smtpd_tls_received_header = yes",
    "smtpd_tls_loglevel = 1",
    "smtp_host_lookup = dns",
    "smtp_dns_support_level = dnssec",
    "smtp_tls_security_level = dane",
    `smtp_tls_chain_files = ${certificate.key}, ${certificate.chain}`,
    `smtp_tls_CAfile = ${options.authority}`,
    "smtp_tls_loglevel = 1",
    "queue_run_delay = 3s",
    "minimal_backoff_time = 3s",
    "maximal_backoff_time = 6s",
    "smtpd_error_sleep_time = 0",
    "smtpd_client_connection_count_limit = 0",
    `smtpd_milters = ${options.milters.join(", ")}`,
    ...added,
  ];
  // A name given twice deadlocks postlogd together with maillog_file: the later line replaces the earlier.
  const byName = new Map(lines.map((line) => [line.split("=")[0]?.trim() ?? "", line]));
  return `${[...byName.values()].join("\n")}\n`;
}

/** As it was before Waybill came. */
const usual = [
  "smtp inet n - n - - smtpd",
  "submission inet n - n - - smtpd",
  "  -o smtpd_tls_security_level=encrypt",
  "  -o smtpd_sasl_auth_enable=yes",
  "  -o smtpd_client_restrictions=permit_sasl_authenticated,reject",
];

/** Starts Postfix in the foreground and waits until it listens. */
export async function startPostfix(options: PostfixOptions, signal: AbortSignal): Promise<Postfix> {
  const { folder, host } = options;
  const etc = join(folder, "etc");
  for (const name of ["etc", "queue", "data"]) mkdirSync(join(folder, name), { recursive: true });
  const owner = Number(execFileSync("id", ["-u", "postfix"], { encoding: "utf8" }));
  chownSync(join(folder, "data"), owner, 0);
  const write = (main: readonly string[], incoming: readonly string[]): void => {
    writeFileSync(join(etc, "main.cf"), mainFile(options, main));
    const given = new Set(incoming.map((line) => line.split(/\s+/).slice(0, 2).join(" ")));
    const rest = services.filter((line) => !given.has(line.split(" ").slice(0, 2).join(" ")));
    writeFileSync(join(etc, "master.cf"), `${[...incoming, ...rest].join("\n")}\n`);
  };
  write([], usual);
  const lines = parsePostfixLines(options.waybill(etc));
  write(lines.main, lines.services);
  const program = startProgram(
    {
      name: `postfix ${options.hostname}`,
      command: "/usr/sbin/postfix",
      args: ["-c", etc, "start-fg"],
      log: join(folder, "postfix.out"),
      pidFile: join(folder, "queue", "pid", "master.pid"),
      namespace: host.namespace,
    },
    signal,
  );
  const log = join(folder, "mail.log");
  await until(`Postfix at ${options.hostname}`, () => {
    if (!program.alive()) throw new Error(`Postfix has ended; see ${program.log}`);
    return readFileSync(log, "utf8").includes("daemon started");
  });
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync("ip", ["netns", "exec", host.namespace, command, "-c", etc, ...args], { encoding: "utf8" });
  const queue = (): string[] => run("/usr/sbin/postqueue", "-j").split("\n").filter(Boolean);
  return {
    program,
    log,
    queued: () => queue().length,
    deferred: () => queue().filter((line) => line.includes('"queue_name": "deferred"')).length,
    flush: () => void run("/usr/sbin/postqueue", "-f"),
    stop: () => program.stop(),
  };
}
