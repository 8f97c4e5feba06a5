// Functions that run inside Thunderbird (marionette.ts): folders, messages, an add-on's buttons. They travel as source.
import type { Folder, MessageHeader, SynthesizingWindow } from "./privileged.ts";

/** Which folder: of the account with this login, or of Local Folders (null). */
export interface FolderName {
  readonly login: string | null;
  readonly folder: string;
}

/** What a toolbar button of an add-on shows. */
export interface ButtonState {
  readonly id: string;
  readonly label: string;
  readonly badge: string;
  readonly title: string;
  readonly disabled: boolean;
}

/** Fetches new mail, shows the folder, selects the newest message with this subject or UID; else why it could not. */
export async function selectMessage(name: FolderName, wanted: string | number): Promise<true | string> {
  const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const { accounts } = MailServices;
  const server =
    name.login === null
      ? accounts.localFoldersServer
      : accounts.allServers.find((one) => one.username === name.login && one.type !== "none");
  const window = Services.wm.getMostRecentWindow("mail:3pane");
  const pane = window?.document.getElementById("tabmail")?.currentAbout3Pane;
  if (!server || !window || !pane) throw new Error(`no account or window for ${JSON.stringify(name)}`);
  const folder: Folder = server.rootFolder.getChildNamed(name.folder);
  if (pane.gFolder?.URI !== folder.URI) pane.displayFolder(folder.URI);
  if (name.login !== null) folder.getNewMessages(null, null);
  for (let attempt = 0; attempt < 20; attempt++) {
    for (let row = (pane.gDBView?.rowCount ?? 0) - 1; row >= 0; row--) {
      const header = pane.gDBView?.getMsgHdrAt(row);
      if (!header || (header.mime2DecodedSubject !== wanted && header.messageKey !== wanted)) continue;
      const shown: (Window & { readonly gMessage?: MessageHeader; readonly msgLoaded?: boolean }) | null =
        pane.messageBrowser.contentWindow;
      // Another may be loaded, where one that was shown has been removed; and the first mail of a new account may be
      // drawn without a header and without a word to anybody (153, on a busy machine): then it is chosen anew.
      const isShown = (): boolean => shown?.msgLoaded === true && shown.gMessage?.messageKey === header.messageKey;
      if (pane.threadTree.selectedIndex === row) {
        if (isShown()) return true;
        pane.threadTree.selectedIndex = -1;
      }
      const loaded = new Promise<void>((resolve) => {
        window.addEventListener("MsgLoaded", () => resolve(), { once: true });
        setTimeout(resolve, 10_000);
      });
      pane.threadTree.selectedIndex = row;
      await loaded;
      return isShown() || `row ${row} is selected, loaded: ${shown?.msgLoaded}, message ${shown?.gMessage?.messageKey}`;
    }
    await new Promise<void>((resolve) => void setTimeout(resolve, 50));
  }
  return `it is none of ${pane.gDBView?.rowCount ?? 0} messages in ${pane.gFolder?.URI}`;
}

/**
 * Selects the message in the folder that is shown, and watches a button until the message is there: its labels in
 * their order while the message's subject stood beside it.
 */
export async function labelsWhileLoading(subject: string, selector: string): Promise<readonly string[]> {
  const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const shown: (Window & { readonly msgLoaded?: boolean; readonly gMessage?: MessageHeader }) | null | undefined =
    pane?.messageBrowser.contentWindow;
  if (!pane || !shown) throw new Error("no message pane");
  const labels: string[] = [];
  for (let row = 0; row < (pane.gDBView?.rowCount ?? 0); row++)
    if (pane.gDBView?.getMsgHdrAt(row).mime2DecodedSubject === subject) pane.threadTree.selectedIndex = row;
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const beside = shown.document.getElementById("expandedsubjectBox")?.textContent.includes(subject) === true;
    const label = shown.document.querySelector(selector)?.getAttribute("label") ?? "";
    if (beside && labels.at(-1) !== label) labels.push(label);
    if (beside && shown.msgLoaded === true) return labels;
    await new Promise<void>((resolve) => void setTimeout(resolve, 1));
  }
  throw new Error(`"${subject}" did not load`);
}

/** Selects the first `count` messages of the folder that is shown. */
export function selectSeveral(count: number): void {
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  if (!pane) throw new Error("no folder is shown");
  pane.threadTree.selectedIndices = Array.from({ length: count }, (_, index) => index);
}

