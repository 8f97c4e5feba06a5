// The compose side: one menu of purposes, a name and a sentence each (panel.md point 7).
import { phrase } from "../text/translate.ts";
import type { Words } from "../text/translate.ts";

export interface PurposeMenuProps {
  readonly words: Words;
  /** Purposes offered, first labels of the registry. */
  readonly purposes: readonly string[];
  /** null: nothing is declared. */
  readonly chosen: string | null;
  /** The address the mail is written from, for the hint that the choice is remembered; null: not known. */
  readonly identity: string | null;
  readonly onChoose: (purpose: string | null) => void;
}

interface OptionProps {
  readonly name: string;
  readonly hint: string;
  readonly value: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
}

function Option({ name, hint, value, checked, onChoose }: OptionProps) {
  return (
    <label class="wb-purpose">
      <input type="radio" name="wb-purpose" value={value} checked={checked} onChange={onChoose} />
      <span>
        <b>{name}</b>
        <small>{hint}</small>
      </span>
    </label>
  );
}

/** What people write by hand seldom: below "More", so that the menu fits a popup. */
const seldom: ReadonlySet<string> = new Set(["discussion", "political", "automated", "report"]);

/** A group of radio buttons: arrow keys move, Space chooses, and the choice counts at once. */
export function PurposeMenu({ words, purposes, chosen, identity, onChoose }: PurposeMenuProps) {
  const { t, locale, direction } = words;
  const options = (list: readonly string[]) =>
    list.map((purpose) => (
      <Option
        key={purpose}
        value={purpose}
        name={t(phrase(`compose_name_${purpose}`))}
        hint={t(phrase(`compose_hint_${purpose}`))}
        checked={chosen === purpose}
        onChoose={() => onChoose(purpose)}
      />
    ));
  return (
    <section class="wb-menu" lang={locale} dir={direction}>
      <fieldset>
        <legend>
          <h1>{t(phrase("compose_question"))}</h1>
        </legend>
        {options(purposes.filter((purpose) => !seldom.has(purpose)))}
        <details open={chosen !== null && seldom.has(chosen)}>
          <summary>{t(phrase("compose_more"))}</summary>
          {options(purposes.filter((purpose) => seldom.has(purpose)))}
        </details>
        <Option
          value=""
          name={t(phrase("compose_name_none"))}
          hint={t(phrase("compose_hint_none"))}
          checked={chosen === null}
          onChoose={() => onChoose(null)}
        />
      </fieldset>
      {identity === null ? null : <p class="wb-note">{t(phrase("compose_remembered", { identity }))}</p>}
    </section>
  );
}
