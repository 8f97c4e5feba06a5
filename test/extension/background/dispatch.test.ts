// Who may say what to the background. Content scripts live among hostile pages and mails: they may say almost nothing.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SenderKind } from "../../../extension/background/dispatch.ts";
import { commonHandlers } from "../../../extension/background/handlers.ts";
import { fakePlatform, fakeTab } from "./fake-platform.ts";

const nobody = async (): Promise<Response> => {
  throw new TypeError("no network here");
};
const tab = fakeTab(fakePlatform({ fetch: nobody, now: 1_795_356_120 }));
const names = Object.keys(commonHandlers(tab.background, async () => undefined));

describe.each(["webmail", "mail"] satisfies SenderKind[])("a content script of a %s", (kind) => {
  test.each(names)("may not send %s", async (name) => {
    const request = { tabId: 1, key: "k", id: "account1", ref: "r", banner: true, junk: true };
    expect(await tab.askAs({ kind, tabId: 1 }, name, request)).toEqual({ refused: "wrong-sender" });
  });
});

describe("a message", () => {
  const cases = [
    { name: "that is no object", input: "panel-ask", want: "no-such-message" },
    { name: "without a name", input: { request: {} }, want: "no-such-message" },
    { name: "of an unknown name", input: { waybill: "shell-run", request: {} }, want: "no-such-message" },
    {
      name: "named after what every object has",
      input: { waybill: "constructor", request: {} },
      want: "no-such-message",
    },
    { name: "named __proto__", input: { waybill: "__proto__", request: {} }, want: "no-such-message" },
  ];
  test.each(cases)("$name is refused", async ({ input, want }) => {
    const { dispatch } = await import("../../../extension/background/dispatch.ts");
    const { page } = await import("./fake-platform.ts");
    const handlers = commonHandlers(tab.background, async () => undefined);
    expect(await dispatch(handlers, input, page)).toEqual({ refused: want });
  });
});

describe("a request", () => {
  const order = { code: "phishing", actual: null, tellSender: false, moveToJunk: false, unsubscribe: false };
  const cases = [
    { name: "a tab that is no number", input: ["panel-ask", { tabId: "1" }] },
    { name: "no account", input: ["account-look", {}] },
    { name: "an endless account", input: ["account-look", { id: "x".repeat(1_000) }] },
    {
      name: "a code that is none",
      input: ["complaint-make", { tabId: 1, key: "k", order: { ...order, code: "spam" } }],
    },
    { name: "an order that is no object", input: ["complaint-make", { tabId: 1, key: "k", order: 1 }] },
    {
      name: "flags that are no flags",
      input: ["complaint-make", { tabId: 1, key: "k", order: { ...order, tellSender: 1 } }],
    },
    { name: "no mail", input: ["complaint-make", { tabId: 1, order }] },
    { name: "preferences of another kind", input: ["preferences-set", { banner: "yes", junk: true }] },
    {
      name: "a trusted server that is none",
      input: ["account-change", { id: "account1", trusted: ["mx1.example.net", "mx1/24"] }],
    },
    {
      name: "too many trusted servers",
      input: ["account-change", { id: "account1", trusted: Array.from({ length: 21 }, (_, at) => `mx${at}`) }],
    },
    { name: "trusted servers that are no list", input: ["account-change", { id: "account1", trusted: "mx" }] },
  ] as const;
  test.each(cases)("with $name is refused", async ({ input: [name, request] }) => {
    expect(await tab.askAs({}, name, request)).toEqual({ refused: "malformed" });
  });

  test("of any form is answered or refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.jsonValue(), async (name, request) => {
        const done = await tab.askAs({}, name, request);
        expect("reply" in done || "refused" in done).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
