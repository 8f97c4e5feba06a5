// What Roundcube's pages tell: which message this frame shows, and its octets. Skins elastic and larry; versions 1.4 on.

/** The message a frame shows. */
export interface OpenMessage {
  /** Stable in one webmail session. */
  readonly key: string;
  readonly uid: string;
  readonly mailbox: string;
  /** A mail within that mail ("12.2"): it does not lie in the mailbox, and no server of the reader's took it. */
  readonly attached: boolean;
  /** The banner goes before it: outside the element that holds what the mail draws. null: on paper it has no place. */
  readonly anchor: Element | null;
}

/** Larger mails are not read: a reader would wait, and the extension's message could not carry them. */
const maxMailBytes = 48 * 1_048_576;

/** The message's header box; in larry's full view, where that box and the text are placed absolutely, the text column. */
function bannerAnchor(document: Document): Element | null {
  const content = document.getElementById("messagecontent");
  const placed = content !== null && getComputedStyle(content).position === "absolute";
  if (placed) return content.firstElementChild;
  return document.querySelector("#message-header, #messageheader, .messageheaderbox, table.headers-table");
}

/** null: this frame shows a list, a letter being written, something else. */
export function openMessage(document: Document, location: Location): OpenMessage | null {
  const query = new URLSearchParams(location.search);
  const action = query.get("_action");
  const uid = query.get("_uid") ?? "";
  const mailbox = query.get("_mbox") ?? "";
  if (query.get("_task") !== "mail" || !/^\d+(\.\d+)*$/.test(uid) || mailbox === "") return null;
  const message = { key: `${location.origin}\0${mailbox}\0${uid}`, uid, mailbox, attached: uid.includes(".") };
  if (action === "print") return { ...message, anchor: null };
  if (action !== "show" && action !== "preview") return null;
  const anchor = bannerAnchor(document);
  return anchor === null ? null : { ...message, anchor };
}

/** Elastic has a switch of its own for dark mode, which need not be what the reader's system says; larry is light. */
export function pageScheme(document: Document): "light" | "dark" {
  return document.documentElement.classList.contains("dark-mode") ? "dark" : "light";
}

/** Roundcube writes the request token into its start-up script; without it a download is refused. */
function requestToken(document: Document): string | null {
  for (const script of document.scripts) {
    const token = /"request_token":"([A-Za-z0-9]{1,100})"/.exec(script.textContent ?? "")?.[1];
    if (token !== undefined) return token;
  }
  return null;
}

/**
 * The message's octets. Only `_save=1` hands them out unchanged: the plain source view rewrites line ends and drops the
 * last one. null: too large. Rejects where the session is over (200, text/html) or the message gone (200, nothing).
 */
export async function readRaw(
  document: Document,
  location: Location,
  message: OpenMessage,
): Promise<Uint8Array | null> {
  const token = requestToken(document);
  if (token === null) throw new Error("no request token in this page");
  const url = new URL(location.pathname, location.origin);
  url.search = new URLSearchParams({
    _task: "mail",
    _action: "viewsource",
    _save: "1",
    _uid: message.uid,
    _mbox: message.mailbox,
    _token: token,
  }).toString();
  const response = await fetch(url, {
    credentials: "same-origin",
    redirect: "error",
    signal: AbortSignal.timeout(20_000),
  });
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok || !/^(text\/plain|message\/rfc822)/.test(type))
    throw new Error(`source: ${response.status} ${type}`);
  if (Number(response.headers.get("content-length") ?? 0) > maxMailBytes) return null;
  // In Firefox the buffer belongs to the page, whose objects a content script may not use: copy it.
  const raw = new Uint8Array(new Uint8Array(await response.arrayBuffer()));
  if (raw.length === 0) throw new Error("source: empty");
  return raw.length > maxMailBytes ? null : raw;
}
