// The bridge's own mail, handed to the local MTA: pairing codes, feedback reports. nodemailer stops here.
import { createTransport } from "nodemailer";
import { ok, type Result, temp } from "../../shared/result.ts";

/** One mail of the bridge. */
export interface OwnMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends the bridge's own mail. Failures are temporary: "mail/send". */
export interface Mailer {
  send(mail: OwnMail): Promise<Result<void>>;
  /** A whole mail, CRLF line ends, header included. */
  sendRaw(to: string, raw: Uint8Array): Promise<Result<void>>;
}

/** Where the bridge hands in its mail, and as whom. */
export interface MailerSettings {
  readonly host: string;
  readonly port: number;
  readonly from: string;
}

/** How long the local MTA may take for one step, ms. */
const timeoutMs = 10_000;

/** A mailer over SMTP without authentication: the local MTA trusts loopback. TLS is taken where offered, unverified. */
export function createMailer({ host, port, from }: MailerSettings): Mailer {
  const transport = createTransport({
    host,
    port,
    secure: false,
    tls: { rejectUnauthorized: false },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  async function attempt(job: () => Promise<unknown>): Promise<Result<void>> {
    try {
      await job();
      return ok(undefined);
    } catch (error) {
      return temp("mail/send", error instanceof Error ? error.message : "unknown");
    }
  }
  return {
    send: ({ to, subject, text, headers }) =>
      attempt(() =>
        transport.sendMail({
          from,
          to: { name: "", address: to },
          subject,
          text,
          // RFC 3834 section 5: nobody's vacation notice answers this.
          headers: { "Auto-Submitted": "auto-generated", ...headers },
        }),
      ),
    sendRaw: (to, raw) => attempt(() => transport.sendMail({ envelope: { from, to }, raw: Buffer.from(raw) })),
  };
}
