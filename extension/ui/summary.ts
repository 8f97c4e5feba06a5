// The panel as plain text, for Copy: what a reader sends to somebody who can help.
import type { Row, Verdict } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";

function rowLines(rows: readonly Row[], t: Translate): string[] {
  return rows.map((row) => `  ${t(row.label)}: ${t(row.value)}`);
}

function wayLines(verdict: Verdict, t: Translate): string[] {
  return verdict.way.steps.map((step) => {
    const mark = step.seen ? "●" : `○ (${t(phrase("ui_only_claimed"))})`;
    return [`  ${mark} ${t(step.text)}`, ...step.details.map((detail) => t(detail))].join(" · ");
  });
}

/** Every line of the panel, opened or not. */
export function verdictSummary(verdict: Verdict, t: Translate): string {
  return [
    `${t(phrase(`level_${verdict.level}`))}: ${t(verdict.sentence)}`,
    ...(verdict.advice === null ? [] : [t(verdict.advice)]),
    "",
    `${t(phrase("ui_line_says"))}: ${t(verdict.says.gist)}`,
    ...rowLines(verdict.says.rows, t),
    `${t(phrase("ui_line_way"))}: ${t(verdict.way.gist)}`,
    ...wayLines(verdict, t),
    `${t(phrase("ui_line_checks"))}: ${t(verdict.checks.gist)}`,
    ...rowLines(verdict.checks.rows, t),
    "",
  ].join("\n");
}
