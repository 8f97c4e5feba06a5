// Roundcube as a host: the frame's message comes into view, its banner stands above the message's header.
import type { BannerAnswer } from "../../background/messages/map.ts";
import type { Words } from "../../text/translate.ts";
import { mountBanner } from "../../ui/mount-banner.tsx";
import type { BannerMount } from "../../ui/mount-banner.tsx";
import type { Host } from "../host.ts";
import { openMessage, pageScheme } from "./page.ts";
import type { OpenMessage } from "./page.ts";

type Shown = NonNullable<BannerAnswer>;

/** Changes of the page are looked at this long after the first one, ms: a page that never rests is looked at, too. */
const settleMs = 60;

export function createRoundcube(
  page: { readonly document: Document; readonly location: Location; readonly words: Words },
  onDetails: () => Promise<boolean>,
): Host<OpenMessage, Shown> {
  const { document, location, words } = page;
  let key: string | null = null;
  let banner: BannerMount | null = null;
  let observer: MutationObserver | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** What stands above the message, to be put back where the page takes it away. */
  let last: { readonly message: OpenMessage; readonly shown: Shown } | null = null;

  function removeBanner(): void {
    banner?.remove();
    banner = null;
    last = null;
  }

  function putBanner(message: OpenMessage, shown: Shown): void {
    removeBanner();
    last = { message, shown };
    const scheme = pageScheme(document);
    const { rawAt } = shown;
    if (message.anchor === null) return;
    // Nothing that the mail draws comes to lie above the banner, however high it says that it is.
    document.getElementById("messagebody")?.style.setProperty("isolation", "isolate", "important");
    banner = mountBanner(document, { words, verdict: shown, place: message.anchor, scheme, onDetails, rawAt });
  }

  return {
    watch(seen) {
      const look = (): void => {
        const message = openMessage(document, location);
        if ((message?.key ?? null) === key) {
          if (message !== null && last !== null && banner?.stands() === false) putBanner(message, last.shown);
          return;
        }
        key = message?.key ?? null;
        removeBanner();
        void seen(message);
      };
      // A page of its own per message today, but skins and plugins exchange parts of it.
      observer = new MutationObserver(() => {
        timer ??= setTimeout(() => {
          timer = undefined;
          look();
        }, settleMs);
      });
      observer.observe(document.documentElement, { childList: true, subtree: true });
      look();
    },
    show(message, shown) {
      // The reader may have moved on: never an old verdict above another mail.
      if (message.key !== key) return;
      if (shown === null) removeBanner();
      else putBanner(message, shown);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      observer?.disconnect();
      removeBanner();
      key = null;
    },
  };
}
