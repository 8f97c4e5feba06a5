// The reader's figure: from a mail's octets to its panel painted, in Debian's Chromium, the verdict made from nothing each
// time but for the kept certificate (test/extension/pages/panel-time.ts).
import { measurePanel } from "../extension/pages/panel-time.ts";
import type { Figure } from "./table.ts";

/** Opens two mails in turn, `rounds` times each. */
export async function panelFigure(rounds: number): Promise<Figure> {
  const { medianMs, slowestMs, samples } = await measurePanel(rounds);
  return {
    what: `panel painted after the octets are there, ms; slowest of ${samples}: ${slowestMs.toFixed(0)}`,
    waybill: medianMs,
    openDkim: null,
    rspamd: null,
    measured: medianMs,
    required: 50,
    goal: 30,
    unit: "ms",
    less: true,
  };
}
