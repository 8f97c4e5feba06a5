// The mail's header as it came, for whoever wants to see or pass it on.
import { useLayoutEffect, useRef } from "preact/hooks";
import { shownLines } from "../../shared/verdict/shown.ts";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";
import { CopyButton } from "./copy-button.tsx";

export interface HeadersViewProps {
  readonly t: Translate;
  /** null while it is being read. */
  readonly headers: string | null;
  readonly onCopy: () => Promise<void>;
  readonly onBack: () => void;
}

/** Text only: whatever a header contains is shown, never interpreted. Copy gives it as it came. */
export function HeadersView({ t, headers, onCopy, onBack }: HeadersViewProps) {
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
        <CopyButton t={t} disabled={headers === null} onCopy={onCopy} />
      </footer>
    </section>
  );
}
