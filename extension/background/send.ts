// The other end: pages and content scripts ask the background by the typed map.
import browser from "webextension-polyfill";
import type { Envelope } from "./dispatch.ts";
import type { MessageName, ReplyOf, RequestOf } from "./messages/map.ts";

/** Rejects where the background refuses or can't answer. */
export async function send<K extends MessageName>(name: K, request: RequestOf<K>): Promise<ReplyOf<K>> {
  const envelope: Envelope<K> = { waybill: name, request };
  const answer: unknown = await browser.runtime.sendMessage(envelope);
  if (typeof answer === "object" && answer !== null && "reply" in answer) return answer.reply as ReplyOf<K>;
  const why = typeof answer === "object" && answer !== null && "refused" in answer ? String(answer.refused) : "silent";
  throw new Error(`${name}: ${why}`);
}
