// Starts a real Chromium (Debian's) with a throw-away profile and, if asked, an unpacked extension.
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page, type Worker } from "playwright-core";
import { until } from "../wait.ts";

/** What a test asks for. */
export interface ChromiumOptions {
  /** Folder of its own for the profile. */
  readonly folder: string;
  /** Unpacked extension (manifest version 3). */
  readonly extension?: string;
  /** Server certificates (PEM) it takes although no authority it knows has signed them. */
  readonly certificates?: readonly string[];
  /** DISPLAY of a started screen; null: headless. */
  readonly display: string | null;
  readonly colorScheme?: "light" | "dark";
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** A Chromium that runs. */
export interface Chromium {
  readonly context: BrowserContext;
  readonly page: Page;
  /** The extension's background; null without an extension. */
  readonly background: Worker | null;
  /** The extension's id; null without an extension. */
  readonly extensionId: string | null;
  stop(): Promise<void>;
}

function pin(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}

/** Starts Chromium and waits for the extension's background. */
export async function startChromium(options: ChromiumOptions, signal: AbortSignal): Promise<Chromium> {
  signal.throwIfAborted();
  const profile = join(options.folder, "profile");
  rmSync(profile, { recursive: true, force: true });
  mkdirSync(profile, { recursive: true });
  const load = options.extension ?? null;
  const pins = (options.certificates ?? []).map(pin);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    chromiumSandbox: false,
    headless: options.display === null,
    colorScheme: options.colorScheme ?? "light",
    viewport: options.viewport ?? { width: 1280, height: 860 },
    locale: "en-US",
    env: { ...process.env, ...(options.display === null ? {} : { DISPLAY: options.display }), HOME: profile },
    args: [
      ...(load === null ? [] : [`--disable-extensions-except=${load}`, `--load-extension=${load}`]),
      ...(pins.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${pins.join()}`]),
    ],
  });
  const stop = (): Promise<void> => context.close();
  signal.addEventListener("abort", () => void stop(), { once: true });
  const background =
    load === null ? null : await until("the extension's background", () => context.serviceWorkers()[0]);
  return {
    context,
    page: context.pages()[0] ?? (await context.newPage()),
    background,
    extensionId: background === null ? null : new URL(background.url()).host,
    stop,
  };
}
