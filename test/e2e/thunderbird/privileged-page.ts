// Functions that run inside Thunderbird (marionette.ts) and reach into a page: a shown message, an add-on's popup, tab or
// background. They travel as source: each stands alone.
import type { BrowserElement, Extension, SynthesizingWindow } from "./privileged.ts";

/** Which page. `popup`: the one that an add-on's button has opened, in whatever window. */
export type Where =
  | { readonly kind: "message" }
  | { readonly kind: "popup" }
  | { readonly kind: "background"; readonly addon: string }
  | { readonly kind: "tab"; readonly addon: string; readonly path: string };

/** What to do in a page, with privileges there too: closed shadow roots open, clicks count as a person's. */
export type PageAction =
  | { readonly kind: "text"; readonly selector: string }
  | { readonly kind: "click"; readonly selector: string }
  | { readonly kind: "box"; readonly selector: string }
  | { readonly kind: "evaluate"; readonly source: string; readonly args: readonly unknown[] };

/** Runs `action` in the page's own process; its answer as JSON. `script` is the source of pageAction below. */
export async function actInPage(where: Where, action: PageAction, script: string): Promise<string> {
  const { setTimeout, clearTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
  const windows = [...Services.wm.getEnumerator(null)];
  const documents = windows.flatMap((window) => {
    const pane = window.document.getElementById("tabmail")?.currentAbout3Pane ?? null;
    const message =
      window.document.getElementById("tabmail")?.currentAboutMessage ?? pane?.messageBrowser.contentWindow;
    return [message?.document, pane?.document, window.document].filter((document) => document !== undefined);
  });
  const first = (selector: string): BrowserElement | undefined =>
    documents.map((document) => document.querySelector<BrowserElement>(selector)).find((found) => found !== null) ??
    undefined;
  const extension = async (id: string): Promise<Extension> => {
    const { ExtensionParent } = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
    const found = ExtensionParent.GlobalManager.getExtension(id);
    if (found === undefined) throw new Error(`no add-on ${id}`);
    return found;
  };
  const background = async (id: string): Promise<BrowserElement | undefined> => {
    const found = await extension(id);
    if (!found.backgroundContext) await found.wakeupBackground?.();
    return [...found.views].find((view) => view.viewType === "background")?.xulBrowser;
  };
  const tab = async (id: string, path: string): Promise<BrowserElement | undefined> =>
    [...(await extension(id)).views].find((view) => view.viewType === "tab" && view.uri.spec.includes(path))
      ?.xulBrowser;
  const find = async (): Promise<BrowserElement | undefined> => {
    switch (where.kind) {
      case "message":
        return first("#messagepane");
      case "popup":
        return first(".webextension-popup-browser");
      case "background":
        return background(where.addon);
      case "tab":
        return tab(where.addon, where.path);
    }
  };
  const browser = await find();
  if (browser === undefined) throw new Error(`no page: ${JSON.stringify(where)}`);
  const name = `waybill-test:${String(Math.random())}`;
  const source = `(${script})(${JSON.stringify(name)}, ${JSON.stringify(JSON.stringify(action))})`;
  return new Promise<string>((resolve, reject) => {
    const manager = browser.messageManager;
    const late = setTimeout(() => reject(new Error(`no answer from ${JSON.stringify(where)}`)), 20_000);
    const listener = (message: { readonly data: string }): void => {
      manager.removeMessageListener(name, listener);
      clearTimeout(late);
      resolve(message.data);
    };
    manager.addMessageListener(name, listener);
    manager.loadFrameScript(`data:application/javascript;charset=utf-8,${encodeURIComponent(source)}`, false);
  });
}

/** What is painted in the uppermost `height` pixels of what the reader sees of the shown message: base64 PNG. */
export async function paintedTop(height: number): Promise<string> {
  const pane = Services.wm.getMostRecentWindow("mail:3pane")?.document.getElementById("tabmail")?.currentAbout3Pane;
  const view = pane?.messageBrowser.contentWindow;
  const browser = view?.document.querySelector<BrowserElement>("#messagepane");
  if (!view || !browser) throw new Error("no message is shown");
  const bitmap = await browser.browsingContext.currentWindowGlobal.drawSnapshot(null, 1, "white");
  const canvas = new OffscreenCanvas(browser.clientWidth, height);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  const octets = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
  return btoa(Array.from(octets, (octet) => String.fromCharCode(octet)).join(""));
}

declare const content: SynthesizingWindow & { readonly wrappedJSObject?: Window };
declare const Cu: {
  Sandbox: new (principal: Window, options: Readonly<Record<string, unknown>>) => object;
  evalInSandbox(source: string, sandbox: object): Promise<string>;
};
declare function sendAsyncMessage(name: string, data: string): void;

/** The half that runs in the page's process. Answers {value} or {error} as JSON. */
export function pageAction(name: string, request: string): void {
  const action = JSON.parse(request) as PageAction;
  const answer = (reply: { readonly value?: unknown; readonly error?: string }): void =>
    sendAsyncMessage(name, JSON.stringify(reply));
  const find = (root: Document | ShadowRoot, selector: string): HTMLElement | null => {
    const found = root.querySelector<HTMLElement>(selector);
    if (found !== null) return found;
    for (const element of root.querySelectorAll<HTMLElement & { openOrClosedShadowRoot?: ShadowRoot | null }>("*")) {
      const inside = element.openOrClosedShadowRoot ? find(element.openOrClosedShadowRoot, selector) : null;
      if (inside !== null) return inside;
    }
    return null;
  };
  const box = (selector: string): { x: number; y: number; width: number; height: number } | null => {
    const element = find(content.document, selector);
    if (element === null) return null;
    element.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  };
  const click = (selector: string): boolean => {
    const at = box(selector);
    if (at === null || at.width === 0) return false;
    for (const type of ["mousemove", "mousedown", "mouseup"]) {
      content.synthesizeMouseEvent(type, at.x + at.width / 2, at.y + at.height / 2, { button: 0, clickCount: 1 });
    }
    return true;
  };
  const evaluate = (source: string, args: readonly unknown[]): void => {
    const sandbox = new Cu.Sandbox(content, {
      sandboxPrototype: content.wrappedJSObject ?? content,
      sameZoneAs: content,
      wantXrays: false,
    });
    const script = `(async () => { try { return JSON.stringify({ value: await (${source})(...${JSON.stringify(args)}) }); }
      catch (error) { return JSON.stringify({ error: String(error) + "\\n" + (error?.stack ?? "") }); } })()`;
    Promise.resolve(Cu.evalInSandbox(script, sandbox)).then(
      (reply) => sendAsyncMessage(name, reply),
      (error: unknown) => answer({ error: String(error) }),
    );
  };
  try {
    switch (action.kind) {
      case "text":
        answer({ value: find(content.document, action.selector)?.innerText ?? null });
        break;
      case "box":
        answer({ value: box(action.selector) });
        break;
      case "click":
        answer({ value: click(action.selector) });
        break;
      case "evaluate":
        evaluate(action.source, action.args);
        break;
    }
  } catch (error) {
    answer({ error: String(error) });
  }
}
