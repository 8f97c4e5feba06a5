// The handlers every target has; a target's main adds its own.
import type { Background } from "./background.ts";
import type { Handlers } from "./dispatch.ts";
import { accountChange } from "./messages/account-change.ts";
import { accountConnect } from "./messages/account-connect.ts";
import { accountForget } from "./messages/account-forget.ts";
import { accountLook } from "./messages/account-look.ts";
import { accountsAsk } from "./messages/accounts-ask.ts";
import { complaintAsk } from "./messages/complaint-ask.ts";
import { complaintMake } from "./messages/complaint-make.ts";
import { complaintUndo } from "./messages/complaint-undo.ts";
import { headersAsk } from "./messages/headers-ask.ts";
import { panelAsk } from "./messages/panel-ask.ts";
import { preferencesSet } from "./messages/preferences-set.ts";

/** `findPairingMail`: looks through the mailboxes that wait for a code, where the mail program lets us. */
export function commonHandlers(background: Background, findPairingMail: () => Promise<void>): Handlers {
  return {
    "panel-ask": panelAsk(background),
    "headers-ask": headersAsk(background),
    "complaint-ask": complaintAsk(background),
    "complaint-make": complaintMake(background),
    "complaint-undo": complaintUndo(background),
    "accounts-ask": accountsAsk(background, findPairingMail),
    "account-look": accountLook(background),
    "account-connect": accountConnect(background),
    "account-forget": accountForget(background),
    "account-change": accountChange(background),
    "preferences-set": preferencesSet(background),
  };
}
