// The mail with the one-time code: taken from the mailbox by the add-on itself, nothing to type.
import type { HeaderField } from "../../shared/header/field.ts";
import { finishPairing, pairingCode } from "../client/pairing.ts";
import type { Accounts } from "./accounts.ts";
import type { HostAccount, Platform } from "./platform.ts";

/**
 * Finishes the pairing under way if this mail carries its code. True: it did. Any mail may be handed in; a forged one
 * can at most make the bridge refuse a code.
 */
export async function takePairingMail(
  platform: Pick<Platform, "fetch" | "now">,
  accounts: Accounts,
  account: HostAccount,
  fields: readonly HeaderField[],
): Promise<boolean> {
  const { pairing, pinned } = await accounts.read(account.id);
  if (pairing === null || pinned === null || pairing.expiresAt <= platform.now()) return false;
  const code = pairingCode(fields, pairing.id);
  if (code === null) return false;
  const session = await finishPairing(platform.fetch, pinned.api, { pairing: pairing.id, code });
  if (!session.ok) return false;
  await accounts.change(account.id, (record) => ({
    ...record,
    session: session.value,
    pairing: null,
    failure: null,
  }));
  return true;
}
