// Dovecot with settings of its own: mailboxes over IMAP, delivery over LMTP, and passwords for Postfix's SASL.
import { chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram, type Running } from "../running.ts";
import { until } from "../wait.ts";

/** One mailbox. */
export interface Mailbox {
  readonly login: string;
  readonly password: string;
}

/** What a test asks for. */
export interface DovecotOptions {
  /** Folder of its own; every user of the machine must be able to enter it (its processes run as dovecot and dovenull). */
  readonly folder: string;
  /** How it names itself, in the Received field of its LMTP. */
  readonly hostname: string;
  /** Address IMAP listens on. */
  readonly address: string;
  readonly imapPort: number;
  /** STARTTLS certificate; null: without TLS, for loopback. */
  readonly certificate: { readonly chain: string; readonly key: string } | null;
  readonly mailboxes: readonly Mailbox[];
  readonly namespace?: string;
}

/** A Dovecot that runs. */
export interface Dovecot {
  readonly program: Running;
  /** UNIX socket: Postfix's smtpd_sasl_path. */
  readonly authSocket: string;
  /** UNIX socket: Postfix's virtual_transport = lmtp:unix:… */
  readonly lmtpSocket: string;
  stop(): Promise<void>;
}

/** Debian's user "mail": the mailboxes' owner. */
const owner = 8;

function settings(options: DovecotOptions, auth: string, lmtp: string): string {
  const { folder, certificate } = options;
  const tls =
    certificate === null
      ? "ssl = no\ndisable_plaintext_auth = no"
      : `ssl = required\nssl_cert = <${certificate.chain}\nssl_key = <${certificate.key}\nssl_min_protocol = TLSv1.2`;
  return `protocols = imap lmtp
listen = ${options.address}
hostname = ${options.hostname}
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
${tls}
auth_mechanisms = plain login
auth_username_format = %Lu
mail_location = maildir:${folder}/mail/%u
mail_uid = ${owner}
mail_gid = ${owner}
first_valid_uid = ${owner}
first_valid_gid = ${owner}
default_internal_user = dovecot
default_login_user = dovenull
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
lmtp_rcpt_check_quota = no
protocol lmtp {
  postmaster_address = postmaster@localhost
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
userdb {
  driver = static
  args = uid=${owner} gid=${owner} home=${folder}/mail/%u allow_all_users=no
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Junk {
    special_use = \\Junk
    auto = subscribe
  }
  mailbox Sent {
    special_use = \\Sent
    auto = subscribe
  }
}
service auth {
  unix_listener ${auth} {
    mode = 0666
  }
}
service lmtp {
  unix_listener ${lmtp} {
    mode = 0666
  }
}
service imap-login {
  inet_listener imap {
    port = ${options.imapPort}
  }
  inet_listener imaps {
    port = 0
  }
}
`;
}

/** Starts Dovecot in the foreground and waits until its sockets are there. */
export async function startDovecot(options: DovecotOptions, signal: AbortSignal): Promise<Dovecot> {
  const { folder } = options;
  for (const name of ["", "run", "state", "mail"]) mkdirSync(join(folder, name), { recursive: true });
  chownSync(join(folder, "mail"), owner, owner);
  const users = options.mailboxes.map(({ login, password }) => `${login}:{PLAIN}${password}::::::\n`);
  writeFileSync(join(folder, "users"), users.join(""));
  const [authSocket, lmtpSocket] = [join(folder, "auth.sock"), join(folder, "lmtp.sock")];
  const file = join(folder, "dovecot.conf");
  writeFileSync(file, settings(options, authSocket, lmtpSocket));
  const program = startProgram(
    {
      name: "dovecot",
      command: "/usr/sbin/dovecot",
      args: ["-F", "-c", file],
      log: join(folder, "dovecot.out"),
      namespace: options.namespace,
    },
    signal,
  );
  await until("Dovecot", () => {
    if (!program.alive()) throw new Error(`Dovecot has ended; see ${program.log}`);
    return existsSync(authSocket) && existsSync(lmtpSocket);
  });
  return { program, authSocket, lmtpSocket, stop: () => program.stop() };
}
