// The icons of extension/icons, drawn from the panel's own shapes so that toolbar and panel never differ.
//   node test/extension/icons/icon-files.ts   writes the SVG files and, with Chromium, their PNGs (Chromium's toolbar
//   and its extension list take no SVG)
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { levelShapes } from "../../../extension/ui/level-shapes.ts";
import { levels } from "../../../shared/verdict/types.ts";
import type { Level } from "../../../shared/verdict/types.ts";

export const iconFolder = join(import.meta.dirname, "..", "..", "..", "extension", "icons");
export const levelSizes = [16, 32] as const;
export const logoSizes = [16, 32, 48, 128] as const;

/** Filled, with a light or dark sign: readable on light and dark toolbars alike. */
const paints: Record<Level, { readonly fill: string; readonly stroke: string; readonly sign: string }> = {
  holds: { fill: "#1a7f37", stroke: "#1a7f37", sign: "#ffffff" },
  careful: { fill: "#e3a008", stroke: "#8a5a00", sign: "#1b1f24" },
  broken: { fill: "#cf222e", stroke: "#cf222e", sign: "#ffffff" },
  unproven: { fill: "#6a737d", stroke: "#6a737d", sign: "#ffffff" },
  unrecorded: { fill: "none", stroke: "#7d8590", sign: "#7d8590" },
};

const frame = (inside: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">${inside}</svg>\n`;

/** The icon of one level. */
export function levelSvg(level: Level): string {
  const { fill, stroke, sign } = paints[level];
  const shape = levelShapes[level];
  const dashes = shape.dashed ? ' stroke-dasharray="4.2 3.85"' : "";
  return frame(
    `<path d="${shape.frame}" fill="${fill}" stroke="${stroke}" stroke-width="2.4" stroke-linejoin="round"${dashes}/>` +
      `<path d="${shape.sign}" fill="none" stroke="${sign}" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/>`,
  );
}

/** The product's own: a label on a parcel. */
export function logoSvg(): string {
  const label =
    "M3.5 8.2a3 3 0 0 1 3-3h11.8a3 3 0 0 1 2.3 1.1l7 8.5a2 2 0 0 1 0 2.5l-7 8.5a3 3 0 0 1-2.3 1.1H6.5a3 3 0 0 1-3-3z";
  return frame(
    `<path d="${label}" fill="#0b5cad"/><circle cx="22.2" cy="16.05" r="2.3" fill="#fff"/>` +
      '<path d="M8 11.5h7M8 16h9M8 20.5h5" fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round"/>',
  );
}

async function writeAll(): Promise<void> {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  const page = await browser.newPage();
  const write = async (name: string, svg: string, sizes: readonly number[]): Promise<void> => {
    writeFileSync(join(iconFolder, `${name}.svg`), svg);
    for (const size of sizes) {
      await page.setViewportSize({ width: size, height: size });
      const source = `data:image/svg+xml,${encodeURIComponent(svg)}`;
      await page.setContent(
        `<style>body{margin:0}img{display:block}</style><img src="${source}" width=${size} height=${size}>`,
      );
      await page.screenshot({ path: join(iconFolder, `${name}-${size}.png`), omitBackground: true });
    }
  };
  for (const level of levels) await write(level, levelSvg(level), levelSizes);
  await write("waybill", logoSvg(), logoSizes);
  await browser.close();
}

if (import.meta.main) await writeAll();
