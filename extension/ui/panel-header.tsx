// The top of the panel: level as word, icon and colour, the sentence, and what to do where it is needed.
import type { Phrase, Verdict } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";
import { LevelIcon } from "./level-icon.tsx";

/** Announced as a status: another mail's verdict is spoken when it replaces this one (WCAG 2.2, 4.1.3). */
export function PanelHeader(props: { readonly verdict: Verdict; readonly t: Translate }) {
  const { verdict, t } = props;
  return (
    <header class={`wb-head wb-${verdict.level}`}>
      <LevelIcon level={verdict.level} />
      <div class="wb-head-text" role="status">
        <p class="wb-level">{t(phrase(`level_${verdict.level}`))}</p>
        <h1>{t(verdict.sentence)}</h1>
      </div>
      {verdict.advice === null ? null : <Advice advice={verdict.advice} t={t} />}
    </header>
  );
}

function Advice(props: { readonly advice: Phrase; readonly t: Translate }) {
  return (
    <p class="wb-advice">
      <b>{props.t(phrase("ui_advice"))}</b> {props.t(props.advice)}
    </p>
  );
}
