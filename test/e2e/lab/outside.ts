// Mail from outside: straight to an organisation's mail exchanger, from the desk, byte by byte as given. This is what a
// forger has: any bytes, any envelope, an address of his own.
import { createTransport } from "nodemailer";
import type { Prepared } from "./organisation.ts";

/** Hands `raw` to the organisation's port 25 over STARTTLS; the server's answer, or a throw with its refusal. */
export async function deliverFromOutside(
  organisation: Prepared,
  mail: { readonly from: string; readonly to: string; readonly raw: string },
): Promise<string> {
  const transport = createTransport({ host: organisation.mailHost, port: 25, name: "desk.example", requireTLS: true });
  try {
    const sent = await transport.sendMail({
      envelope: { from: mail.from, to: mail.to },
      raw: Buffer.from(mail.raw, "latin1"),
    });
    return sent.response;
  } finally {
    transport.close();
  }
}
