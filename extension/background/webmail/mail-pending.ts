// mail-pending: a mail is being read in the tab, or none is shown any more, or it can't be read. The last verdict goes at
// once: it must never stand beside another mail.
import type { Words } from "../../text/translate.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import type { NoMail } from "../messages/map.ts";
import { dressAction } from "./action.ts";
import { siteOf } from "./sites.ts";
import { writeTab } from "./tab-state.ts";

const states: readonly NoMail[] = ["loading", "nothing", "failed"];

export function mailPending(background: Background, words: Words): Handler<"mail-pending"> {
  return {
    from: ["webmail"],
    parse({ state }) {
      const known = states.find((each) => each === state);
      return known === undefined ? null : { state: known };
    },
    async handle({ state }, { tabId, origin }) {
      const { local, session } = background.platform;
      if (tabId === null || (await siteOf(local, origin)) === null) return null;
      await writeTab(session, tabId, { kind: state });
      await dressAction(tabId, null, words);
      return null;
    },
  };
}
