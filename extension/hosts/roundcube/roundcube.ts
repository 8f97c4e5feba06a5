// Roundcube as a host: the frame's message comes into view, its banner stands above the message's header.
import type { BannerAnswer } from "../../background/messages/map.ts";
import type { Words } from "../../text/translate.ts";
import { mountBanner } from "../../ui/mount-banner.tsx";
import type { BannerMount } from "../../ui/mount-banner.tsx";
import type { Host } from "../host.ts";
import { openMessage, pageScheme } from "./page.ts";
import type { OpenMessage } from "./page.ts";

type Shown = NonNullable<BannerAnswer>;

/** Changes of the page are looked at this long after the last one, ms. */
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

  function removeBanner(): void {
    banner?.remove();
    banner = null;
  }

  return {
    watch(seen) {
      const look = (): void => {
        const message = openMessage(document, location);
        if ((message?.key ?? null) === key) return;
        key = message?.key ?? null;
        removeBanner();
        void seen(message);
      };
      // A page of its own per message today, but skins and plugins exchange parts of it.
      observer = new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(look, settleMs);
      });
      observer.observe(document.documentElement, { childList: true, subtree: true });
      look();
    },
    show(message, shown) {
      // The reader may have moved on: never an old verdict above another mail.
      if (message.key !== key) return;
      removeBanner();
      if (shown === null) return;
      const { rawAt } = shown;
      const scheme = pageScheme(document);
      banner = mountBanner(document, { words, verdict: shown, place: message.anchor, scheme, onDetails, rawAt });
    },
    stop() {
      clearTimeout(timer);
      observer?.disconnect();
      removeBanner();
      key = null;
    },
  };
}
