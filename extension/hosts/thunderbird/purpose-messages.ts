// purpose-ask and purpose-choose: the compose window's menu.
import { tabRequest } from "../../background/messages/forms.ts";
import type { Handlers } from "../../background/dispatch.ts";
import type { Platform } from "../../background/platform.ts";
import type { Words } from "../../text/translate.ts";
import { messenger } from "./api.ts";
import { choosePurpose, knownPurpose, sayPurpose } from "./compose.ts";

export function purposeHandlers(
  areas: Pick<Platform, "local" | "session">,
  words: Words,
): Pick<Handlers, "purpose-ask" | "purpose-choose"> {
  return {
    "purpose-ask": {
      from: ["page"],
      parse: tabRequest,
      async handle({ tabId }) {
        const { chosen, identityId } = await sayPurpose(areas, words, tabId);
        const identity = identityId === null ? null : await messenger.identities.get(identityId);
        return { chosen, identity: identity?.email ?? null };
      },
    },
    "purpose-choose": {
      from: ["page"],
      parse(given) {
        const tab = tabRequest(given);
        const purpose = knownPurpose(given["purpose"]);
        return tab === null || (given["purpose"] !== null && purpose === null) ? null : { ...tab, purpose };
      },
      async handle({ tabId, purpose }) {
        await choosePurpose(areas, tabId, purpose);
        await sayPurpose(areas, words, tabId);
        return null;
      },
    },
  };
}
