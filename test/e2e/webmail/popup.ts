// The popup of an extension's toolbar button. Playwright does not show it as a page, so it is driven over the DevTools
// protocol directly. Clicks are trusted ones.
import { writeFileSync } from "node:fs";
import { until } from "../wait.ts";
import type { Chromium } from "./chromium.ts";

/** An open popup. */
export interface Popup {
  /** Value of an expression in the popup; promises are waited for. */
  evaluate(expression: string): Promise<unknown>;
  /** Visible text of the first element that fits; null when there is none. */
  text(selector: string): Promise<string | null>;
  /** Waits for the element and clicks its middle. */
  click(selector: string): Promise<void>;
  screenshot(file: string): Promise<void>;
  /** Closes the popup itself. */
  close(): Promise<void>;
}

interface Target {
  readonly url: string;
  readonly webSocketDebuggerUrl: string;
}

type Send = (
  method: string,
  parameters?: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>;

const gone = "DevTools: the popup has gone";

async function attach(url: string): Promise<{ readonly send: Send; readonly close: () => void }> {
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(new Error("DevTools: no connection")), { once: true });
  });
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  socket.addEventListener("message", (event) => {
    const answer = JSON.parse(String(event.data)) as { id?: number; result?: never; error?: { message: string } };
    const one = waiting.get(answer.id ?? -1);
    waiting.delete(answer.id ?? -1);
    if (answer.error !== undefined) one?.reject(new Error(answer.error.message));
    else one?.resolve(answer.result as never);
  });
  socket.addEventListener("close", () => {
    for (const one of waiting.values()) one.reject(new Error(gone));
  });
  let last = 0;
  return {
    send: (method, parameters = {}) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== WebSocket.OPEN) {
          reject(new Error(gone));
          return;
        }
        last += 1;
        waiting.set(last, { resolve, reject });
        socket.send(JSON.stringify({ id: last, method, params: parameters }));
      }),
    close: () => socket.close(),
  };
}

function popupOf(send: Send, detach: () => void): Popup {
  const evaluate = async (expression: string): Promise<unknown> => {
    const answer = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = answer as { result: { value?: unknown }; exceptionDetails?: { text: string } };
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
    return result.value ?? null;
  };
  const middle = (selector: string): Promise<unknown> =>
    evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element?.scrollIntoView({ block: "nearest" });
      const box = element?.getBoundingClientRect();
      return box && box.width > 0 ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
    })()`);
  return {
    evaluate,
    text: async (selector) =>
      (await evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? null`)) as string | null,
    click: async (selector) => {
      const at = (await until(`${selector} in the popup`, () => middle(selector))) as { x: number; y: number };
      const mouse = (type: string): Promise<unknown> =>
        send("Input.dispatchMouseEvent", { type, ...at, button: "left", clickCount: 1 });
      await mouse("mouseMoved");
      await mouse("mousePressed");
      // What the click does may close the popup before it has answered.
      await mouse("mouseReleased").catch((error: unknown) => {
        if (!String(error).includes(gone)) throw error;
      });
    },
    screenshot: async (file) => {
      const { data } = (await send("Page.captureScreenshot", { format: "png" })) as { data: string };
      writeFileSync(file, Buffer.from(data, "base64"));
    },
    close: async () => {
      await evaluate("window.close()").catch(() => null);
      detach();
    },
  };
}

/** Presses the extension's toolbar button (action.openPopup) and attaches to what opens. `page`: part of its URL. */
export async function openPopup(chromium: Chromium, page: string): Promise<Popup> {
  await chromium.background?.evaluate("chrome.action.openPopup()");
  const target = await until("the popup", async () => {
    const answer = await fetch(`http://127.0.0.1:${chromium.devToolsPort}/json/list`);
    return ((await answer.json()) as readonly Target[]).find(({ url }) => url.includes(page));
  });
  const { send, close } = await attach(target.webSocketDebuggerUrl);
  return popupOf(send, close);
}
