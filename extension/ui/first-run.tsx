// The page that opens once: what Waybill shows, where to find it, and the mailboxes with their bridges.
import { useRef } from "preact/hooks";
import { phrase } from "../text/translate.ts";
import type { Words } from "../text/translate.ts";
import { AccountCard } from "./account-card.tsx";
import type { AccountActions } from "./account-card.tsx";
import type { AccountView } from "./account.ts";
import { LeavingButton } from "./leaving-button.tsx";
import { LevelIcon } from "./level-icon.tsx";

export interface FirstRunProps extends AccountActions {
  readonly words: Words;
  readonly accounts: readonly AccountView[];
  /** Looks for every mailbox's bridge: one click, one permission question. */
  readonly onLookAll: () => void;
  readonly onSettings: () => void;
  /** Mail is read on web sites, which the reader adds in the settings. */
  readonly hasSites: boolean;
}

const shownLevels = ["holds", "careful", "broken", "unproven", "unrecorded"] as const;

function Levels({ words }: { readonly words: Words }) {
  const { t } = words;
  return (
    <ul class="wb-levels">
      {shownLevels.map((level) => (
        <li key={level} class={`wb-${level}`}>
          <LevelIcon level={level} />
          <span>
            <b>{t(phrase(`level_${level}`))}</b> {t(phrase(`firstrun_level_${level}`))}
          </span>
        </li>
      ))}
    </ul>
  );
}

function NoAccounts({ words, hasSites, onSettings }: FirstRunProps) {
  const { t } = words;
  if (!hasSites) return <p class="wb-note">{t(phrase("firstrun_no_accounts"))}</p>;
  return (
    <p>
      <button type="button" class="wb-button wb-primary" onClick={onSettings}>
        {t(phrase("firstrun_add_site"))}
      </button>
    </p>
  );
}

/** Three parts: what it is, what the words mean, whose bridges there are. */
export function FirstRun(props: FirstRunProps) {
  const { words, accounts } = props;
  const { t } = words;
  const title = useRef<HTMLHeadingElement>(null);
  const fresh = accounts.some((account) => account.state.kind === "new");
  return (
    <main class="wb-page" lang={words.locale} dir={words.direction}>
      <header class="wb-hero">
        <h1>{t(phrase("firstrun_title"))}</h1>
        <p>{t(phrase("firstrun_lead"))}</p>
      </header>
      <section>
        <h2>{t(phrase("firstrun_words"))}</h2>
        <Levels words={words} />
        <p class="wb-note">{t(phrase("firstrun_button"))}</p>
      </section>
      <section>
        <h2 ref={title} tabIndex={-1}>
          {t(phrase("firstrun_accounts"))}
        </h2>
        <p>{t(phrase("firstrun_accounts_lead"))}</p>
        {accounts.length === 0 ? <NoAccounts {...props} /> : null}
        {fresh ? (
          <p>
            <LeavingButton heir={title} class="wb-button wb-primary" onClick={props.onLookAll}>
              {t(phrase("firstrun_look"))}
            </LeavingButton>
          </p>
        ) : null}
        <ul class="wb-cards">
          {accounts.map((account) => (
            <AccountCard key={account.id} {...props} t={t} account={account} full={false} />
          ))}
        </ul>
      </section>
      <p class="wb-note">
        {t(phrase("firstrun_privacy"))}{" "}
        <button type="button" class="wb-link" onClick={props.onSettings}>
          {t(phrase("firstrun_settings"))}
        </button>
      </p>
    </main>
  );
}
