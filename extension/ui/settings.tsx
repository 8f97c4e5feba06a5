// The settings: mailboxes and their bridges, webmail sites where there are any, and two switches.
import { useRef, useState } from "preact/hooks";
import { phrase } from "../text/translate.ts";
import type { Translate, Words } from "../text/translate.ts";
import { AccountCard } from "./account-card.tsx";
import type { AccountActions } from "./account-card.tsx";
import { siteProblemText } from "./account.ts";
import type { AccountView } from "./account.ts";

export interface Preferences {
  /** The line in the message. */
  readonly banner: boolean;
  /** "Move to Junk" is ticked at first. */
  readonly junk: boolean;
}

export interface SettingsProps extends AccountActions {
  readonly words: Words;
  readonly accounts: readonly AccountView[];
  readonly preferences: Preferences;
  readonly onPreferences: (preferences: Preferences) => void;
  /** Where mail is read on web sites: adding and removing them; null where there are none. */
  readonly sites: {
    readonly onAdd: (site: { readonly url: string; readonly address: string }) => void;
    readonly onRemove: (accountId: string) => void;
    /** Why the last one could not be added, or null. */
    readonly problem: string | null;
  } | null;
  /** Whether this mail program can move mail to Junk. */
  readonly hasJunk: boolean;
}

function AddSite(props: { readonly t: Translate; readonly sites: NonNullable<SettingsProps["sites"]> }) {
  const { t, sites } = props;
  const [url, setUrl] = useState("");
  const [address, setAddress] = useState("");
  function submit(event: Event): void {
    event.preventDefault();
    sites.onAdd({ url: url.trim(), address: address.trim() });
  }
  return (
    <form class="wb-card wb-add" onSubmit={submit}>
      <label>
        <span>{t(phrase("settings_site_url"))}</span>
        <input
          class="wb-field"
          type="url"
          name="url"
          dir="ltr"
          required
          placeholder="https://webmail.example.org/"
          value={url}
          onInput={(event) => setUrl(event.currentTarget.value)}
        />
      </label>
      <label>
        <span>{t(phrase("settings_site_address"))}</span>
        <input
          class="wb-field"
          type="email"
          name="address"
          dir="ltr"
          required
          placeholder="you@example.org"
          value={address}
          onInput={(event) => setAddress(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="wb-button wb-primary">
        {t(phrase("settings_site_add"))}
      </button>
      <small>{t(phrase("settings_site_hint"))}</small>
      {sites.problem === null ? null : (
        <p class="wb-problem" role="alert">
          {t(siteProblemText(sites.problem))}
        </p>
      )}
    </form>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly hint: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

function Switch({ label, hint, checked, onChange }: SwitchProps) {
  return (
    <label class="wb-switch">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>
        <b>{label}</b>
        <small>{hint}</small>
      </span>
    </label>
  );
}

/** Every change counts at once; there is nothing to forget to save. */
export function Settings(props: SettingsProps) {
  const { words, accounts, preferences, onPreferences, sites, hasJunk } = props;
  const { t } = words;
  const listTitle = useRef<HTMLHeadingElement>(null);
  const remove = (id: string): void => {
    // The card goes, and the focus would go with it.
    listTitle.current?.focus();
    sites?.onRemove(id);
  };
  return (
    <main class="wb-page" lang={words.locale} dir={words.direction}>
      <h1>{t(phrase("settings_title"))}</h1>
      <section>
        <h2 ref={listTitle} tabIndex={-1}>
          {t(phrase(sites === null ? "settings_accounts" : "settings_sites"))}
        </h2>
        <ul class="wb-cards">
          {accounts.map((account) => (
            <AccountCard
              key={account.id}
              {...props}
              t={t}
              account={account}
              full
              {...(sites === null ? {} : { onRemove: remove })}
            />
          ))}
        </ul>
        {accounts.length === 0 && sites === null ? <p class="wb-note">{t(phrase("firstrun_no_accounts"))}</p> : null}
        {sites === null ? null : <AddSite t={t} sites={sites} />}
      </section>
      <section>
        <h2>{t(phrase("settings_behaviour"))}</h2>
        <Switch
          label={t(phrase("settings_banner"))}
          hint={t(phrase("settings_banner_hint"))}
          checked={preferences.banner}
          onChange={(banner) => onPreferences({ ...preferences, banner })}
        />
        {hasJunk ? (
          <Switch
            label={t(phrase("settings_junk"))}
            hint={t(phrase("settings_junk_hint"))}
            checked={preferences.junk}
            onChange={(junk) => onPreferences({ ...preferences, junk })}
          />
        ) : null}
      </section>
    </main>
  );
}
