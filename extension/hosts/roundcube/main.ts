// Runs in every frame of a webmail the reader has switched on: reads the shown message's octets, hands them to the
// background, shows the sentence that comes back. It knows no bridge and no address.
import { stringFromBytes } from "../../../shared/encoding/bytes.ts";
import { send } from "../../background/send.ts";
import { browserWords } from "../../text/browser-words.ts";
import { readRaw } from "./page.ts";
import type { OpenMessage } from "./page.ts";
import { createRoundcube } from "./roundcube.ts";

const host = createRoundcube({ document, location, words: browserWords() }, async () => {
  const { opened } = await send("details-open", {});
  return opened;
});

async function judge(message: OpenMessage): Promise<void> {
  await send("mail-pending", { state: "loading" });
  const raw = await readRaw(document, location, message).catch(async (error: unknown) => {
    await send("mail-pending", { state: "failed" });
    throw error;
  });
  const rawAt = performance.timeOrigin + performance.now();
  const answer = await send("mail-opened", { key: message.key, raw: stringFromBytes(raw) });
  host.show(message, answer === null ? null : { ...answer, rawAt });
}

function failed(error: unknown): void {
  // oxlint-disable-next-line no-console -- a content script has no other log
  console.debug("waybill:", error);
}

host.watch(async (message) => {
  await (message === null ? send("mail-pending", { state: "nothing" }) : judge(message)).catch(failed);
});
addEventListener("pagehide", () => {
  host.stop();
  send("mail-pending", { state: "nothing" }).catch(failed);
});
