// A desk with the add-on in a real Thunderbird, a mailbox of sample mails and a bridge of plain maps.
import { join } from "node:path";
import { buildTarget } from "../../../extension/build.ts";
import { geckoIds } from "../../../extension/manifest.ts";
import { startDisplay } from "../../e2e/display.ts";
import type { Display } from "../../e2e/display.ts";
import { buttonWhen, messageButton, openMessage } from "../../e2e/thunderbird/mail.ts";
import { pageOf } from "../../e2e/thunderbird/page.ts";
import type { Page } from "../../e2e/thunderbird/page.ts";
import type { ButtonState } from "../../e2e/thunderbird/privileged-reading.ts";
import { startThunderbird } from "../../e2e/thunderbird/start.ts";
import type { Thunderbird } from "../../e2e/thunderbird/start.ts";
import { until } from "../../e2e/wait.ts";
import { startMailbox } from "./mailbox.ts";
import type { SmokeMailbox } from "./mailbox.ts";

export interface ThunderbirdDesk {
  readonly mailbox: SmokeMailbox;
  readonly display: Display;
  readonly thunderbird: Thunderbird;
  /** The one that a button has opened. */
  readonly popup: Page;
  /** The shown message, with the banner in it. */
  readonly message: Page;
  /** A page of the add-on that is open in a tab. */
  tab(path: string): Page;
  /** Shows a mail of the inbox. */
  open(subject: string): Promise<void>;
  /** Waits until the button beside the shown mail says this level, or "Waybill" for none. */
  button(label: string): Promise<ButtonState>;
  /** What the button is to say while it is out of sight: it is painted when it comes back, so Thunderbird is asked. */
  hiddenLabel(): Promise<string>;
  /** The mail window's first tab, where mail is read. */
  toMail(): Promise<void>;
  /** From the first-run page to a confirmed bridge, in the settings; the code's mail is then awaited. */
  connect(): Promise<void>;
  stop(): Promise<void>;
}

/** Waits until an element's text is as wanted. */
export async function shows(page: Page, selector: string, words: RegExp): Promise<string> {
  return await until(
    `${String(words)} in ${selector}`,
    async () => {
      const text = await page.text(selector);
      return text !== null && words.test(text) ? text : null;
    },
    { timeoutMs: 20_000 },
  );
}

/** Runs in the add-on's background. */
async function labelInFirstTab(): Promise<string> {
  const { browser } = globalThis as unknown as {
    browser: {
      tabs: { query(of: object): Promise<readonly { readonly id: number }[]> };
      messageDisplayAction: { getLabel(of: object): Promise<string> };
    };
  };
  const [tab] = await browser.tabs.query({ type: "mail" });
  return await browser.messageDisplayAction.getLabel({ tabId: tab?.id });
}

function switchToFirstTab(): void {
  const window = Services.wm.getMostRecentWindow("mail:3pane");
  const tabs = window?.document.getElementById("tabmail") as { switchToTab?(index: number): void } | null | undefined;
  tabs?.switchToTab?.(0);
}

async function connectMailbox(tab: (path: string) => Page, bridge: string): Promise<void> {
  const first = tab("first-run.html");
  await shows(first, ".wb-card", /alice@example\.net/);
  await first.click(".wb-link");
  const settings = tab("settings.html");
  await shows(settings, ".wb-card", /Not looked at yet/);
  await settings.click(".wb-more summary");
  await settings.evaluate((url: string) => {
    const input = document.querySelector<HTMLInputElement>(".wb-text-form input");
    if (input === null) throw new Error("no field");
    input.value = url;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }, bridge);
  await settings.click(".wb-text-form button");
  await shows(settings, ".wb-card", /example\.net takes part/);
  await settings.click(".wb-card .wb-primary");
  await shows(settings, ".wb-card", /Waiting for the mail/);
}

export async function startDesk(): Promise<ThunderbirdDesk> {
  const ending = new AbortController();
  const mailbox = await startMailbox(ending.signal);
  const built = join(mailbox.folder, "addon");
  await buildTarget("thunderbird", built);
  const display = await startDisplay({}, ending.signal);
  const { login, password, imapPort: port } = mailbox;
  const thunderbird = await startThunderbird(
    {
      folder: join(mailbox.folder, "thunderbird"),
      display: display.name,
      password,
      addon: built,
      accounts: [
        {
          fullName: "Alice",
          address: login,
          login,
          imap: { host: "127.0.0.1", port, security: "plain" },
          submission: null,
        },
      ],
      preferences: {
        // Nobody can press Thunderbird's own permission question here.
        "extensions.webextOptionalPermissionPrompts": false,
        // Marionette's own mode keeps the keyboard out of an add-on's popup; on a desktop it goes in.
        "focusmanager.testmode": false,
      },
    },
    ending.signal,
  );
  const tab = (path: string): Page => pageOf(thunderbird, { kind: "tab", addon: geckoIds.thunderbird, path });
  return {
    mailbox,
    display,
    thunderbird,
    popup: pageOf(thunderbird, { kind: "popup" }),
    message: pageOf(thunderbird, { kind: "message" }),
    tab,
    open: async (subject) => await openMessage(thunderbird, { login, folder: "INBOX" }, subject),
    button: async (label) => await buttonWhen(thunderbird, messageButton, (state) => state.label === label),
    hiddenLabel: async () => {
      const background = pageOf(thunderbird, { kind: "background", addon: geckoIds.thunderbird });
      return await background.evaluate(labelInFirstTab);
    },
    toMail: async () => await thunderbird.marionette.chrome(switchToFirstTab),
    connect: async () => await connectMailbox(tab, mailbox.bridge.url),
    async stop() {
      await thunderbird.stop();
      await display.stop();
      await mailbox.stop();
      ending.abort();
    },
  };
}
