// From a message of the browser to the handler of its name: who sent it, is it of the right form, then the handler.
// Content scripts share a process with web pages and mails: they may say little, and nothing they say is a URL.
import type { MessageMap, MessageName, ReplyOf, RequestOf } from "./messages/map.ts";

/** Kinds of senders, as far as the browser vouches for them. */
export type SenderKind = "page" | "webmail" | "mail";

/** Who sent a message. */
export interface Sender {
  readonly kind: SenderKind;
  readonly tabId: number | null;
  readonly frameId: number | null;
  /** Of a webmail's content script: the origin the browser says it runs in. */
  readonly origin: string | null;
  readonly url: string | null;
}

/** One message's handler. */
export interface Handler<K extends MessageName> {
  /** Senders that may use it. */
  readonly from: readonly SenderKind[];
  /** The request if `given` is one, else null. */
  parse(given: Readonly<Record<string, unknown>>): RequestOf<K> | null;
  handle(request: RequestOf<K>, sender: Sender): Promise<ReplyOf<K>>;
}

export type Handlers = { readonly [K in MessageName]?: Handler<K> };

/** Why a message was refused; for the log. */
export type Refusal = "no-such-message" | "wrong-sender" | "malformed";

export type Dispatched = { readonly reply: unknown } | { readonly refused: Refusal };

/** A message on the wire: its name and what belongs to it. */
export interface Envelope<K extends MessageName = MessageName> {
  readonly waybill: K;
  readonly request: MessageMap[K]["request"];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function run<K extends MessageName>(handler: Handler<K>, request: unknown, sender: Sender): Promise<Dispatched> {
  if (!handler.from.includes(sender.kind)) return { refused: "wrong-sender" };
  const parsed = isRecord(request) ? handler.parse(request) : null;
  if (parsed === null) return { refused: "malformed" };
  return { reply: await handler.handle(parsed, sender) };
}

/** Hands `message` to its handler, or says why not. */
export async function dispatch(handlers: Handlers, message: unknown, sender: Sender): Promise<Dispatched> {
  if (!isRecord(message) || typeof message["waybill"] !== "string") return { refused: "no-such-message" };
  const name = message["waybill"];
  if (!Object.hasOwn(handlers, name)) return { refused: "no-such-message" };
  // The map's type joins name and handler; here the name is only known at run time.
  const handler = handlers[name as MessageName] as Handler<MessageName> | undefined;
  return handler === undefined ? { refused: "no-such-message" } : await run(handler, message["request"], sender);
}
