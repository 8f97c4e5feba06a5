// Functions that run inside Thunderbird (marionette.ts): the less usual ways in which a mail comes to be shown, or goes.
// They travel as source: each stands alone.
import type { BrowserElement, MessageHeader } from "./privileged.ts";

/** Opens a mail that lies in a file, as a double click on the file does. */
export function openFile(path: string): void {
  const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
  const file = Cc["@mozilla.org/file/local;1"]?.createInstance(Ci["nsIFile"]) as { initWithPath(path: string): void };
  file.initWithPath(path);
  const window = Services.wm.getMostRecentWindow("mail:3pane");
  if (window === null) throw new Error("no window");
  MailUtils.openEMLFile(window, file, Services.io.newFileURI(file));
}

/** Opens the first attachment of the mail that is shown. */
export async function openAttachment(): Promise<void> {
  const tabs = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail");
  const shown = (tabs?.currentAboutMessage ?? tabs?.currentAbout3Pane?.messageBrowser.contentWindow) as
    | (Window & {
        readonly currentAttachments: readonly { open(context: unknown): Promise<void> }[];
        readonly browsingContext: unknown;
      })
    | undefined;
  const [attachment] = shown?.currentAttachments ?? [];
  if (shown === undefined || attachment === undefined) throw new Error("no attachment");
  await attachment.open(shown.browsingContext);
}

/** Copies the mail that is shown into a folder of Local Folders. */
export function keepLocally(folder: string): void {
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const shown: (Window & { readonly gMessage?: MessageHeader }) | null | undefined = pane?.messageBrowser.contentWindow;
  const to = MailServices.accounts.localFoldersServer.rootFolder.getChildNamed(folder);
  MailServices.copy.copyMessages(pane?.gFolder, [shown?.gMessage], to, false, null, null, false);
}

/** Deletes the mail that is shown; Thunderbird then shows another. */
export function deleteShown(): void {
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const commands = Ci["nsMsgViewCommandType"] as { readonly deleteMsg: unknown } | undefined;
  pane?.gDBView?.doCommand(commands?.deleteMsg);
}

/** The mail that is shown and all there; null for none. */
export function shownMail(): { readonly key: number; readonly subject: string } | null {
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const shown: (Window & { readonly gMessage?: MessageHeader; readonly msgLoaded?: boolean }) | null | undefined =
    pane?.messageBrowser.contentWindow;
  if (shown?.msgLoaded !== true || shown.gMessage === undefined) return null;
  return { key: shown.gMessage.messageKey, subject: shown.gMessage.mime2DecodedSubject };
}

/** Prints the mail that is shown, into a PDF file. */
export async function printShown(file: string): Promise<void> {
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const browser = pane?.messageBrowser.contentDocument?.querySelector<BrowserElement>("#messagepane");
  if (!browser) throw new Error("no message is shown");
  const service = Cc["@mozilla.org/gfx/printsettings-service;1"]?.getService(Ci["nsIPrintSettingsService"]) as {
    createNewPrintSettings(): Record<string, unknown>;
  };
  const kinds = Ci["nsIPrintSettings"] as Readonly<Record<string, unknown>>;
  const settings = service.createNewPrintSettings();
  settings["isInitializedFromPrinter"] = true;
  settings["isInitializedFromPrefs"] = true;
  settings["printSilent"] = true;
  settings["outputDestination"] = kinds["kOutputDestinationFile"];
  settings["outputFormat"] = kinds["kOutputFormatPDF"];
  settings["toFileName"] = file;
  await browser.browsingContext.print(settings);
}

/** Opens the mail that is shown in a window of its own. */
export function openWindow(): void {
  const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const shown: (Window & { readonly gMessage?: MessageHeader }) | null | undefined = pane?.messageBrowser.contentWindow;
  MailUtils.openMessageInNewWindow(shown?.gMessage, pane?.gViewWrapper);
}

/** Shows the next mail in the window of its own. */
export function nextInWindow(): void {
  const window: (Window & { goDoCommand?(command: string): void }) | null =
    Services.wm.getMostRecentWindow("mail:messageWindow");
  window?.goDoCommand?.("cmd_nextMsg");
}

/** What the window of its own shows, and what a button in it says; null while it is not all there. */
export function inWindow(selector: string): { readonly subject: string; readonly label: string } | null {
  const window: (Window & { readonly messageBrowser?: HTMLIFrameElement }) | null =
    Services.wm.getMostRecentWindow("mail:messageWindow");
  const shown: (Window & { readonly gMessage?: MessageHeader; readonly msgLoaded?: boolean }) | null | undefined =
    window?.messageBrowser?.contentWindow;
  if (shown?.msgLoaded !== true || shown.gMessage === undefined) return null;
  const label = shown.document.querySelector(selector)?.getAttribute("label") ?? "";
  return { subject: shown.gMessage.mime2DecodedSubject, label };
}

/** Closes the window of its own. */
export function closeWindow(): void {
  Services.wm.getMostRecentWindow("mail:messageWindow")?.close();
}

/** "Work Offline", and back; mails that are listed are not fetched beforehand. */
export function workOffline(offline: boolean): void {
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  for (const server of MailServices.accounts.allServers)
    if (server.type === "imap") server.setBoolValue("autosync_offline_stores", false);
  Services.io.offline = offline;
}

/** Whether a mail is listed; `select`: selects it, too, whether it can be shown or not. */
export function isListed(subject: string, select: boolean): boolean {
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  for (let row = 0; row < (pane?.gDBView?.rowCount ?? 0); row++) {
    if (pane?.gDBView?.getMsgHdrAt(row).mime2DecodedSubject !== subject) continue;
    if (select) pane.threadTree.selectedIndex = row;
    return true;
  }
  return false;
}

/** Tells Thunderbird that the desktop is dark, or light again. */
export function makeDesktop(scheme: "dark" | "light"): void {
  Services.prefs.setIntPref("ui.systemUsesDarkTheme", scheme === "dark" ? 1 : 0);
}

/**
 * Collapses every thread of the folder that is shown, or expands them, and selects the line of a mail; how many mails are
 * then selected. `whole`: a collapsed thread's line stands for all its mails, as it does until its reader changes that.
 */
export function selectInThread(subject: string, collapsed: boolean, whole: boolean): number {
  Services.prefs.setBoolPref("mail.operate_on_msgs_in_collapsed_threads", whole);
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const kinds = Ci["nsMsgViewCommandType"] as Readonly<Record<string, unknown>> | undefined;
  if (!pane?.gDBView || !kinds) throw new Error("no folder is shown");
  pane.gViewWrapper.showThreaded = true;
  pane.gDBView.doCommand(kinds[collapsed ? "collapseAll" : "expandAll"]);
  pane.threadTree.selectedIndex = -1;
  for (let row = 0; row < pane.gDBView.rowCount; row++)
    if (pane.gDBView.getMsgHdrAt(row).mime2DecodedSubject === subject) pane.threadTree.selectedIndex = row;
  return pane.gDBView.numSelected;
}

/** Whether a collapsed thread's line stands for all its mails by default, and whether their summary is what is shown. */
export function threadSummary(): { readonly byDefault: boolean; readonly isShown: boolean } {
  const byDefault = Services.prefs.getDefaultBranch("").getBoolPref("mail.operate_on_msgs_in_collapsed_threads");
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const widthOf = (id: string): number => pane?.document.getElementById(id)?.getBoundingClientRect().width ?? 0;
  return { byDefault, isShown: widthOf("multiMessageBrowser") > 0 && widthOf("messageBrowser") === 0 };
}
