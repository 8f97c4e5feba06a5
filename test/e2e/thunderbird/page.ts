// A page inside Thunderbird (a shown message, an add-on's popup, tab or background), to be read and clicked.
import { until } from "../wait.ts";
import { actInPage, pageAction, type PageAction, type Where } from "./privileged-page.ts";
import type { Thunderbird } from "./start.ts";

/** One page. Selectors look into closed shadow roots too. */
export interface Page {
  /** Visible text of the first element that fits; null when there is none. */
  text(selector: string): Promise<string | null>;
  /** Waits for the element and clicks its middle; the page sees a trusted event. */
  click(selector: string): Promise<void>;
  /** Where the element stands in the page, CSS pixels. */
  box(selector: string): Promise<{ x: number; y: number; width: number; height: number } | null>;
  /** Runs a function in the page, as the page's own script (with `browser` in an add-on's). */
  evaluate<A extends readonly unknown[], R>(run: (...args: A) => R | Promise<R>, ...args: A): Promise<R>;
}

/** The page at `where`, looked up anew for each call. */
export function pageOf(thunderbird: Thunderbird, where: Where): Page {
  const act = async (action: PageAction): Promise<unknown> => {
    const reply: unknown = JSON.parse(
      await thunderbird.marionette.chrome(actInPage, where, action, String(pageAction)),
    );
    const { value, error } = reply as { readonly value?: unknown; readonly error?: string };
    if (error !== undefined) throw new Error(error);
    return value;
  };
  return {
    text: async (selector) => (await act({ kind: "text", selector })) as string | null,
    click: async (selector) => {
      await until(`${selector} in ${where.kind} to click`, () => act({ kind: "click", selector }));
    },
    box: async (selector) => (await act({ kind: "box", selector })) as Awaited<ReturnType<Page["box"]>>,
    evaluate: async (run, ...args) => (await act({ kind: "evaluate", source: String(run), args })) as never,
  };
}
