// The one line in or above the message: icon, level, sentence, and where to look for more. Only an echo of the button
// in the toolbar, since a mail can draw a line like it.
import type { Verdict } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";
import type { Words } from "../text/translate.ts";
import { LevelIcon } from "./level-icon.tsx";

export interface BannerProps {
  readonly words: Words;
  readonly verdict: Pick<Verdict, "level" | "sentence">;
  /** Opens the panel where the mail program lets an extension do so; else the hint says where it is. */
  readonly onDetails: () => void;
  /** Shows the hint that the toolbar's button is what counts. */
  readonly hint: boolean;
}

/** Stands in a shadow root: brings no outer spacing and expects banner.css beside it. */
export function Banner({ words, verdict, onDetails, hint }: BannerProps) {
  const { t, locale, direction } = words;
  return (
    <aside class={`wb-banner wb-${verdict.level}`} lang={locale} dir={direction} aria-label={t(phrase("ui_name"))}>
      <LevelIcon level={verdict.level} />
      <p role="status">
        <b>{t(phrase(`level_${verdict.level}`))}</b>{" "}
        <span>{hint ? t(phrase("ui_banner_hint")) : t(verdict.sentence)}</span>
      </p>
      <button type="button" onClick={onDetails} aria-expanded={hint}>
        {t(phrase("ui_details"))}
      </button>
    </aside>
  );
}
