// The writer's wish: a purpose per mail, remembered per identity, sent along as X-IPP-Purpose. The signing bridge takes
// the field away and signs the declaration (docs/protocol.md section 3); a mail program can add X-* fields only.
import { purposes } from "../../../shared/ipp/registry.ts";
import type { Platform } from "../../background/platform.ts";
import type { Words } from "../../text/translate.ts";
import { phrase } from "../../text/translate.ts";
import { messenger } from "./api.ts";

const wishField = "X-IPP-Purpose";

type Areas = Pick<Platform, "local" | "session">;

/** What was chosen for the mail in a compose tab, and who writes it. */
export interface ChosenPurpose {
  readonly chosen: string | null;
  readonly identityId: string | null;
}

/** A purpose of the registry, or null. */
export function knownPurpose(value: unknown): string | null {
  return purposes.find((purpose) => purpose.value === value)?.value ?? null;
}

/** What a compose tab's button says, and of whom it is the last choice; `identityId` null: chosen for this mail. */
interface Said {
  readonly purpose: string | null;
  readonly identityId: string | null;
}

async function readSaid({ session }: Areas, tabId: number): Promise<Said | undefined> {
  return (await session.read(`compose:${tabId}`)) as Said | undefined;
}

/** The tab's own choice; else what its identity had used last when the mail was begun, or came to that identity. */
async function settlePurpose(areas: Areas, tabId: number): Promise<ChosenPurpose> {
  const { identityId = null } = await messenger.compose.getComposeDetails(tabId);
  return await areas.session.inTurn(async () => {
    const said = await readSaid(areas, tabId);
    if (said !== undefined && (said.identityId === null || said.identityId === identityId))
      return { chosen: knownPurpose(said.purpose), identityId };
    const purpose = identityId === null ? null : knownPurpose(await areas.local.read(`purpose:${identityId}`));
    await areas.session.write(`compose:${tabId}`, { purpose, identityId } satisfies Said);
    return { chosen: purpose, identityId };
  });
}

/** Says on the compose window's button what the mail will declare: that, and nothing else, is sent. */
export async function sayPurpose(areas: Areas, words: Words, tabId: number): Promise<ChosenPurpose> {
  const { t } = words;
  const settled = await settlePurpose(areas, tabId);
  const { chosen } = settled;
  const name = t(phrase(`compose_name_${chosen ?? "none"}`));
  await Promise.all([
    messenger.composeAction.setLabel({ tabId, label: chosen === null ? t(phrase("compose_button")) : name }),
    messenger.composeAction.setTitle({ tabId, title: t(phrase("compose_title", { name })) }),
  ]);
  return settled;
}

export async function choosePurpose(areas: Areas, tabId: number, purpose: string | null): Promise<void> {
  const said: Said = { purpose, identityId: null };
  await areas.session.inTurn(async () => await areas.session.write(`compose:${tabId}`, said));
  const { identityId } = await messenger.compose.getComposeDetails(tabId);
  if (identityId === undefined) return;
  if (purpose === null) await areas.local.remove(`purpose:${identityId}`);
  else await areas.local.write(`purpose:${identityId}`, purpose);
}

/** Listens for as long as the background lives: sending, other identities, windows opened and closed. */
export function watchCompose(areas: Areas, words: Words, failed: (error: unknown) => void): void {
  const say = (tabId: number | undefined): void => {
    if (tabId !== undefined) sayPurpose(areas, words, tabId).catch(failed);
  };
  messenger.compose.onBeforeSend.addListener(async (tab, details) => {
    if (tab.id === undefined) return {};
    try {
      // Where nothing was said yet, as when the add-on came while the mail was written, nothing is declared.
      const said = await readSaid(areas, tab.id);
      const { chosen } = said === undefined ? { chosen: null } : await sayPurpose(areas, words, tab.id);
      const others = (details.customHeaders ?? []).filter(
        (header) => header.name.toLowerCase() !== wishField.toLowerCase(),
      );
      if (chosen === null) return { details: { customHeaders: others } };
      return { details: { customHeaders: [...others, { name: wishField, value: chosen }] } };
    } catch (error) {
      // A listener that fails leaves the window locked for ever (153); the mail stays open, to be sent once more.
      failed(error);
      return { cancel: true };
    }
  });
  messenger.compose.onIdentityChanged.addListener((tab) => say(tab.id));
  messenger.tabs.onCreated.addListener((tab) => {
    if (tab.type === "messageCompose") say(tab.id);
  });
  messenger.tabs.onRemoved.addListener((tabId) => {
    areas.session.remove(`compose:${tabId}`).catch(failed);
  });
}
