// Runs in every frame of a webmail the reader has switched on: reads the shown message's octets, hands them to the
// background, shows the sentence that comes back. It knows no bridge and no address.
import { stringFromBytes } from "../../../shared/encoding/bytes.ts";
import { onRenewal } from "../../background/renewal.ts";
import { send } from "../../background/send.ts";
import { browserWords } from "../../text/browser-words.ts";
import { openMessage, readRaw } from "./page.ts";
import type { OpenMessage } from "./page.ts";
import { createRoundcube } from "./roundcube.ts";

const host = createRoundcube({ document, location, words: browserWords() }, async () => {
  const { opened } = await send("details-open", {});
  return opened;
});

/** Names what this frame shows: what is said late about one mail is not taken for the next. */
let view = crypto.randomUUID();

async function judge(message: OpenMessage): Promise<void> {
  const mine = crypto.randomUUID();
  view = mine;
  await send("mail-pending", { state: "loading", view: mine });
  try {
    const raw = await readRaw(document, location, message);
    const rawAt = performance.timeOrigin + performance.now();
    if (raw === null) {
      await send("mail-pending", { state: "large", view: mine });
      return;
    }
    const answer = await send("mail-opened", { view: mine, raw: stringFromBytes(raw), attached: message.attached });
    if (view === mine) host.show(message, answer === null ? null : { ...answer, rawAt });
  } catch (error) {
    // Else the panel would go on saying that it is being looked at.
    await send("mail-pending", { state: "failed", view: mine });
    throw error;
  }
}

function failed(error: unknown): void {
  // oxlint-disable-next-line no-console -- a content script has no other log
  console.debug("waybill:", error);
}

function start(): void {
  host.watch(async (message) => {
    await (message === null ? send("mail-pending", { state: "nothing", view }) : judge(message)).catch(failed);
  });
}

/** In the world that all our scripts of a frame share: how the one that runs is ended. */
interface World {
  waybillEnds?: AbortController;
}

/** Two would take away each other's banner for ever. The newest goes on: an older one's extension may be gone. */
function takeOver(world: World): AbortSignal {
  world.waybillEnds?.abort();
  world.waybillEnds = new AbortController();
  return world.waybillEnds.signal;
}

const ended = takeOver(globalThis as World);
ended.addEventListener("abort", () => host.stop());
start();
onRenewal(() => {
  const message = openMessage(document, location);
  if (message !== null) judge(message).catch(failed);
}, ended);
// A page that comes back from the browser's memory starts no script anew.
addEventListener(
  "pageshow",
  ({ persisted }) => {
    if (persisted) start();
  },
  { signal: ended },
);
addEventListener(
  "pagehide",
  () => {
    host.stop();
    send("mail-pending", { state: "nothing", view }).catch(failed);
  },
  { signal: ended },
);
