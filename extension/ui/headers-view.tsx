// The mail's header as it came, for whoever wants to see or pass it on.
import { useLayoutEffect, useRef } from "preact/hooks";
import { shownLines } from "../../shared/verdict/shown.ts";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";

export interface HeadersViewProps {
  readonly t: Translate;
  /** null while it is being read. */
  readonly headers: string | null;
  readonly onCopy: () => void;
  readonly onBack: () => void;
  readonly copied: boolean;
}

/** Text only: whatever a header contains is shown, never interpreted. Copy gives it as it came. */
export function HeadersView({ t, headers, onCopy, onBack, copied }: HeadersViewProps) {
  const region = useRef<HTMLPreElement>(null);
  useLayoutEffect(() => region.current?.focus(), []);
  return (
    <section class="wb-headers" aria-labelledby="wb-headers-title">
      <h2 id="wb-headers-title">{t(phrase("ui_headers_title"))}</h2>
      <pre ref={region} dir="ltr" tabIndex={0} aria-labelledby="wb-headers-title">
        {headers === null ? t(phrase("ui_loading")) : shownLines(headers)}
      </pre>
      <footer class="wb-foot">
        <button type="button" class="wb-button wb-strong" onClick={onBack}>
          {t(phrase("ui_back"))}
        </button>
        <span class="wb-space" />
        <button type="button" class="wb-button" onClick={onCopy} disabled={headers === null}>
          {t(phrase(copied ? "ui_copied" : "ui_copy"))}
        </button>
      </footer>
    </section>
  );
}
