// The writer's wish: a purpose per mail, remembered per identity, sent along as X-IPP-Purpose. The signing bridge takes
// the field away and signs the declaration (docs/protocol.md section 3); a mail program can add X-* fields only.
import { purposes } from "../../../shared/ipp/registry.ts";
import type { StorageArea } from "../../background/platform.ts";
import type { Words } from "../../text/translate.ts";
import { phrase } from "../../text/translate.ts";
import { messenger } from "./api.ts";

const wishField = "X-IPP-Purpose";

interface Areas {
  readonly local: StorageArea;
  readonly session: StorageArea;
}

/** What was chosen for the mail in a compose tab, and who writes it. */
export interface ChosenPurpose {
  readonly chosen: string | null;
  readonly identityId: string | null;
}

/** A purpose of the registry, or null. */
export function knownPurpose(value: unknown): string | null {
  return purposes.find((purpose) => purpose.value === value)?.value ?? null;
}

/** The tab's own choice; else what its identity used last. */
export async function chosenPurpose(areas: Areas, tabId: number): Promise<ChosenPurpose> {
  const { identityId = null } = await messenger.compose.getComposeDetails(tabId);
  const own = (await areas.session.read(`compose:${tabId}`)) as { readonly purpose: unknown } | undefined;
  if (own !== undefined) return { chosen: knownPurpose(own.purpose), identityId };
  const remembered = identityId === null ? null : await areas.local.read(`purpose:${identityId}`);
  return { chosen: knownPurpose(remembered), identityId };
}

/** Shows the purpose's name on the compose window's button. */
export async function labelButton(areas: Areas, words: Words, tabId: number): Promise<void> {
  const { t } = words;
  const { chosen } = await chosenPurpose(areas, tabId);
  const name = t(phrase(`compose_name_${chosen ?? "none"}`));
  await Promise.all([
    messenger.composeAction.setLabel({ tabId, label: chosen === null ? t(phrase("compose_button")) : name }),
    messenger.composeAction.setTitle({ tabId, title: t(phrase("compose_title", { name })) }),
  ]);
}

export async function choosePurpose(areas: Areas, tabId: number, purpose: string | null): Promise<void> {
  await areas.session.write(`compose:${tabId}`, { purpose });
  const { identityId } = await messenger.compose.getComposeDetails(tabId);
  if (identityId === undefined) return;
  if (purpose === null) await areas.local.remove(`purpose:${identityId}`);
  else await areas.local.write(`purpose:${identityId}`, purpose);
}

/** Listens for as long as the background lives: sending, other identities, windows opened and closed. */
export function watchCompose(areas: Areas, words: Words, failed: (error: unknown) => void): void {
  const label = (tabId: number | undefined): void => {
    if (tabId !== undefined) labelButton(areas, words, tabId).catch(failed);
  };
  messenger.compose.onBeforeSend.addListener(async (tab, details) => {
    if (tab.id === undefined) return {};
    const { chosen } = await chosenPurpose(areas, tab.id);
    const others = (details.customHeaders ?? []).filter(
      (header) => header.name.toLowerCase() !== wishField.toLowerCase(),
    );
    if (chosen === null) return { details: { customHeaders: others } };
    return { details: { customHeaders: [...others, { name: wishField, value: chosen }] } };
  });
  messenger.compose.onIdentityChanged.addListener((tab) => label(tab.id));
  messenger.tabs.onCreated.addListener((tab) => {
    if (tab.type === "messageCompose") label(tab.id);
  });
  messenger.tabs.onRemoved.addListener((tabId) => {
    areas.session.remove(`compose:${tabId}`).catch(failed);
  });
}
