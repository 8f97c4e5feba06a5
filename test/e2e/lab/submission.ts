// A mail program without a window: hands mail to an organisation's submission port as one of its users.
import { createTransport } from "nodemailer";
import { password } from "./lab.ts";
import type { Prepared } from "./organisation.ts";

/** One mail, as its writer wishes it. */
export interface Writing {
  /** Also the login. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** What the compose button would say; null: nothing is declared. */
  readonly purpose: string | null;
}

/** Submits; a throw carries the server's refusal. */
export async function submit(organisation: Prepared, mail: Writing): Promise<void> {
  const transport = createTransport({
    host: organisation.mailHost,
    port: 587,
    name: "desk.example",
    requireTLS: true,
    auth: { user: mail.from, pass: password },
  });
  const { from, to, subject, text, purpose } = mail;
  const headers = purpose === null ? {} : { "X-IPP-Purpose": purpose };
  try {
    await transport.sendMail({ from, to: [...to], subject, text, headers });
  } finally {
    transport.close();
  }
}
