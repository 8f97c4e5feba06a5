// A mail server of somebody else's: takes any mail as it is, and does nothing with it.
import { SMTPServer } from "smtp-server";

/** One that runs. */
export interface MailSink {
  /** Raw mails so far, one character an octet. */
  readonly mails: readonly string[];
  stop(): Promise<void>;
}

/** Listens on an address of this host. */
export async function startMailSink(address: string, port: number): Promise<MailSink> {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, _, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        mails.push(Buffer.concat(chunks).toString("latin1"));
        done();
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve());
  });
  return { mails, stop: () => new Promise((resolve) => server.close(() => resolve())) };
}
