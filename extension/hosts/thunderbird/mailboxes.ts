// Thunderbird's accounts as mailboxes: addresses, hosts, and which mailbox a mail belongs to.
import { mailDomain } from "../../client/bridge-url.ts";
import type { HostAccount } from "../../background/platform.ts";
import { messenger } from "./api.ts";
import type { MailAccount, MessageHeader } from "./api.ts";

const mailTypes: ReadonlySet<string> = new Set(["imap", "pop3", "ews"]);

function hostAccount(account: MailAccount): HostAccount {
  const addresses = account.identities.map((identity) => identity.email).filter((email) => email.includes("@"));
  const domain = mailDomain(addresses[0] ?? "");
  // Thunderbird tells an add-on no server names: these are what providers call theirs.
  const hosts = domain === null ? [] : [`imap.${domain}`, `mail.${domain}`];
  return { id: account.id, name: addresses[0] ?? account.name, addresses, hosts };
}

function mailboxesAmong(accounts: readonly MailAccount[]): readonly HostAccount[] {
  return accounts
    .filter((account) => mailTypes.has(account.type))
    .map(hostAccount)
    .filter((account) => account.addresses.length > 0);
}

/** Every mailbox that gets mail. */
export async function listMailboxes(): Promise<readonly HostAccount[]> {
  return mailboxesAmong(await messenger.accounts.list(false));
}

/** "Alice <alice@example.net>", or the address alone: never the name, which anybody may have chosen. */
function addressIn(recipient: string): string {
  return (/<([^<>]*)>\s*$/.exec(recipient)?.[1] ?? recipient).trim().toLowerCase();
}

function namesReader(list: readonly string[], addresses: readonly string[]): boolean {
  return list.some((recipient) => addresses.some((address) => addressIn(recipient) === address.toLowerCase()));
}

/**
 * Whose mail it is: the account it lies in; for mail moved to Local Folders, the one it is addressed to. Files, feeds and
 * newsgroups are nobody's: anybody may have put a mail there that was sealed for another.
 */
export async function mailboxOf(message: MessageHeader): Promise<HostAccount | null> {
  const accounts = await messenger.accounts.list(false);
  const mailboxes = mailboxesAmong(accounts);
  const place = accounts.find((account) => account.id === message.folder?.accountId);
  const home = mailboxes.find((mailbox) => mailbox.id === place?.id);
  if (home !== undefined || place?.type !== "local") return home ?? null;
  const recipients = [...message.recipients, ...message.ccList];
  return mailboxes.find((mailbox) => namesReader(recipients, mailbox.addresses)) ?? null;
}

/** A message's octets as Thunderbird has them: LF for local mail, CRLF for IMAP. */
export async function readRaw(messageId: number): Promise<Uint8Array> {
  const file = await messenger.messages.getRaw(messageId);
  return new Uint8Array(await file.arrayBuffer());
}
