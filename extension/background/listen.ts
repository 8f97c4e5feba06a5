// The background's ear: every runtime message, with who the browser says sent it.
import browser from "webextension-polyfill";
import type { Runtime } from "webextension-polyfill";
import { dispatch } from "./dispatch.ts";
import type { Handlers, Sender } from "./dispatch.ts";

/** Which content scripts a target has: what a sender in a tab can be, or null for none of ours. */
export type ContentSender = (sender: Runtime.MessageSender) => "webmail" | "mail" | null;

function senderOf(sender: Runtime.MessageSender, content: ContentSender): Sender | null {
  if (sender.id !== browser.runtime.id) return null;
  const { url = null, frameId = null } = sender;
  const origin =
    (sender as { readonly origin?: string }).origin ?? (url !== null && URL.canParse(url) ? new URL(url).origin : null);
  const rest = { tabId: sender.tab?.id ?? null, frameId, origin, url };
  // A page of ours, not framed by anybody: only there a click is surely a click on what was seen.
  const own = url?.startsWith(browser.runtime.getURL("")) === true;
  if (own) return frameId === null || frameId === 0 ? { kind: "page", ...rest } : null;
  const kind = sender.tab === undefined ? null : content(sender);
  return kind === null ? null : { kind, ...rest };
}

/** Answers messages until the background dies. `failed` gets what a handler threw: a bug, logged once. */
export function listen(handlers: Handlers, content: ContentSender, failed: (error: unknown) => void): void {
  browser.runtime.onMessage.addListener((message: unknown, from: Runtime.MessageSender) => {
    const sender = senderOf(from, content);
    if (sender === null) return undefined;
    return dispatch(handlers, message, sender).then(
      (done) => {
        if ("reply" in done) return { reply: done.reply };
        failed(new Error(`message refused: ${done.refused}`));
        return { refused: done.refused };
      },
      (error: unknown) => {
        failed(error);
        return { refused: "failed" };
      },
    );
  });
}
