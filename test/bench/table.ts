// The figures as a table: measured beside required and goal, printed and kept in docs/performance.md.
import { readFileSync, writeFileSync } from "node:fs";

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly waybill: number;
  /** null: nothing to compare with. */
  readonly openDkim: number | null;
  /** null: not measured, or not installed. */
  readonly rspamd: number | null;
  /** What is required of: `waybill` itself, or its ratio to another figure. */
  readonly measured: number;
  readonly required: number;
  readonly goal: number;
  readonly unit: string;
  /** Whether smaller is better. */
  readonly less: boolean;
}

/** The middle value; the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The middle of how often each round's value goes into the one beside it: a round that was slow was slow for both. */
export function medianRatio(values: readonly number[], beside: readonly number[]): number {
  return median(values.map((value, round) => value / (beside[round] ?? Number.NaN)));
}

/** "goal", "required" or "missed". */
export function reached({ measured, required, goal, less }: Figure): string {
  const holds = (wanted: number): boolean => (less ? measured <= wanted : measured >= wanted);
  if (holds(goal)) return "goal";
  return holds(required) ? "required" : "missed";
}

function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
}

/** Markdown, one row a figure. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { what, waybill, openDkim, rspamd, measured, required, goal, unit } = figure;
    const others = [openDkim, rspamd].map((other) => (other === null ? "" : number(other)));
    return `| ${what} | ${number(waybill)} | ${others.join(" | ")} | **${number(measured)}** ${unit} | ${required} | ${goal} | ${reached(figure)} |`;
  });
  return [
    "| | Waybill | OpenDKIM | rspamd | measured | required | goal | reached |",
    "|---|---:|---:|---:|---:|---:|---:|---|",
    ...rows,
  ].join("\n");
}

/** Puts `text` between the markers `name` of the document. */
export function keep(path: string, name: "milters" | "store", text: string): void {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- end:${name} -->`];
  const document = readFileSync(path, "utf8");
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${path} has no ${begin} … ${end}`);
  writeFileSync(path, `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`);
}
