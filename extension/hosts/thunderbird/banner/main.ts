// Runs in every displayed message (manifest key message_display_scripts), before anything of it is drawn: says that it
// comes, so that the last mail's verdict goes, asks for the sentence when it is there, shows the banner.
import { send } from "../../../background/send.ts";
import { browserWords } from "../../../text/browser-words.ts";
import { mountBanner } from "../../../ui/mount-banner.tsx";

async function show(): Promise<void> {
  await send("mail-pending", { state: "loading", view: "" });
  if (document.readyState === "loading")
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  const answer = await send("banner-ask", {});
  if (answer === null) return;
  mountBanner(document, {
    words: browserWords(),
    verdict: answer,
    place: "over",
    scheme: "light dark",
    rawAt: answer.rawAt,
    onDetails: async () => (await send("details-open", {})).opened,
  });
}

show().catch((error: unknown) => {
  // The message may have gone while its verdict was made; the button in the toolbar tells what there is.
  // oxlint-disable-next-line no-console -- a content script has no other log
  console.debug("waybill:", error);
});
