// How long a reader waits: from a mail's octets in the page to its panel on the screen. Everything in between is real:
// seal, declaration's signature, certificate, judgement, words, layout, paint; the bridge's certificate is kept already.
//   node test/extension/pages/panel-time.ts   prints a line; test/bench may call measurePanel()
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { buildPages } from "../../../extension/build.ts";
import { paintedMeasure } from "../../../extension/ui/paint-mark.ts";
import { makeSampleWorld } from "../smoke/sample-mails.ts";
import { until } from "../../e2e/wait.ts";
import { startBrowser } from "../ui/gallery-page.ts";
import { startRoom } from "./room-bridge.ts";

/** The middle value. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Opens the mails in turn, `rounds` times each; milliseconds of each painting. The page shows the reading room. */
export async function paintTimes(page: Page, mails: readonly string[], rounds: number): Promise<readonly number[]> {
  const count = async (): Promise<number> =>
    await page.evaluate<number>(`performance.getEntriesByName("${paintedMeasure}").length`);
  await page.locator(`[data-mail=${mails.at(-1) ?? ""}][data-level]`).waitFor();
  for (let round = 0; round < rounds; round += 1) {
    for (const mail of mails) {
      const before = await count();
      await page.locator(`[data-mail=${mail}]`).click();
      await until("the panel", async () => (await count()) > before);
    }
  }
  return await page.evaluate<number[]>(
    `performance.getEntriesByName("${paintedMeasure}").slice(1).map((measure) => measure.detail.milliseconds)`,
  );
}

export interface PanelTime {
  readonly medianMs: number;
  readonly slowestMs: number;
  readonly samples: number;
}

/** Builds the page, serves it, measures in Debian's Chromium. */
export async function measurePanel(rounds = 25): Promise<PanelTime> {
  const out = mkdtempSync(join(tmpdir(), "waybill-panel-"));
  await buildPages(out);
  const world = await makeSampleWorld(Math.floor(Date.now() / 1000));
  const bridge = await startRoom(join(out, "reading-room"), world, []);
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(bridge.url);
    const times = await paintTimes(page, ["tampered", "invoice"], rounds);
    return { medianMs: median(times), slowestMs: Math.max(...times), samples: times.length };
  } finally {
    await browser.close();
    await bridge.stop();
    rmSync(out, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { medianMs, slowestMs, samples } = await measurePanel();
  console.log(`panel painted: median ${medianMs.toFixed(1)} ms, slowest ${slowestMs.toFixed(1)} ms, ${samples} mails`);
}
