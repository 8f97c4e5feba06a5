// The demo's sending mail servers: one mail over real SMTP, from a loopback address of its own, with or without TLS.
import { createTransport } from "nodemailer";
import type { TlsIdentity } from "./world.ts";

/** How a mail travels. */
export interface Way {
  readonly port: number;
  /** Local address to speak from. */
  readonly address: string;
  readonly helo: string;
  /** null: without TLS. */
  readonly tls: { readonly ca: string; readonly identity: TlsIdentity | null } | null;
}

/** Hands one mail over; throws what SMTP answers. */
export async function sendMail(
  way: Way,
  mail: { readonly from: string; readonly to: readonly string[]; readonly raw: Uint8Array },
): Promise<void> {
  const { tls, port, helo, address } = way;
  const identity = tls?.identity ?? null;
  const secure =
    tls === null
      ? { ignoreTLS: true }
      : {
          requireTLS: true,
          tls: {
            ca: tls.ca,
            servername: "mx.home.example",
            minVersion: "TLSv1.3" as const,
            ...(identity === null ? {} : { cert: identity.certificate, key: identity.key }),
          },
        };
  const transport = createTransport({
    host: "127.0.0.1",
    port,
    name: helo,
    secure: false,
    // All of 127.0.0.0/8 is this machine's on Linux; elsewhere 127.0.0.1 alone, and all senders look like one.
    ...(process.platform === "linux" ? { localAddress: address } : {}),
    ...secure,
  });
  try {
    await transport.sendMail({ envelope: { from: mail.from, to: [...mail.to] }, raw: Buffer.from(mail.raw) });
  } finally {
    transport.close();
  }
}
