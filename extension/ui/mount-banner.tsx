// Puts the banner into somebody else's page: a closed shadow root keeps the page's selectors out, inline !important beats
// every author rule for the one element that stands outside, and in a displayed mail the top layer (popover) beats
// `position: fixed; z-index: max`. A mail can still draw a lookalike: that is why the toolbar's button is the verdict.
import { render } from "preact";
import { useState } from "preact/hooks";
import type { Verdict } from "../../shared/verdict/types.ts";
import type { Words } from "../text/translate.ts";
import { bannerStyle } from "./banner-style.ts";
import { Banner } from "./banner.tsx";
import { markPainted } from "./paint-mark.ts";

/** Id of the banner's element in the page, for tests; it tells a page no more than that Waybill is there. */
export const bannerId = "waybill-banner";

export interface BannerMountOptions {
  readonly words: Words;
  readonly verdict: Pick<Verdict, "level" | "sentence">;
  /** `over`: at the top of the page, above everything it draws. Else: in the page's flow, before this element. */
  readonly place: "over" | Element;
  /** The page's own colours, where it chooses them itself; else the reader's. */
  readonly scheme: "light" | "dark" | "light dark";
  /** Opens the panel; false where the mail program did not let us. */
  readonly onDetails: () => Promise<boolean>;
  /** When the mail's octets were there, ms since 1970. */
  readonly rawAt: number;
}

/** A banner that stands in a page. */
export interface BannerMount {
  /** False once the page has taken it away. */
  stands(): boolean;
  remove(): void;
}

const shared = {
  all: "initial",
  // The two that `all` leaves out.
  direction: "ltr",
  "unicode-bidi": "isolate",
  display: "block",
  "box-sizing": "border-box",
  margin: "0",
  padding: "0",
  border: "0",
  visibility: "visible",
  opacity: "1",
  transform: "none",
  filter: "none",
  "clip-path": "none",
  "max-height": "none",
  "max-width": "none",
  overflow: "visible",
  "pointer-events": "auto",
  "z-index": "2147483647",
} as const;
const over = { position: "fixed", inset: "0 0 auto 0", width: "auto", height: "auto" } as const;
/** It stays in view while the mail scrolls: a mail can have itself opened at another place than its beginning. */
const inFlow = {
  position: "sticky",
  top: "0",
  width: "auto",
  height: "auto",
  "margin-bottom": "8px",
  "border-radius": "8px",
  overflow: "hidden",
} as const;

/** What a displayed mail's root must not do, or the banner would go with it: vanish, shrink, open scrolled elsewhere. */
const root = {
  display: "block",
  zoom: "1",
  contain: "none",
  "content-visibility": "visible",
  opacity: "1",
  filter: "none",
  mask: "none",
  "clip-path": "none",
  transform: "none",
  "scroll-snap-type": "none",
} as const;

function force(element: HTMLElement, styles: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value, "important");
}

function BannerWithHint(props: Pick<BannerMountOptions, "words" | "verdict" | "onDetails">) {
  const [hint, setHint] = useState(false);
  const open = (): void => {
    if (hint) setHint(false);
    else
      props.onDetails().then(
        (opened) => setHint(!opened),
        () => setHint(true),
      );
  };
  return <Banner words={props.words} verdict={props.verdict} hint={hint} onDetails={open} />;
}

/** Moves the mail down by the banner's height, and follows when the banner's text wraps. Not on paper: it is not there. */
function reserveRoom(root: HTMLElement, host: HTMLElement): () => void {
  const view = root.ownerDocument.defaultView;
  const free = (): void => void root.style.removeProperty("padding-top");
  const reserve = (): void =>
    root.style.setProperty("padding-top", `${Math.ceil(host.getBoundingClientRect().height)}px`, "important");
  const observer = new ResizeObserver(reserve);
  observer.observe(host);
  view?.addEventListener("beforeprint", free);
  view?.addEventListener("afterprint", reserve);
  return () => {
    observer.disconnect();
    view?.removeEventListener("beforeprint", free);
    view?.removeEventListener("afterprint", reserve);
    free();
  };
}

/** A popover or dialog that a click in the mail opens would come to lie above the banner: then it is raised once more. */
function stayOnTop(document: Document, host: HTMLElement): () => void {
  const raise = (event: Event): void => {
    if (event.target === host || !host.isConnected || (event as ToggleEvent).newState !== "open") return;
    host.hidePopover();
    host.showPopover();
  };
  document.addEventListener("toggle", raise, { capture: true });
  return () => document.removeEventListener("toggle", raise, { capture: true });
}

/** Replaces a banner that stands there already. */
export function mountBanner(document: Document, options: BannerMountOptions): BannerMount {
  document.getElementById(bannerId)?.remove();
  const host = document.createElement("div");
  host.id = bannerId;
  const shadow = host.attachShadow({ mode: "closed" });
  const style = document.createElement("style");
  style.textContent = bannerStyle;
  const box = document.createElement("div");
  shadow.append(style, box);
  render(<BannerWithHint {...options} />, box);
  let release = (): void => undefined;
  if (options.place === "over") {
    force(host, { ...shared, ...over, "color-scheme": options.scheme });
    host.popover = "manual";
    force(document.documentElement, root);
    // First of all: Tab and a screen reader come to it before what the mail holds.
    document.documentElement.prepend(host);
    host.showPopover();
    const stops = [reserveRoom(document.documentElement, host), stayOnTop(document, host)];
    release = () => stops.forEach((stop) => stop());
  } else {
    force(host, { ...shared, ...inFlow, "color-scheme": options.scheme });
    options.place.before(host);
  }
  markPainted(options.rawAt);
  return {
    stands: () => host.isConnected,
    remove() {
      release();
      render(null, box);
      host.remove();
    },
  };
}
