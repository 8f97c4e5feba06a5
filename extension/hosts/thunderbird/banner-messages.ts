// What the script in a displayed message may say and ask. It shares its page with the mail, so it can say that the mail
// begins, learns one sentence about its own tab's mail and can open the button's popup, nothing else.
import { emptyRequest } from "../../background/messages/forms.ts";
import type { Background } from "../../background/background.ts";
import type { Handlers } from "../../background/dispatch.ts";
import { judgingMarks } from "../../background/verdicts.ts";
import { readPreferences } from "../../background/preferences.ts";
import { messenger } from "./api.ts";
import type { ToolbarHost } from "./toolbar.ts";

/** When the last mail's octets were there, ms since 1970. */
function lastRawAt(): number {
  const mark = performance.getEntriesByName(judgingMarks.raw, "mark").at(-1);
  return performance.timeOrigin + (mark?.startTime ?? 0);
}

export function bannerHandlers(
  background: Background,
  toolbar: ToolbarHost,
): Pick<Handlers, "mail-pending" | "banner-ask" | "details-open"> {
  return {
    "mail-pending": {
      from: ["mail"],
      parse: ({ state }) => (state === "loading" ? { state, view: "" } : null),
      async handle(_, { tabId }) {
        if (tabId !== null) toolbar.arriving(tabId).catch(background.platform.failed);
        return null;
      },
    },
    "banner-ask": {
      from: ["mail"],
      parse: emptyRequest,
      async handle(_, { tabId }) {
        const { banner } = await readPreferences(background.platform);
        if (!banner || tabId === null) return null;
        const current = await background.current(tabId);
        if (current.kind !== "mail") return null;
        const { level, sentence } = current.record.verdict;
        return { level, sentence, rawAt: lastRawAt() };
      },
    },
    "details-open": {
      from: ["mail"],
      parse: emptyRequest,
      async handle() {
        // Allowed only from some clicks, which Thunderbird decides; where it says no, the banner tells where to look.
        try {
          return { opened: await messenger.messageDisplayAction.openPopup() };
        } catch {
          return { opened: false };
        }
      },
    },
  };
}
