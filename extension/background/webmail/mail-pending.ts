// mail-pending: a mail is being read in the tab, or none is shown any more, or it can't be read. The last verdict goes at
// once: it must never stand beside another mail.
import type { Words } from "../../text/translate.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import type { NoMail } from "../messages/map.ts";
import { dressAction } from "./action.ts";
import { siteOf } from "./sites.ts";
import { isView, noView, writeTab } from "./tab-state.ts";
import type { Views } from "./tab-state.ts";

const states: readonly NoMail[] = ["loading", "nothing", "failed", "large"];

export function mailPending(background: Background, words: Words, views: Views): Handler<"mail-pending"> {
  return {
    from: ["webmail"],
    parse({ state, view }) {
      const known = states.find((each) => each === state);
      return known === undefined || !isView(view) ? null : { state: known, view };
    },
    async handle({ state, view }, { tabId, origin }) {
      const { local, session } = background.platform;
      if (tabId === null) return null;
      // At once, before anything is awaited: messages are taken in the order in which they came.
      const other = views.has(tabId) && views.get(tabId) !== view;
      if (state === "loading") views.set(tabId, view);
      else if (other) return null;
      // A mail that was left may be judged still: what comes of it is said of nothing any more.
      else if (state === "nothing" && views.has(tabId)) views.set(tabId, noView);
      if ((await siteOf(local, origin)) === null) return null;
      await writeTab(session, tabId, { kind: state });
      await dressAction(tabId, null, words);
      return null;
    },
  };
}
