// The forms requests have: small checks that handlers share, on values that came out of JSON.
import type { MessageMap } from "./map.ts";

type Given = Readonly<Record<string, unknown>>;

/** Nothing is asked for. */
export function emptyRequest(): Record<string, never> {
  return {};
}

/** {tabId} */
export function tabRequest(given: Given): MessageMap["panel-ask"]["request"] | null {
  const { tabId } = given;
  return typeof tabId === "number" && Number.isSafeInteger(tabId) ? { tabId } : null;
}

/** {tabId, key} */
export function mailRequest(given: Given): MessageMap["complaint-ask"]["request"] | null {
  const tab = tabRequest(given);
  const { key } = given;
  return tab !== null && isText(key, 3_000) ? { ...tab, key } : null;
}

/** {id} of an account. */
export function accountRequest(given: Given): MessageMap["account-look"]["request"] | null {
  const { id } = given;
  return typeof id === "string" && id.length > 0 && id.length <= 300 ? { id } : null;
}

/** Text of at most `max` UTF-16 units. */
export function isText(value: unknown, max: number): value is string {
  return typeof value === "string" && value.length <= max;
}
