// The popup of the toolbar's button: the panel for the mail in the tab below it.
import { render } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import browser from "webextension-polyfill";
import type { PanelAnswer } from "../../background/messages/map.ts";
import { send } from "../../background/send.ts";
import { browserWords } from "../../text/browser-words.ts";
import { afterUndo } from "../../ui/complaint.ts";
import type { ComplaintOrder, ComplaintState } from "../../ui/complaint.ts";
import { markPainted } from "../../ui/paint-mark.ts";
import { Panel, PanelNotice } from "../../ui/panel.tsx";

/** While a mail is still being read the question is asked again, ms. */
const againMs = 250;
const words = browserWords();
const now = (): number => Math.floor(Date.now() / 1000);

/** The tab the popup belongs to; `?tab=` names one where the page is opened as a tab itself. */
async function ownTab(): Promise<number | null> {
  const given = new URLSearchParams(location.search).get("tab");
  if (given !== null) return /^\d{1,9}$/.test(given) ? Number(given) : null;
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  return tab?.id ?? null;
}

/** The background did not answer. */
const asleep: ComplaintState = { kind: "failed", code: "extension/asleep" };

type MailAnswer = Extract<PanelAnswer, { kind: "mail" }>;

interface MailPanelProps {
  readonly tabId: number;
  readonly answer: MailAnswer;
  /** Asks for the answer once more: the mailbox may not be connected any more. */
  readonly askAgain: () => void;
}

function MailPanel({ tabId, answer, askAgain }: MailPanelProps) {
  const [complaint, setComplaint] = useState<ComplaintState>(answer.complaint);
  const { key, accountId } = answer;
  const { ref } = answer.verdict.complaint;
  /** The reader has reported or taken back: what was asked before that is not about it. */
  const acted = useRef(false);
  useEffect(() => {
    if (answer.channel !== "paired") return;
    send("complaint-ask", { tabId, key }).then(
      (state) => {
        if (state !== null && !acted.current) setComplaint(state);
      },
      () => undefined,
    );
  }, [tabId, key, answer.channel]);
  const report = (order: ComplaintOrder): void => {
    acted.current = true;
    setComplaint({ kind: "sending" });
    const made = (state: ComplaintState): void => {
      setComplaint(state);
      if (state.kind === "failed" && state.code === "api/unauthorized") askAgain();
    };
    send("complaint-make", { tabId, key, order }).then(made, () => made(asleep));
  };
  const undo = (): void => {
    if (accountId === null || ref === null) return;
    acted.current = true;
    setComplaint({ kind: "undoing" });
    const undone = (state: ComplaintState): void => setComplaint(afterUndo(complaint, state));
    send("complaint-undo", { accountId, ref }).then(undone, () => undone(asleep));
  };
  return (
    <Panel
      words={words}
      verdict={answer.verdict}
      complaint={complaint}
      channel={answer.channel}
      junk={answer.junk}
      trouble={answer.trouble}
      now={now}
      readHeaders={async () => await send("headers-ask", { tabId })}
      onCopy={async (text) => await navigator.clipboard.writeText(text)}
      onReport={report}
      onUndo={undo}
      onSettings={() => void browser.runtime.openOptionsPage()}
    />
  );
}

function App() {
  const [tabId, setTabId] = useState<number | null>(null);
  const [answer, setAnswer] = useState<PanelAnswer>({ kind: "loading" });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = useCallback((): void => {
    const ask = async (): Promise<void> => {
      const tab = await ownTab();
      const got: PanelAnswer = tab === null ? { kind: "nothing" } : await send("panel-ask", { tabId: tab });
      setTabId(tab);
      setAnswer(got);
      if (got.kind === "loading") timer.current = setTimeout(start, againMs);
    };
    ask().catch(() => setAnswer({ kind: "failed" }));
  }, []);
  useEffect(() => {
    start();
    return () => clearTimeout(timer.current);
  }, [start]);
  if (answer.kind === "mail" && tabId !== null)
    return <MailPanel key={answer.key} tabId={tabId} answer={answer} askAgain={start} />;
  return (
    <PanelNotice
      words={words}
      kind={answer.kind === "mail" ? "loading" : answer.kind}
      onSettings={() => void browser.runtime.openOptionsPage()}
    />
  );
}

document.documentElement.lang = words.locale;
document.documentElement.dir = words.direction;
document.title = browser.i18n.getMessage("ui_name");
const target = document.getElementById("app");
if (target !== null) {
  render(<App />, target);
  markPainted(performance.timeOrigin);
}
