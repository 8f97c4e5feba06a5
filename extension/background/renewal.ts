// What the background says to its content scripts, and all it ever says: ask once more about the mail you stand beside.
import browser from "webextension-polyfill";

const renewal = "verdict-renewed";

/** Tells every frame of a tab; a tab without a script of ours hears nothing. */
export async function tellTab(tabId: number): Promise<void> {
  try {
    await browser.tabs.sendMessage(tabId, { waybill: renewal });
  } catch {
    // Nobody listens there, or the tab has gone: nothing stands there that could be renewed.
  }
}

/** Calls back each time the background says it, until `ended`. */
export function onRenewal(again: () => void, ended: AbortSignal): void {
  const listener = (message: unknown): undefined => {
    if (typeof message === "object" && message !== null && "waybill" in message && message.waybill === renewal) again();
  };
  browser.runtime.onMessage.addListener(listener);
  ended.addEventListener("abort", () => browser.runtime.onMessage.removeListener(listener));
}
