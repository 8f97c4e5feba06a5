// Looks for the mail with the pairing code in the inboxes that wait for one.
import { splitMessage } from "../../../shared/header/split.ts";
import type { Background } from "../../background/background.ts";
import { takePairingMail } from "../../background/pairing-mail.ts";
import type { HostAccount } from "../../background/platform.ts";
import { messenger } from "./api.ts";
import type { MessageHeader } from "./api.ts";
import { listMailboxes, readRaw } from "./mailboxes.ts";

/** A pairing mail is a few lines; larger mails are not read for it. */
const maxMailBytes = 65_536;
/** Mails of one inbox that are looked at in one go, newest first. */
const maxMails = 30;
/** Clocks of bridge and reader may differ, s. */
const slackSeconds = 3_600;

async function newestMails(accountId: string, sinceSeconds: number): Promise<readonly MessageHeader[]> {
  const inboxes = await messenger.folders.query({ accountId, specialUse: ["inbox"] });
  const found: MessageHeader[] = [];
  for (const inbox of inboxes) {
    const list = await messenger.messages.query({
      folderId: inbox.id,
      fromDate: new Date((sinceSeconds - slackSeconds) * 1000),
    });
    found.push(...list.messages);
  }
  return found
    .filter((message) => message.size <= maxMailBytes)
    .toSorted((a, b) => b.id - a.id)
    .slice(0, maxMails);
}

/** null: it can't be read now, offline for instance; another one may be the one that is looked for. */
async function readIfPossible(background: Background, messageId: number): Promise<Uint8Array | null> {
  try {
    return await readRaw(messageId);
  } catch (error) {
    background.platform.failed(error);
    return null;
  }
}

async function searchInbox(background: Background, account: HostAccount, since: number): Promise<void> {
  const seenKey = `pairing-seen:${account.id}`;
  const seen = new Set(((await background.platform.session.read(seenKey)) ?? []) as readonly number[]);
  for (const message of await newestMails(account.id, since)) {
    if (seen.has(message.id)) continue;
    const raw = await readIfPossible(background, message.id);
    if (raw === null) continue;
    seen.add(message.id);
    const split = splitMessage(raw);
    if (!split.ok) continue;
    const outcome = await takePairingMail(background.platform, background.accounts, account, split.value.fields);
    if (outcome === "later") seen.delete(message.id);
    if (outcome !== "paired") continue;
    await messenger.messages.update(message.id, { read: true });
    break;
  }
  await background.platform.session.write(seenKey, [...seen].slice(-500));
}

/** Every mailbox with a pairing under way; quick where there is none. */
export async function findPairingMail(background: Background): Promise<void> {
  for (const account of await listMailboxes()) {
    const { pairing } = await background.accounts.read(account.id);
    if (pairing === null || pairing.expiresAt <= background.platform.now()) continue;
    await searchInbox(background, account, pairing.since);
  }
}
