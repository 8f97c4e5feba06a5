// Moving a reported mail to its account's Junk folder. There is no way back from here: until Thunderbird has opened the
// folder it knows the moved mail by a placeholder only, and a move of that never reaches the IMAP server (153).
import { messenger } from "./api.ts";

/** Marks the mail as junk and moves it; false where it stays: no Junk folder, or it lies there already. */
export async function moveToJunk(messageId: number): Promise<boolean> {
  const { folder } = await messenger.messages.get(messageId);
  if (folder === undefined) return false;
  const [junk] = await messenger.folders.query({ accountId: folder.accountId, specialUse: ["junk"] });
  await messenger.messages.update(messageId, { junk: true });
  if (junk === undefined || junk.id === folder.id) return false;
  await messenger.messages.move([messageId], junk.id, { isUserAction: true });
  return true;
}
