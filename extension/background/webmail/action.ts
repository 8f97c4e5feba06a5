// The browser's toolbar button: icon, badge and words per tab.
import browser from "webextension-polyfill";
import type { Phrase, Verdict } from "../../../shared/verdict/types.ts";
import type { Words } from "../../text/translate.ts";
import { phrase } from "../../text/translate.ts";
import { levelBadges } from "../level-badges.ts";

/** Dresses a tab's button with a verdict; null: as it is without one. */
export async function dressAction(
  tabId: number,
  shown: { readonly level: Verdict["level"]; readonly sentence: Phrase } | null,
  { t }: Words,
): Promise<void> {
  const icon = shown?.level ?? "waybill";
  const badge = shown === null ? null : levelBadges[shown.level];
  const title = shown === null ? t(phrase("ui_name")) : `${t(phrase(`level_${shown.level}`))}: ${t(shown.sentence)}`;
  await Promise.all([
    browser.action.setIcon({ tabId, path: { 16: `icons/${icon}-16.png`, 32: `icons/${icon}-32.png` } }),
    browser.action.setTitle({ tabId, title }),
    browser.action.setBadgeText({ tabId, text: badge?.text ?? "" }),
    ...(badge === null ? [] : [browser.action.setBadgeBackgroundColor({ tabId, color: badge.ground })]),
  ]);
}
