// What each tab shows, kept for the panel: the background may sleep between a mail's opening and the click on the button.
import type { JudgedRecord } from "../judging.ts";
import type { NoMail } from "../messages/map.ts";
import type { StorageArea } from "../platform.ts";

export type TabState =
  { readonly kind: NoMail } | { readonly kind: "mail"; readonly key: string; readonly record: JudgedRecord };

/**
 * Which view each tab shows: frames come and go, and what one says late is not about the next. The background's memory
 * is enough: what it was about to say dies with it.
 */
export type Views = Map<number, string>;

/** In place of a view that was left. */
export const noView = "";

/** Names of views: random, made by our scripts. */
export function isView(value: unknown): value is string {
  return typeof value === "string" && value.length <= 40;
}

const keyOf = (tabId: number): string => `tab:${tabId}`;

export async function readTab(session: StorageArea, tabId: number): Promise<TabState | null> {
  return ((await session.read(keyOf(tabId))) as TabState | undefined) ?? null;
}

export async function writeTab(session: StorageArea, tabId: number, state: TabState): Promise<void> {
  await session.write(keyOf(tabId), state);
}

export async function forgetTab(session: StorageArea, tabId: number): Promise<void> {
  await session.remove(keyOf(tabId));
}
