// Runs in every displayed message (manifest key message_display_scripts), before anything of it is drawn: says that it
// comes, so that the last mail's verdict goes, asks for the sentence when it is there, and again when it may be another,
// shows the banner.
import { onRenewal } from "../../../background/renewal.ts";
import { send } from "../../../background/send.ts";
import { browserWords } from "../../../text/browser-words.ts";
import { mountBanner } from "../../../ui/mount-banner.tsx";
import type { BannerMount } from "../../../ui/mount-banner.tsx";

let banner: BannerMount | null = null;

async function show(): Promise<void> {
  const answer = await send("banner-ask", {});
  banner?.remove();
  banner = null;
  if (answer === null) return;
  banner = mountBanner(document, {
    words: browserWords(),
    verdict: answer,
    place: "over",
    scheme: "light dark",
    rawAt: answer.rawAt,
    onDetails: async () => (await send("details-open", {})).opened,
  });
}

async function begin(): Promise<void> {
  await send("mail-pending", { state: "loading", view: "" });
  if (document.readyState === "loading")
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  onRenewal(() => void show().catch(failed), new AbortController().signal);
  await show();
}

function failed(error: unknown): void {
  // The message may have gone while its verdict was made; the button in the toolbar tells what there is.
  // oxlint-disable-next-line no-console -- a content script has no other log
  console.debug("waybill:", error);
}

begin().catch(failed);
