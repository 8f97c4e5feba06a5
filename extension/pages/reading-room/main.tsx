// The reading room: an inbox where each mail shows the same panel as the add-on, judged in this page by the same code.
import { render } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { decodeUtf8, stringFromBytes } from "../../../shared/encoding/bytes.ts";
import type { Verdict } from "../../../shared/verdict/types.ts";
import { askComplaint, makeComplaint, undoComplaint } from "../../client/complaints.ts";
import type { MadeComplaint } from "../../client/complaints.ts";
import type { Fetch } from "../../client/request.ts";
import { pageWords } from "../../text/page-words.ts";
import { phrase } from "../../text/translate.ts";
import { afterUndo } from "../../ui/complaint.ts";
import type { ComplaintOrder, ComplaintState } from "../../ui/complaint.ts";
import { markPainted } from "../../ui/paint-mark.ts";
import { Panel, PanelNotice } from "../../ui/panel.tsx";
import { demoMail, demoMails, senderCounts } from "./demo.ts";
import type { DemoMail, SenderCount } from "./demo.ts";
import { openDesk } from "./desk.ts";
import type { Desk } from "./desk.ts";
import { mailText } from "./mail-text.ts";
import { Counts, Inbox, Letter } from "./room.tsx";

const words = pageWords(navigator.languages);
const { t } = words;
const base = new URL("/", location.href);
const fetchIt: Fetch = async (url, init) => await fetch(url, init);
const now = (): number => Math.floor(Date.now() / 1000);
const countsEveryMs = 2_000;
const mailsEveryMs = 5_000;

/** Calls `work` now and again while the page is looked at. */
function useEvery(everyMs: number, work: () => Promise<void>): void {
  useEffect(() => {
    const run = (): void => {
      if (document.visibilityState === "visible") void work();
    };
    run();
    const timer = setInterval(run, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, work]);
}

interface OpenMail {
  readonly mail: DemoMail;
  readonly raw: Uint8Array;
  readonly verdict: Verdict;
  readonly rawAt: number;
}

function headerText(raw: Uint8Array): string {
  const text = stringFromBytes(raw.subarray(0, 65_536));
  return decodeUtf8(text.split(/\r?\n\r?\n/)[0] ?? "");
}

function MailPanel({ desk, open }: { readonly desk: Desk; readonly open: OpenMail }) {
  const { ref } = open.verdict.complaint;
  const [complaint, setComplaint] = useState<ComplaintState>({ kind: "none" });
  const made = useRef<MadeComplaint | null>(null);
  /** What the reader has done: what was asked before is not about it. */
  const turn = useRef(0);
  useLayoutEffect(() => markPainted(open.rawAt), [open]);
  const refresh = useCallback(async () => {
    if (ref === null) return;
    const asked = turn.current;
    const standing = await askComplaint(desk.complaints, ref);
    if (turn.current !== asked) return;
    if (!standing.ok || standing.value === null || standing.value.state === "undone") return;
    const { code, actual, at, state, undoUntil } = standing.value;
    const mine = made.current === null ? null : undoUntil;
    setComplaint({ kind: "reported", complaint: { code, actual, at, state, undoUntil: mine } });
  }, [desk, ref]);
  useEvery(countsEveryMs, refresh);
  const report = async (order: ComplaintOrder): Promise<void> => {
    if (ref === null) return;
    turn.current += 1;
    setComplaint({ kind: "sending" });
    const { code, actual, tellSender } = order;
    const result = await makeComplaint(desk.complaints, { ref, code, actual, tellSender });
    if (!result.ok) {
      setComplaint({ kind: "failed", code: result.code });
      return;
    }
    made.current = result.value;
    const { undoUntil } = result.value;
    setComplaint({ kind: "reported", complaint: { code, actual, at: now(), undoUntil, state: "pending" } });
  };
  const undo = async (): Promise<void> => {
    if (made.current === null) return;
    turn.current += 1;
    setComplaint({ kind: "undoing" });
    const result = await undoComplaint(desk.complaints, made.current);
    if (result.ok) made.current = null;
    const answer = result.ok
      ? ({ kind: "undone", inJunk: false } as const)
      : ({ kind: "failed", code: result.code } as const);
    setComplaint(afterUndo(complaint, answer));
  };
  return (
    <Panel
      words={words}
      verdict={open.verdict}
      complaint={complaint}
      channel={ref === null ? "none" : "paired"}
      trouble={null}
      onSettings={() => undefined}
      junk="absent"
      now={now}
      readHeaders={async () => headerText(open.raw)}
      onCopy={async (text) => await navigator.clipboard.writeText(text)}
      onReport={(order) => void report(order)}
      onUndo={() => void undo()}
    />
  );
}

/** The inbox, judged one by one: each mail's level stands in the list as soon as it is known. */
function useInbox(desk: Desk | null): {
  readonly mails: readonly DemoMail[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly raws: ReadonlyMap<string, Uint8Array>;
} {
  const [mails, setMails] = useState<readonly DemoMail[]>([]);
  const [verdicts, setVerdicts] = useState<ReadonlyMap<string, Verdict>>(new Map());
  const raws = useRef(new Map<string, Uint8Array>());
  const load = useCallback(async () => {
    const listed = await demoMails(fetchIt, base);
    if (listed.ok) setMails((before) => (before.length === listed.value.length ? before : listed.value));
  }, []);
  useEvery(mailsEveryMs, load);
  useEffect(() => {
    if (desk === null) return;
    const judgeAll = async (): Promise<void> => {
      for (const mail of mails) {
        if (raws.current.has(mail.id)) continue;
        const raw = await demoMail(fetchIt, base, mail.id);
        if (!raw.ok) continue;
        raws.current.set(mail.id, raw.value);
        const verdict = await desk.judge(raw.value);
        if (verdict.ok) setVerdicts((known) => new Map([...known, [mail.id, verdict.value]]));
      }
    };
    void judgeAll();
  }, [desk, mails]);
  return { mails, verdicts, raws: raws.current };
}

/** The mail that is open, judged anew from its octets when it is opened. */
function useOpenMail(
  desk: Desk | null,
  raws: ReadonlyMap<string, Uint8Array>,
  mail: DemoMail | null,
  known: boolean,
): { readonly open: OpenMail | null; readonly text: string | null } {
  const [open, setOpen] = useState<OpenMail | null>(null);
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    const raw = mail === null ? undefined : raws.get(mail.id);
    if (desk === null || mail === null || raw === undefined) return;
    let current = true;
    const rawAt = performance.timeOrigin + performance.now();
    const show = async (): Promise<void> => {
      const verdict = await desk.judge(raw);
      if (current && verdict.ok) setOpen({ mail, raw, verdict: verdict.value, rawAt });
      const read = await mailText(raw);
      if (current) setText(read);
    };
    setText(null);
    void show();
    return () => {
      current = false;
    };
  }, [desk, raws, mail, known]);
  return { open: open?.mail.id === mail?.id ? open : null, text };
}

