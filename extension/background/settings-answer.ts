// What the settings and the first-run page show: the answer to every message that changes a mailbox.
import type { Background } from "./background.ts";
import { accountView, neededOrigins } from "./accounts.ts";
import type { SettingsAnswer } from "./messages/map.ts";
import { readPreferences } from "./preferences.ts";
import type { HostAccount } from "./platform.ts";

export async function settingsAnswer(background: Background): Promise<SettingsAnswer> {
  const { platform, accounts, hasSites } = background;
  const listed = await platform.accounts();
  const views = await Promise.all(
    listed.map(async (account) => {
      const record = await accounts.read(account.id);
      return { ...accountView(account, record, platform.now()), origins: neededOrigins(account, record) };
    }),
  );
  return {
    accounts: views,
    preferences: await readPreferences(platform),
    hasJunk: platform.moveToJunk !== null,
    hasSites,
  };
}

/** The mailbox of that id, or null: only mailboxes that the mail program lists can be changed. */
export async function listedAccount(background: Background, id: string): Promise<HostAccount | null> {
  const listed = await background.platform.accounts();
  return listed.find((account) => account.id === id) ?? null;
}
