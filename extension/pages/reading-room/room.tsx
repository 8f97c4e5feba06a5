// The reading room's parts: the inbox with a verdict at each mail, the mail, and what the senders' side has counted.
import type { Verdict } from "../../../shared/verdict/types.ts";
import type { Translate, Words } from "../../text/translate.ts";
import { phrase } from "../../text/translate.ts";
import { reportedAs } from "../../ui/complaint.ts";
import { LevelIcon } from "../../ui/level-icon.tsx";
import type { DemoMail, SenderCount } from "./demo.ts";

export interface InboxProps {
  readonly t: Translate;
  readonly mails: readonly DemoMail[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

/** The name before the address; the address where there is none. The letter itself shows both. */
function senderName(from: string): string {
  return /^\s*"?([^"<]+?)"?\s*</.exec(from)?.[1] ?? from;
}

/** The list at the left. Each line says its level in words: colour and shape only help. */
export function Inbox({ t, mails, verdicts, chosen, onChoose }: InboxProps) {
  return (
    <nav class="rr-inbox" aria-label={t(phrase("page_inbox"))}>
      <ul>
        {mails.map((mail) => {
          const level = verdicts.get(mail.id)?.level;
          return (
            <li key={mail.id}>
              <button
                type="button"
                class="rr-line"
                aria-current={mail.id === chosen ? "true" : undefined}
                data-mail={mail.id}
                data-level={level}
                onClick={() => onChoose(mail.id)}
              >
                <span class={`rr-sign wb-${level ?? "unrecorded"}`}>
                  {level === undefined ? null : <LevelIcon level={level} />}
                </span>
                <span class="rr-from">
                  <bdi>{senderName(mail.from)}</bdi>
                </span>
                <span class="rr-level">{level === undefined ? "" : t(phrase(`level_${level}`))}</span>
                <span class="rr-subject">{mail.subject}</span>
                <span class="rr-title">{mail.title}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** The date as the page's language writes it; what is no date as it stands. */
function dateText(date: string, locale: string): string {
  const time = Date.parse(date);
  if (Number.isNaN(time)) return date;
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(time);
}

/** The mail itself, as text. */
export function Letter(props: { readonly words: Words; readonly mail: DemoMail; readonly text: string | null }) {
  const { words, mail, text } = props;
  return (
    <article class="rr-letter" aria-labelledby="rr-subject">
      <header>
        <h2 id="rr-subject" dir="auto">
          {mail.subject}
        </h2>
        <p>
          <bdi>{mail.from}</bdi> · <time>{dateText(mail.date, words.locale)}</time>
        </p>
      </header>
      <pre dir="auto">{text ?? words.t(phrase("ui_loading"))}</pre>
    </article>
  );
}

function countWords(count: SenderCount, t: Translate): string {
  const code = count.code.replace("-", "_");
  const words = t(phrase(`ui_reported_${code}`)) || count.code;
  const kind = count.purpose === null ? "" : t(reportedAs({ code: "misrepresented", actual: count.purpose }));
  return kind === "" ? words : t(phrase("page_counted_as", { kind, words }));
}

export interface CountsProps {
  readonly t: Translate;
  readonly counts: readonly SenderCount[];
}

/** Beside the panel: what has arrived at the other side. Read out when it changes. */
export function Counts({ t, counts }: CountsProps) {
  const shown = counts.filter((count) => count.count > 0);
  const total = shown.reduce((sum, count) => sum + count.count, 0);
  return (
    <section class="rr-counts" aria-labelledby="rr-counts">
      <h2 id="rr-counts">{t(phrase("page_counts"))}</h2>
      <p class="rr-total" role="status">
        <b key={total}>{total}</b> {t(phrase(total === 1 ? "page_counts_one" : "page_counts_many"))}
      </p>
      {shown.length === 0 ? (
        <p class="wb-note">{t(phrase("page_counts_none"))}</p>
      ) : (
        <ul>
          {shown.map((count) => (
            <li key={`${count.signer} ${count.purpose ?? ""} ${count.code} ${String(count.attested)}`}>
              <b>{count.count}</b>
              <span>
                <bdi>{count.signer}</bdi>
                <small>{countWords(count, t)}</small>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
