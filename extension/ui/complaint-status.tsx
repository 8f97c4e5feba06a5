// What stands in the complaint's place after it was made: undo while there is time, then what became of it.
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";
import { failureText, reportedAs, undoFailureText } from "./complaint.ts";
import type { ComplaintState, ReportedComplaint } from "./complaint.ts";
import { LeavingButton } from "./leaving-button.tsx";

/** Seconds as "9:58". */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The current time in Unix seconds, renewed every second while `until` lies ahead. */
function useClock(now: () => number, until: number | null): number {
  const [time, setTime] = useState(now);
  useEffect(() => {
    setTime(now());
    if (until === null || now() >= until) return;
    const timer = setInterval(() => {
      setTime(now());
      if (now() >= until) clearInterval(timer);
    }, 1000);
    return () => clearInterval(timer);
  }, [now, until]);
  return time;
}

interface ReportedProps {
  readonly t: Translate;
  readonly complaint: ReportedComplaint;
  /** Domain that signed the declaration, for "… has counted it". */
  readonly signer: string | null;
  readonly now: () => number;
}

function Reported({ t, complaint, signer, now }: ReportedProps) {
  const time = useClock(now, complaint.undoUntil);
  const what = t(reportedAs(complaint));
  return (
    <p class="wb-status">
      <svg class="wb-tick" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d="m3 8.5 3.5 3.5L13 4.5" />
      </svg>
      <span>
        {complaint.undoUntil === null
          ? t(phrase("ui_reported_as", { what, when_day: String(complaint.at) }))
          : t(phrase(complaint.undoUntil > time ? "ui_reported_now" : "ui_reported_over", { what }))}
        {complaint.state === "counted" && signer !== null ? (
          <span class="wb-counted"> {t(phrase("ui_counted", { signer }))}</span>
        ) : null}
      </span>
    </p>
  );
}

/** Takes a complaint back while that is possible; gone afterwards. The seconds are not read out each time they change. */
export function UndoButton(props: {
  readonly t: Translate;
  readonly undoUntil: number;
  readonly now: () => number;
  readonly heir: RefObject<HTMLElement | null>;
  readonly onUndo: () => void;
}) {
  const left = props.undoUntil - useClock(props.now, props.undoUntil);
  if (left <= 0) return null;
  return (
    <LeavingButton heir={props.heir} class="wb-button wb-strong" onClick={props.onUndo}>
      {props.t(phrase("ui_undo"))}{" "}
      <span class="wb-clock" role="timer" aria-live="off">
        ({clockText(left)})
      </span>
    </LeavingButton>
  );
}

export interface ComplaintStatusProps {
  readonly t: Translate;
  readonly state: ComplaintState;
  readonly signer: string | null;
  readonly now: () => number;
}

/**
 * One line about the complaint; nothing while none was made. Its place stays: what comes into a page together with its
 * words is not read out everywhere.
 */
export function ComplaintStatus(props: ComplaintStatusProps) {
  return (
    <div class="wb-said" role="status">
      <Line {...props} />
    </div>
  );
}

function Line({ t, state, signer, now }: ComplaintStatusProps) {
  switch (state.kind) {
    case "none":
      return null;
    case "sending":
      return <p class="wb-status">{t(phrase("ui_sending"))}</p>;
    case "undoing":
      return <p class="wb-status">{t(phrase("ui_undoing"))}</p>;
    case "undone":
      return <p class="wb-status">{t(phrase(state.inJunk ? "ui_undone_junk" : "ui_undone"))}</p>;
    case "failed":
      return <p class="wb-status wb-failed">{t(failureText(state.code))}</p>;
    case "reported":
      return <Reported t={t} complaint={state.complaint} signer={signer} now={now} />;
    case "stands":
      return <p class="wb-status wb-failed">{t(undoFailureText(state.code))}</p>;
  }
}
