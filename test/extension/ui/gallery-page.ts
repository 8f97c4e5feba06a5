// The gallery in a real Chromium: layout, contrast and keyboard are what a browser does, not what a DOM library guesses.
//   node test/extension/ui/gallery-page.ts FOLDER   writes a picture of everything the gallery shows
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { bundleScript, joinStyles } from "../../../extension/build.ts";
import { sharedStyles } from "../../../extension/entries.ts";

/** How a page is looked at. */
export interface Look {
  readonly scheme?: "light" | "dark";
  /** CSS pixels; a popup has 392. */
  readonly width?: number;
}

export interface Gallery {
  /** Opens one of the gallery's pages; `query` as gallery.tsx says. */
  open(query: string, look?: Look): Promise<Page>;
  stop(): Promise<void>;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Debian's Chromium, without a window. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
}

/** Builds the gallery into a folder of its own. */
export async function startGallery(): Promise<Gallery> {
  const folder = mkdtempSync(join(tmpdir(), "waybill-gallery-"));
  await bundleScript("test/extension/ui/gallery.tsx", join(folder, "gallery.js"));
  joinStyles(sharedStyles, join(folder, "gallery.css"));
  cpSync(join(import.meta.dirname, "gallery.html"), join(folder, "gallery.html"));
  const browser = await startBrowser();
  return {
    async open(query, { scheme = "light", width = 392 } = {}) {
      const page = await browser.newPage({ viewport: { width, height: 640 }, colorScheme: scheme });
      await page.goto(`file://${folder}/gallery.html?${query}`);
      return page;
    },
    async stop() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What axe-core finds wrong, in lines: "color-contrast: .wb-level". */
export async function violations(page: Page): Promise<readonly string[]> {
  // As the debugger's code: a page's own policy lets no other script in.
  await page.evaluate(axeSource);
  const found = await page.evaluate<AxeResults>(
    // How large what is clicked must be (WCAG 2.2, 2.5.8) it only measures where it is asked to.
    "axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })",
  );
  return found.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(" ")} (${node.failureSummary ?? ""})`),
  );
}

/** Pixels by which the page is wider than its window: must be 0. */
export async function overflow(page: Page): Promise<number> {
  return await page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}

/** Everything the gallery can show. */
export const galleryPages: readonly { readonly name: string; readonly query: string; readonly width?: number }[] = [
  ...["holds", "careful", "broken", "unproven", "unrecorded"].flatMap((fixture) => [
    { name: `panel ${fixture}`, query: `fixture=${fixture}` },
    { name: `banner ${fixture}`, query: `show=banner&fixture=${fixture}` },
  ]),
  ...["sending", "undone", "failed", "stands", "reported", "counted"].map((state) => ({
    name: `panel ${state}`,
    query: `fixture=careful&state=${state}`,
  })),
  { name: "panel without keys", query: "fixture=unproven&trouble=lost" },
  { name: "panel mirrored", query: "fixture=holds&rtl" },
  { name: "panel in German", query: "fixture=careful&lang=de" },
  { name: "notice", query: "show=notice" },
  { name: "banner with hint", query: "show=banner&hint" },
  { name: "banner in a pane", query: "show=banner&sentence", width: 690 },
  { name: "banner in a narrow pane", query: "show=banner&sentence&lang=de", width: 420 },
  { name: "banner mirrored", query: "show=banner&sentence&rtl", width: 690 },
  { name: "purposes", query: "show=menu&chosen=newsletter" },
  { name: "purposes, seldom one", query: "show=menu&chosen=report&lang=de" },
  { name: "first run", query: "show=firstrun", width: 900 },
  { name: "first run in German", query: "show=firstrun&lang=de&sites", width: 900 },
  { name: "settings", query: "show=settings", width: 900 },
  { name: "settings with sites", query: "show=settings&sites&problem", width: 900 },
];

if (import.meta.main) {
  const folder = process.argv[2] ?? "var/test/gallery";
  mkdirSync(folder, { recursive: true });
  const gallery = await startGallery();
  for (const { name, query, width } of galleryPages) {
    for (const scheme of ["light", "dark"] as const) {
      const page = await gallery.open(query, { scheme, ...(width === undefined ? {} : { width }) });
      await page.screenshot({ path: join(folder, `${name.replaceAll(/\W+/g, "-")}-${scheme}.png`), fullPage: true });
      await page.close();
    }
  }
  await gallery.stop();
}
