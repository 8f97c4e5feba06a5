// The postmaster's page: complaints received about one's own mail and made about others', and what others' borders saw in
// one's own name, per sender, purpose and day.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Fetch } from "../../client/request.ts";
import { pageWords } from "../../text/page-words.ts";
import { phrase } from "../../text/translate.ts";
import { Chart } from "./chart.tsx";
import { byDay, lastDays, readCounts, summed } from "./counts.ts";
import type { CountRow, Counts } from "./counts.ts";
import { CountTable } from "./table.tsx";
import type { CountTableProps } from "./table.tsx";

const words = pageWords(navigator.languages);
const { t } = words;
const base = new URL("/", location.href);
const fetchIt: Fetch = async (url, init) => await fetch(url, init);
const ranges = [7, 30, 90] as const;
/** The administrator's token lives as long as the tab. */
const tokenKey = "waybill-admin-token";

interface PartProps {
  readonly kind: CountTableProps["kind"];
  readonly rows: readonly CountRow[];
  readonly days: readonly string[];
}

function Part({ kind, rows, days }: PartProps) {
  const id = `pm-${kind}`;
  const title = t(phrase(`page_${kind}`));
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  return (
    <section class="pm-part">
      <header>
        <h2 id={id}>{title}</h2>
        <p class="pm-total">{new Intl.NumberFormat(words.locale).format(total)}</p>
      </header>
      <p class="wb-note">{t(phrase(`page_${kind}_lead`))}</p>
      <Chart
        words={words}
        days={days}
        counts={byDay(rows)}
        labelledBy={id}
        empty={t(phrase(kind === "seen" ? "page_seen_empty" : "page_chart_empty"))}
      />
      {rows.length === 0 ? null : <CountTable words={words} rows={summed(rows)} caption={title} kind={kind} />}
    </section>
  );
}

function TokenForm({ wrong, onToken }: { readonly wrong: boolean; readonly onToken: (token: string) => void }) {
  const [token, setToken] = useState("");
  function submit(event: Event): void {
    event.preventDefault();
    onToken(token.trim());
  }
  return (
    <form class="wb-card wb-text-form" onSubmit={submit}>
      <label>
        <span>{t(phrase("page_token"))}</span>
        <input
          class="wb-field"
          type="password"
          autocomplete="off"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="wb-button wb-primary">
        {t(phrase("page_open"))}
      </button>
      <small>{t(phrase("page_token_hint"))}</small>
      {wrong ? (
        <p class="wb-problem" role="alert">
          {t(phrase("page_token_wrong"))}
        </p>
      ) : null}
    </form>
  );
}

type State =
  | { readonly kind: "loading" }
  /** `days`: the period they are of. */
  | { readonly kind: "counts"; readonly counts: Counts; readonly days: number }
  | { readonly kind: "token"; readonly wrong: boolean }
  | { readonly kind: "problem"; readonly code: string };

function isRefused(code: string): boolean {
  return code === "api/unauthorized" || code === "api/forbidden" || /^client\/status-40[13]$/.test(code);
}

function Postmaster() {
  const [days, setDays] = useState<number>(30);
  const [token, setToken] = useState<string | null>(() => sessionStorage.getItem(tokenKey));
  const [state, setState] = useState<State>({ kind: "loading" });
  useEffect(() => {
    // Another period may be chosen meanwhile, and its counts come first.
    let current = true;
    const load = async (): Promise<void> => {
      const counts = await readCounts(fetchIt, base, days, token);
      if (!current) return;
      if (counts.ok) setState({ kind: "counts", counts: counts.value, days });
      else
        setState(
          isRefused(counts.code) ? { kind: "token", wrong: token !== null } : { kind: "problem", code: counts.code },
        );
    };
    void load();
    return () => {
      current = false;
    };
  }, [days, token]);
  const useToken = (given: string): void => {
    sessionStorage.setItem(tokenKey, given);
    setToken(given);
  };
  const shownDays = lastDays(state.kind === "counts" ? state.days : days, Math.floor(Date.now() / 1000));
  return (
    <main class="wb-page pm" lang={words.locale} dir={words.direction}>
      <header class="pm-top">
        <h1>{t(phrase("page_postmaster"))}</h1>
        <fieldset class="pm-ranges">
          <legend>{t(phrase("page_range"))}</legend>
          {ranges.map((range) => (
            <label key={range}>
              <input type="radio" name="range" checked={days === range} onChange={() => setDays(range)} />
              <span>{t(phrase("page_days", { count: String(range) }))}</span>
            </label>
          ))}
        </fieldset>
      </header>
      {state.kind === "loading" ? <p role="status">{t(phrase("ui_loading"))}</p> : null}
      {state.kind === "token" ? <TokenForm wrong={state.wrong} onToken={useToken} /> : null}
      {state.kind === "problem" ? (
        <p class="wb-problem" role="alert">
          {t(phrase("page_problem", { reason: state.code }))}
        </p>
      ) : null}
      {state.kind === "counts" ? (
        <>
          <Part kind="received" rows={state.counts.received} days={shownDays} />
          <Part kind="seen" rows={state.counts.seen} days={shownDays} />
          <Part kind="sent" rows={state.counts.sent} days={shownDays} />
          {state.counts.queue === null ? null : (
            <p class="wb-note">
              {t(
                phrase("page_queue", {
                  failed_count: String(state.counts.queue.failed),
                  queued_count: String(state.counts.queue.queued),
                  sent_count: String(state.counts.queue.sent),
                }),
              )}
            </p>
          )}
        </>
      ) : null}
    </main>
  );
}

document.documentElement.lang = words.locale;
document.documentElement.dir = words.direction;
document.title = t(phrase("page_postmaster"));
const target = document.getElementById("app");
if (target !== null) render(<Postmaster />, target);
