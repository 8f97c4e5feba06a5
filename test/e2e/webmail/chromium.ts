// Starts a real Chromium (Debian's) with a throw-away profile and, if asked, an unpacked extension.
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, type BrowserContext, type Page, type Worker } from "playwright-core";
import type { Display } from "../display.ts";
import { until } from "../wait.ts";

/** What a test asks for. */
export interface ChromiumOptions {
  /** Folder of its own for the profile. */
  readonly folder: string;
  /** Unpacked extension (manifest version 3). */
  readonly extension?: string;
  /** Another one beside it, without a background of its own. */
  readonly stranger?: string;
  /** Server certificates (PEM) it takes although no authority it knows has signed them. */
  readonly certificates?: readonly string[];
  /** The screen it fills; null: headless, where questions for permissions cannot be answered. */
  readonly display: Display | null;
  readonly colorScheme?: "light" | "dark";
  /** Goes on with the profile that is there: what was allowed and connected stays. */
  readonly keepProfile?: boolean;
}

/** A Chromium that runs. */
export interface Chromium {
  readonly context: BrowserContext;
  readonly page: Page;
  /** The extension's background; null without an extension. */
  readonly background: Worker | null;
  /** The extension's id; null without an extension. */
  readonly extensionId: string | null;
  /** Port of the DevTools protocol, for what Playwright does not show (popup.ts). */
  readonly devToolsPort: number;
  /** Answers Chromium's question for a permission with "Allow", on the keyboard. */
  allow(): Promise<void>;
  stop(): Promise<void>;
}

function pin(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}

function switches(options: ChromiumOptions): string[] {
  const pins = (options.certificates ?? []).map(pin);
  const extensions = [options.extension, options.stranger].filter((folder) => folder !== undefined).join();
  return [
    "--remote-debugging-port=0",
    "--window-position=0,0",
    "--window-size=1280,900",
    // Without the bar that says that --no-sandbox, which root needs, is not supported.
    "--test-type",
    // What a dark desktop does; emulation would reach pages only, not popups.
    ...(options.colorScheme === "dark" ? ["--force-dark-mode"] : []),
    ...(extensions === "" ? [] : [`--disable-extensions-except=${extensions}`, `--load-extension=${extensions}`]),
    ...(pins.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${pins.join()}`]),
  ];
}

/** A fresh profile that does not offer to save passwords: the question would stand before everything else. */
function writeProfile(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "Default"), { recursive: true });
  const preferences = { credentials_enable_service: false, profile: { password_manager_enabled: false } };
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify(preferences));
}

/** Starts Chromium and waits for the extension's background. */
export async function startChromium(options: ChromiumOptions, signal: AbortSignal): Promise<Chromium> {
  signal.throwIfAborted();
  const { display } = options;
  const profile = join(options.folder, "profile");
  if (options.keepProfile !== true) writeProfile(profile);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    chromiumSandbox: false,
    headless: display === null,
    colorScheme: null,
    viewport: null,
    locale: "en-US",
    env: { ...process.env, ...(display === null ? {} : { DISPLAY: display.name }), HOME: profile },
    args: switches(options),
  });
  const stop = (): Promise<void> => context.close();
  signal.addEventListener("abort", () => void stop(), { once: true });
  const background =
    options.extension === undefined
      ? null
      : await until("the extension's background", () => context.serviceWorkers()[0]);
  return {
    context,
    page: context.pages()[0] ?? (await context.newPage()),
    background,
    extensionId: background === null ? null : new URL(background.url()).host,
    devToolsPort: Number(readFileSync(join(profile, "DevToolsActivePort"), "utf8").split("\n")[0]),
    allow: async () => {
      if (display === null) throw new Error("a headless Chromium asks nobody");
      // While it asks, the (light) page below is dimmed. Its first button is "Deny".
      const isAsking = (): boolean => display.brightness(20, 880) < 200;
      await until("Chromium's question for a permission", isAsking);
      await sleep(500);
      display.press("Tab");
      await sleep(100);
      display.press("Return");
      await until("the question to go", () => !isAsking());
    },
    stop,
  };
}
