// mail-opened: a webmail's content script hands over the octets of the mail in its frame. The origin is the browser's
// word, and decides whose mailbox it is; nothing the script says is an address.
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { toBase64Url } from "../../../shared/encoding/base64.ts";
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import { isText } from "../messages/forms.ts";
import { readPreferences } from "../preferences.ts";
import type { Words } from "../../text/translate.ts";
import { dressAction } from "./action.ts";
import { siteAccounts, siteId, siteOf } from "./sites.ts";
import { isView, writeTab } from "./tab-state.ts";
import type { Views } from "./tab-state.ts";

/** One UTF-16 unit per octet; Chromium carries 64 MiB in one message. */
const maxUnits = 48 * 1_048_576;

function octets(text: string): Uint8Array | null {
  try {
    return bytesFromString(text);
  } catch {
    // A unit above U+00FF: not octets, so not from our script.
    return null;
  }
}

export function mailOpened(background: Background, words: Words, views: Views): Handler<"mail-opened"> {
  const { platform, verdicts } = background;
  return {
    from: ["webmail"],
    parse: ({ view, raw, attached }) =>
      isView(view) && isText(raw, maxUnits) && typeof attached === "boolean" ? { view, raw, attached } : null,
    async handle({ view, raw: text, attached }, { tabId, origin }) {
      // The background may have died since this view began: at once, so that it is known when it is left.
      if (tabId !== null && !views.has(tabId)) views.set(tabId, view);
      const site = await siteOf(platform.local, origin);
      const raw = octets(text);
      if (site === null || raw === null || tabId === null) return null;
      // What is attached was sealed for nobody, or for somebody else's mailbox: as in Thunderbird, it is judged as nobody's.
      const [account = null] = attached ? [] : siteAccounts([site]);
      const rawAt = performance.timeOrigin + performance.now();
      // Named by its octets, not by what the page calls it: what is judged is what was handed over.
      const key = `${attached ? "attached" : siteId(site)}:${toBase64Url(await platform.crypto.digest(raw))}`;
      const judged = await verdicts.of({ key, account, raw: async () => raw });
      // The reader may have opened another mail meanwhile.
      if (views.get(tabId) !== view) return null;
      if (!judged.ok) {
        await writeTab(platform.session, tabId, { kind: "failed" });
        await dressAction(tabId, null, words);
        return null;
      }
      const { level, sentence } = judged.value.verdict;
      await writeTab(platform.session, tabId, { kind: "mail", key, record: judged.value });
      dressAction(tabId, { level, sentence }, words).catch(platform.failed);
      const { banner } = await readPreferences(platform);
      return banner ? { level, sentence, rawAt } : null;
    },
  };
}
