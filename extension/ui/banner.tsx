// The one line in or above the message: icon, level, sentence, and where to look for more. Only an echo of the button
// in the toolbar, since a mail can draw a line like it. Where the sentence has no room beside the level it stands below
// it, in a narrow pane over the whole width.
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

/** What the level says already is left out where there is one line only. */
const shorter: Readonly<Record<string, string>> = { sentence_pass: "ui_banner_pass" };

/** Stands in a shadow root: brings no outer spacing and expects banner.css beside it. */
export function Banner({ words, verdict, onDetails, hint }: BannerProps) {
  const { t, locale, direction } = words;
  const { level, sentence } = verdict;
  const line = { ...sentence, key: shorter[sentence.key] ?? sentence.key };
  return (
    <aside class={`wb-banner wb-${level}`} lang={locale} dir={direction} aria-label={t(phrase("ui_name"))}>
      <div class="wb-bar">
        <LevelIcon level={level} />
        <p role="status">
          <b>{t(phrase(`level_${level}`))}</b> <span>{t(hint ? phrase("ui_banner_hint") : line)}</span>
        </p>
        <button type="button" onClick={onDetails} aria-expanded={hint}>
          {t(phrase("ui_details"))}
        </button>
      </div>
    </aside>
  );
}
