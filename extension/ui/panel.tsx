// The panel: the same in the add-on's popup, the browser extension's popup and the reading room. Props in, events out.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Verdict } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";
import type { Words } from "../text/translate.ts";
import type { Trouble } from "./account.ts";
import { ComplaintStatus, UndoButton } from "./complaint-status.tsx";
import { ComplaintStep } from "./complaint-step.tsx";
import { standing } from "./complaint.ts";
import type { Channel, ComplaintOrder, ComplaintState } from "./complaint.ts";
import { CopyButton } from "./copy-button.tsx";
import { Evidence } from "./evidence.tsx";
import { HeadersView } from "./headers-view.tsx";
import { PanelHeader } from "./panel-header.tsx";
import { verdictSummary } from "./summary.ts";

export interface PanelProps {
  readonly words: Words;
  readonly verdict: Verdict;
  readonly complaint: ComplaintState;
  readonly channel: Channel;
  readonly junk: "absent" | "ticked" | "empty";
  readonly trouble: Trouble;
  /** Current Unix time in seconds. Keep the function the same between renders. */
  readonly now: () => number;
  /** The header section as text; asked for when the reader wants to see it. */
  readonly readHeaders: () => Promise<string>;
  /** Rejects where the browser does not let us. */
  readonly onCopy: (text: string) => Promise<void>;
  readonly onReport: (order: ComplaintOrder) => void;
  readonly onUndo: () => void;
  readonly onSettings: () => void;
}

type View = "evidence" | "complaint" | "headers";

/** Offered while none was made, and where anything can come of it: somebody to tell, or a Junk folder. */
function mayComplain({ complaint, channel, junk }: PanelProps): boolean {
  if (channel === "none" && junk === "absent") return false;
  return complaint.kind === "none" || complaint.kind === "failed" || complaint.kind === "undone";
}

interface ActionsProps {
  readonly props: PanelProps;
  /** Came back from a step: the focus goes on here, or the keyboard would begin anew at the top. */
  readonly focus: boolean;
  readonly onComplain: () => void;
  readonly onCopy: () => Promise<void>;
  readonly onHeaders: () => void;
}

function Actions({ props, focus, onComplain, onCopy, onHeaders }: ActionsProps) {
  const { t } = props.words;
  const { complaint, now, onUndo } = props;
  const undoUntil = standing(complaint)?.undoUntil ?? null;
  const foot = useRef<HTMLElement>(null);
  const complain = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (focus) (complain.current ?? foot.current)?.focus();
  }, [focus]);
  return (
    <footer ref={foot} class="wb-foot" tabIndex={-1}>
      <ComplaintStatus t={t} state={complaint} signer={props.verdict.signer} now={now} />
      {mayComplain(props) ? (
        <button ref={complain} type="button" class="wb-button wb-strong" onClick={onComplain}>
          {t(phrase(props.verdict.declared === null ? "ui_complain_undeclared" : "ui_complain"))}
        </button>
      ) : null}
      {undoUntil === null ? null : <UndoButton t={t} undoUntil={undoUntil} now={now} heir={foot} onUndo={onUndo} />}
      <div class="wb-pair">
        <CopyButton t={t} disabled={false} onCopy={onCopy} />
        <button type="button" class="wb-button" onClick={onHeaders}>
          {t(phrase("ui_headers"))}
        </button>
      </div>
    </footer>
  );
}

/** Everything about one mail. Give it a `key` per mail, so that no view or choice outlives the mail it was about. */
export function Panel(props: PanelProps) {
  const { words, verdict } = props;
  const { t } = words;
  const [view, setView] = useState<View>("evidence");
  const [returning, setReturning] = useState(false);
  const [headers, setHeaders] = useState<string | null>(null);

  const back = (): void => {
    setReturning(true);
    setView("evidence");
  };
  const openHeaders = (): void => {
    setView("headers");
    if (headers === null) props.readHeaders().then(setHeaders, () => setHeaders(t(phrase("ui_headers_failed"))));
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || view === "evidence") return;
    // Without this the popup itself would close; one step back is what Escape means here. Not so in Thunderbird (153):
    // it closes its popups before the page hears of the key, whatever listens in it.
    event.preventDefault();
    event.stopPropagation();
    back();
  };

  return (
    <section
      class="wb-panel"
      lang={words.locale}
      dir={words.direction}
      aria-label={t(phrase("ui_panel_label"))}
      onKeyDown={escape}
    >
      <PanelHeader verdict={verdict} t={t} />
      {view === "complaint" && mayComplain(props) ? (
        <ComplaintStep
          t={t}
          complaint={verdict.complaint}
          declared={verdict.declared}
          channel={props.channel}
          junk={props.junk}
          busy={false}
          onBack={back}
          onReport={(order) => {
            back();
            props.onReport(order);
          }}
        />
      ) : view === "headers" ? (
        <HeadersView t={t} headers={headers} onBack={back} onCopy={async () => await props.onCopy(headers ?? "")} />
      ) : (
        <>
          {props.trouble === null ? null : (
            <p class="wb-trouble">
              {t(phrase(`ui_trouble_${props.trouble}`))}{" "}
              <button type="button" class="wb-link" onClick={props.onSettings}>
                {t(phrase("firstrun_settings"))}
              </button>
            </p>
          )}
          <Evidence verdict={verdict} t={t} />
          <Actions
            props={props}
            focus={returning}
            onComplain={() => setView("complaint")}
            onCopy={async () => await props.onCopy(verdictSummary(verdict, t))}
            onHeaders={openHeaders}
          />
        </>
      )}
    </section>
  );
}

export interface PanelNoticeProps {
  readonly words: Words;
  readonly kind: "loading" | "nothing" | "several" | "failed" | "large" | "asleep";
  /** Where Waybill is not switched on: the way to switch it on. */
  readonly onSettings?: () => void;
}

/** In the panel's place while there is no verdict: one calm line. */
export function PanelNotice({ words, kind, onSettings }: PanelNoticeProps) {
  const { t, locale, direction } = words;
  return (
    <section class="wb-panel wb-notice" lang={locale} dir={direction} aria-label={t(phrase("ui_panel_label"))}>
      <div role="status">
        <h1>{t(phrase(`ui_notice_${kind}`))}</h1>
      </div>
      {kind === "asleep" && onSettings !== undefined ? (
        <button type="button" class="wb-button" onClick={onSettings}>
          {t(phrase("firstrun_settings"))}
        </button>
      ) : null}
    </section>
  );
}