function useCounts(): readonly SenderCount[] {
  const [counts, setCounts] = useState<readonly SenderCount[]>([]);
  const load = useCallback(async () => {
    const got = await senderCounts(fetchIt, base);
    if (got.ok) setCounts(got.value);
  }, []);
  useEvery(countsEveryMs, load);
  return counts;
}

function Room() {
  const [desk, setDesk] = useState<Desk | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(() => decodeURIComponent(location.hash.slice(1)) || null);
  useEffect(() => {
    openDesk(fetchIt, base).then(
      (opened) => (opened.ok ? setDesk(opened.value) : setProblem(opened.code)),
      () => setProblem("client/unreachable"),
    );
  }, []);
  const { mails, verdicts, raws } = useInbox(desk);
  const mail = mails.find((each) => each.id === chosen) ?? mails[0] ?? null;
  const { open, text } = useOpenMail(desk, raws, mail, mail !== null && verdicts.has(mail.id));
  const counts = useCounts();
  const choose = (id: string): void => {
    history.replaceState(null, "", `#${encodeURIComponent(id)}`);
    setChosen(id);
  };
  return (
    <div class="rr" lang={words.locale} dir={words.direction}>
      <header class="rr-top">
        <img src="waybill.svg" alt="" width="28" height="28" />
        <div>
          <h1>{t(phrase("page_title"))}</h1>
          <p>{desk === null ? t(phrase("page_lead")) : t(phrase("page_lead_of", { address: desk.address }))}</p>
        </div>
      </header>
      {problem === null ? null : (
        <p class="rr-problem" role="alert">
          {t(phrase("page_problem", { reason: problem }))}
        </p>
      )}
      <Inbox t={t} mails={mails} verdicts={verdicts} chosen={mail?.id ?? null} onChoose={choose} />
      <main class="rr-main">{mail === null ? null : <Letter words={words} mail={mail} text={text} />}</main>
      <div class="rr-side">
        <div class="rr-panel">
          {desk === null || open === null ? (
            <PanelNotice words={words} kind={mail === null ? "nothing" : "loading"} />
          ) : (
            <MailPanel key={open.mail.id} desk={desk} open={open} />
          )}
        </div>
        <Counts t={t} counts={counts} />
      </div>
    </div>
  );
}

document.documentElement.lang = words.locale;
document.documentElement.dir = words.direction;
document.title = t(phrase("page_title"));
const target = document.getElementById("app");
if (target !== null) render(<Room />, target);