/** The state of the first visible element for `selector` in the windows that may carry it; null when there is none. */
export function buttonState(selector: string): ButtonState | null {
  for (const window of Services.wm.getEnumerator(null)) {
    const pane = window.document.getElementById("tabmail")?.currentAbout3Pane ?? null;
    const message =
      window.document.getElementById("tabmail")?.currentAboutMessage ?? pane?.messageBrowser.contentWindow;
    for (const document of [message?.document, window.document]) {
      const button = document?.querySelector<HTMLElement>(selector) ?? null;
      if (button === null) continue;
      const read = (attribute: string): string => button.getAttribute(attribute) ?? "";
      return {
        id: button.id,
        label: read("label"),
        badge: read("badge"),
        title: read("tooltiptext") || button.title,
        disabled: button.hasAttribute("disabled"),
      };
    }
  }
  return null;
}

/** Clicks the middle of an element of Thunderbird's own windows, as a hand would; false when it is not there. */
export function clickChrome(selector: string): boolean {
  for (const window of Services.wm.getEnumerator(null)) {
    const pane = window.document.getElementById("tabmail")?.currentAbout3Pane ?? null;
    const message =
      window.document.getElementById("tabmail")?.currentAboutMessage ?? pane?.messageBrowser.contentWindow;
    for (const document of [message?.document, window.document]) {
      const button = document?.querySelector<HTMLElement>(selector) ?? null;
      const view = document?.defaultView as SynthesizingWindow | null | undefined;
      const box = button?.getBoundingClientRect();
      if (!view || !box || box.width === 0) continue;
      for (const type of ["mousemove", "mousedown", "mouseup"]) {
        view.synthesizeMouseEvent(type, box.x + box.width / 2, box.y + box.height / 2, { button: 0, clickCount: 1 });
      }
      return true;
    }
  }
  return false;
}

/** Asks the account's server for new mail. */
export function getNewMessages(login: string): void {
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const server = MailServices.accounts.allServers.find((one) => one.username === login && one.type !== "none");
  server?.rootFolder.getChildNamed("INBOX").getNewMessages(null, null);
}

/** Whether an add-on's popup is open. */
export function popupIsOpen(): boolean {
  for (const window of Services.wm.getEnumerator(null)) {
    const pane = window.document.getElementById("tabmail")?.currentAbout3Pane ?? null;
    const message =
      window.document.getElementById("tabmail")?.currentAboutMessage ?? pane?.messageBrowser.contentWindow;
    for (const document of [message?.document, window.document]) {
      if (document?.querySelector(".webextension-popup-browser")) return true;
    }
  }
  return false;
}

/** Hides the panels that add-ons' popups stand in. */
export function hidePopups(): void {
  for (const window of Services.wm.getEnumerator(null)) {
    const pane = window.document.getElementById("tabmail")?.currentAbout3Pane ?? null;
    const message =
      window.document.getElementById("tabmail")?.currentAboutMessage ?? pane?.messageBrowser.contentWindow;
    for (const document of [message?.document, window.document]) {
      const panel = document?.querySelector(".webextension-popup-browser")?.closest("panel");
      (panel as (Element & { hidePopup(): void }) | null | undefined)?.hidePopup();
    }
  }
}

/** Closes every tab but the first, where folders and messages are. */
export function closeOtherTabs(): void {
  const tabs = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail");
  for (let index = (tabs?.tabInfo.length ?? 1) - 1; index > 0; index--) tabs?.closeTab(index);
}

/** Gives the keyboard to an element beside the shown mail, or to the mail itself (#messagepane). */
export function focusChrome(selector: string): void {
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const message = pane?.messageBrowser.contentWindow?.document;
  message?.querySelector<HTMLElement>(selector)?.focus();
}

/** What the keyboard is in: "button Details", or "page panel.html" for a page of an add-on. */
export function focusedElement(): string {
  const { focusedElement: element, focusedContentBrowsingContext: context } = Services.focus;
  const page = context?.currentWindowGlobal?.documentURI?.spec ?? "";
  if (page.startsWith("moz-extension:")) return `page ${page.split("/").at(-1)}`;
  return `${element?.localName} ${element?.getAttribute("label") ?? element?.textContent.trim()}`;
}
