// A mailbox as its owner's programs see it, over IMAP.
import { ImapFlow } from "imapflow";
import { until } from "../wait.ts";
import { password } from "./lab.ts";
import type { Prepared } from "./organisation.ts";

async function withInbox<T>(organisation: Prepared, login: string, work: (imap: ImapFlow) => Promise<T>): Promise<T> {
  const auth = { user: login, pass: password };
  const imap = new ImapFlow({
    host: organisation.mailHost,
    port: 143,
    secure: false,
    doSTARTTLS: true,
    auth,
    logger: false,
  });
  await imap.connect();
  try {
    const lock = await imap.getMailboxLock("INBOX");
    try {
      return await work(imap);
    } finally {
      lock.release();
    }
  } finally {
    await imap.logout();
  }
}

/** UID of the newest message with this subject. */
export function uidOf(organisation: Prepared, login: string, subject: string): Promise<number> {
  return withInbox(organisation, login, async (imap) => {
    const found = await imap.search({ header: { subject } }, { uid: true });
    const uid = found ? found.at(-1) : undefined;
    if (uid === undefined) throw new Error(`no "${subject}"`);
    return uid;
  });
}

/** Raw messages with this subject, oldest first, one character an octet. */
export function messagesWith(organisation: Prepared, login: string, subject: string): Promise<readonly string[]> {
  return withInbox(organisation, login, async (imap) => {
    const found = await imap.search({ header: { subject } }, { uid: true });
    if (!found || found.length === 0) return [];
    const messages = await imap.fetchAll(found, { source: true }, { uid: true });
    return messages.map((message) => message.source?.toString("latin1") ?? "");
  });
}

/** Waits for one message with this subject; it. */
export function arrivalOf(organisation: Prepared, login: string, subject: string, timeoutMs = 30_000): Promise<string> {
  return until(
    `"${subject}" in the mailbox of ${login}`,
    async () => (await messagesWith(organisation, login, subject)).at(-1),
    { timeoutMs, everyMs: 200 },
  );
}

/** Puts a message into the mailbox past every mail server, as a collector that fetches from elsewhere would. */
export async function putIntoInbox(organisation: Prepared, login: string, raw: string): Promise<void> {
  await withInbox(organisation, login, async (imap) => {
    await imap.append("INBOX", Buffer.from(raw, "latin1"));
  });
}

/** Removes every message with this subject: a forger's altered copy is then the only one a reader can open. */
export async function removeFromInbox(organisation: Prepared, login: string, subject: string): Promise<void> {
  await withInbox(organisation, login, async (imap) => {
    await imap.messageDelete({ header: { subject } });
  });
}
