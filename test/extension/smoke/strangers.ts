// Who is not asked: another extension in the same browser, and whoever speaks from a webmail's content script.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../e2e/wait.ts";
import type { Chromium } from "../../e2e/webmail/chromium.ts";

/** An unpacked extension that may do nothing in particular. */
export interface Stranger {
  readonly folder: string;
  /** Address of a page of its. */
  readonly page: string;
}

/** Chromium names an unpacked extension after its folder: the first half of SHA-256, in letters a to p. */
function idOf(folder: string): string {
  const hex = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  return hex.replaceAll(/./g, (digit) => "abcdefghijklmnop".charAt(Number.parseInt(digit, 16)));
}

export function makeStranger(folder: string): Stranger {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ manifest_version: 3, name: "Stranger", version: "1" }));
  writeFileSync(join(folder, "page.html"), "<!DOCTYPE html><title>Stranger</title>");
  return { folder, page: `chrome-extension://${idOf(folder)}/page.html` };
}

const order = { code: "phishing", actual: null, tellSender: true, moveToJunk: true, unsubscribe: false };

/** What only pages of the extension may ask: complaints, pairings, settings, what other tabs show. */
export const forgedRequests = [
  { waybill: "complaint-make", request: { tabId: 1, key: "k", order } },
  { waybill: "complaint-undo", request: { accountId: "account1", ref: "r-1001" } },
  { waybill: "account-connect", request: { id: "account1" } },
  { waybill: "account-change", request: { id: "account1", bridge: "https://evil.example/" } },
  { waybill: "accounts-ask", request: {} },
  { waybill: "panel-ask", request: { tabId: 1 } },
  { waybill: "headers-ask", request: { tabId: 1 } },
  { waybill: "site-add", request: { url: "https://evil.example/", address: "alice@example.net" } },
  { waybill: "preferences-set", request: { banner: false, junk: false } },
] as const;

interface Context {
  readonly id: number;
  readonly auxData?: { readonly type?: string };
  readonly origin: string;
}

/** Sends the messages from the content script's own world in the webmail's page; the background's answers. */
export async function inContentScript(chromium: Chromium, messages: readonly unknown[]): Promise<readonly unknown[]> {
  const session = await chromium.context.newCDPSession(chromium.page);
  let contexts: Context[] = [];
  session.on("Runtime.executionContextCreated", ({ context }) => contexts.push(context as Context));
  session.on("Runtime.executionContextDestroyed", ({ executionContextId }) => {
    contexts = contexts.filter(({ id }) => id !== executionContextId);
  });
  await session.send("Runtime.enable");
  // A page that changes takes its context along.
  const { result } = await until("the content script's answers", async () => {
    const own = contexts.find(({ origin }) => origin === `chrome-extension://${chromium.extensionId ?? ""}`);
    if (own === undefined) return null;
    return await session.send("Runtime.evaluate", {
      contextId: own.id,
      awaitPromise: true,
      returnByValue: true,
      expression: `Promise.all(${JSON.stringify(messages)}.map((one) => chrome.runtime.sendMessage(one)))`,
    });
  });
  await session.detach();
  return result.value as readonly unknown[];
}
