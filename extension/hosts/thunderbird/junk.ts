// Moving a reported mail to its account's Junk folder, and back when the report is taken back.
import type { MovedMail } from "../../background/platform.ts";
import { messenger } from "./api.ts";

/** Marks the mail as junk and moves it; a mailbox without a Junk folder keeps it where it is. */
export async function moveToJunk(messageId: number): Promise<MovedMail | null> {
  const { folder, headerMessageId } = await messenger.messages.get(messageId);
  if (folder === undefined) return null;
  const [junk] = await messenger.folders.query({ accountId: folder.accountId, specialUse: ["junk"] });
  await messenger.messages.update(messageId, { junk: true });
  if (junk === undefined || junk.id === folder.id) return null;
  await messenger.messages.move([messageId], junk.id, { isUserAction: true });
  return { messageId: headerMessageId, fromFolder: folder.id, toFolder: junk.id };
}

/** A moved mail has another id in Thunderbird: it is found again by its Message-ID in the Junk folder. */
export async function bringBack({ messageId, fromFolder, toFolder }: MovedMail): Promise<void> {
  const { messages } = await messenger.messages.query({ folderId: toFolder, headerMessageId: messageId });
  const [message, second] = messages;
  // Two with one Message-ID: a sender's doing. Which of them was moved can't be told, so none is.
  if (message === undefined || second !== undefined) return;
  await messenger.messages.update(message.id, { junk: false });
  await messenger.messages.move([message.id], fromFolder, { isUserAction: true });
}
