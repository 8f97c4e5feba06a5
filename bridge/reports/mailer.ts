// The bridge's own mail, handed to the local MTA: pairing codes, feedback reports. nodemailer stops here.
import type { Transporter } from "nodemailer";
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

/** Characters of a refusal that are looked at. */
const longestRefusal = 1_000;
/** How long the local MTA may take for one step, ms. */
const timeoutMs = 10_000;

/** An MTA's refusal without the addresses it repeats: it is logged, and kept with the report. */
function nameless(text: string): string {
  return text.slice(0, longestRefusal).replace(/[^\s<>"(),;:@]{1,64}@[^\s<>"(),;:@]{1,255}/g, "…");
}

async function openTransport(host: string, port: number): Promise<Transporter> {
  // Loaded when the first mail is sent: most bridges send a few a week, and it takes megabytes.
  const { createTransport } = await import("nodemailer");
  return createTransport({
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
}

/** A mailer over SMTP without authentication: the local MTA trusts loopback. TLS is taken where offered, unverified. */
export function createMailer({ host, port, from }: MailerSettings): Mailer {
  let transport: Promise<Transporter> | null = null;
  async function attempt(job: (transport: Transporter) => Promise<unknown>): Promise<Result<void>> {
    try {
      transport ??= openTransport(host, port);
      await job(await transport);
      return ok(undefined);
    } catch (error) {
      return temp("mail/send", nameless(error instanceof Error ? error.message : "unknown"));
    }
  }
  return {
    send: ({ to, subject, text, headers }) =>
      attempt((transport) =>
        transport.sendMail({
          from,
          to: { name: "", address: to },
          subject,
          text,
          // RFC 3834 section 5: nobody's vacation notice answers this.
          headers: { "Auto-Submitted": "auto-generated", ...headers },
        }),
      ),
    sendRaw: (to, raw) => attempt((transport) => transport.sendMail({ envelope: { from, to }, raw: Buffer.from(raw) })),
  };
}
