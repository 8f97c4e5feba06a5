// One-click unsubscribe, only ever by the reader's own click in the panel. RFC 8058 section 3.1.
import { limits } from "../../shared/limits.ts";
import type { Fetch } from "../client/request.ts";

/** Host names that are no public place: single labels, special-use names (RFC 6761), IP literals. */
const notPublic = /^[^.]+$|\.(localhost|local|internal|home\.arpa|test|invalid|onion)$|^[\d.]+$|^\[/;

/** POSTs the one line that unsubscribes; true where it went out. Whether it helped, only the next weeks tell. */
export async function unsubscribe(fetchIt: Fetch, url: string): Promise<boolean> {
  if (!URL.canParse(url)) return false;
  const target = new URL(url);
  // "localhost." is localhost: the final dot is the DNS root's (RFC 1034 section 3.1).
  const host = target.hostname.replace(/\.$/, "");
  if (target.protocol !== "https:" || notPublic.test(host)) return false;
  try {
    await fetchIt(target.href, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "List-Unsubscribe=One-Click",
      // RFC 8058 section 3.1: no cookies, no other context. The answer is of no use, so none is asked for.
      credentials: "omit",
      mode: "no-cors",
      redirect: "follow",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(limits.fetchMs),
    });
    return true;
  } catch {
    // The list's server does not answer: the complaint itself stands all the same.
    return false;
  }
}
