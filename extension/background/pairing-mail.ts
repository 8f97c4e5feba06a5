// The mail with the one-time code: taken from the mailbox by the add-on itself, nothing to type.
import type { HeaderField } from "../../shared/header/field.ts";
import { endSession, finishPairing, pairingCode } from "../client/pairing.ts";
import type { Accounts } from "./accounts.ts";
import type { HostAccount, Platform } from "./platform.ts";

/** `later`: it carries the code, and the bridge could not be asked. */
export type PairingOutcome = "paired" | "later" | "none";

/**
 * Finishes the pairing under way if this mail carries its code. Any mail may be handed in; a forged one can at most make
 * the bridge refuse a code.
 */
export async function takePairingMail(
  platform: Pick<Platform, "fetch" | "now">,
  accounts: Accounts,
  account: HostAccount,
  fields: readonly HeaderField[],
): Promise<PairingOutcome> {
  const { pairing, pinned } = await accounts.read(account.id);
  if (pairing === null || pinned === null || pairing.expiresAt <= platform.now()) return "none";
  const code = pairingCode(fields, pairing.id);
  if (code === null) return "none";
  const session = await finishPairing(platform.fetch, pinned.api, { pairing: pairing.id, code });
  if (!session.ok) return session.kind === "temp" ? "later" : "none";
  let taken = false;
  await accounts.change(account.id, (record) => {
    // Disconnected meanwhile, or begun anew, perhaps with another bridge: that one must not get this one's bearer.
    taken = record.pairing?.id === pairing.id && record.pinned?.api === pinned.api;
    return taken ? { ...record, session: session.value, pairing: null, failure: null } : record;
  });
  if (!taken) await endSession(platform.fetch, pinned.api, session.value.token);
  return taken ? "paired" : "none";
}
