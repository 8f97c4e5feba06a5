// A line of text in the settings, with a button that hands it over and words about what came of it.
import { useId, useState } from "preact/hooks";
import type { Phrase } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";

export interface TextFormProps {
  readonly t: Translate;
  readonly label: string;
  readonly hint: string;
  /** What is kept. */
  readonly value: string;
  /** Takes it; why it is not kept, or null once it is. */
  readonly onSave: (value: string) => Promise<Phrase | null>;
}

/** Shows what is kept until the reader types; what he typed stays where it was not kept. */
export function TextForm({ t, label, hint, value, onSave }: TextFormProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<Phrase | "saved" | null>(null);
  const problem = outcome === "saved" ? null : outcome;
  const id = useId();
  async function save(given: string): Promise<void> {
    const refused = await onSave(given.trim());
    setOutcome(refused ?? "saved");
    // What was typed meanwhile stays.
    if (refused === null) setTyped((now) => (now === given ? null : now));
  }
  function submit(event: Event): void {
    event.preventDefault();
    setOutcome(null);
    if (typed !== null) void save(typed);
  }
  function type(value: string): void {
    setTyped(value);
    setOutcome(null);
  }
  return (
    <form class="wb-text-form" onSubmit={submit}>
      <label>
        <span>{label}</span>
        <input
          class="wb-field"
          type="text"
          dir="ltr"
          spellcheck={false}
          autocapitalize="off"
          aria-describedby={id}
          aria-invalid={problem !== null}
          value={typed ?? value}
          onInput={(event) => type(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="wb-button" aria-live="polite">
        {t(phrase(outcome === "saved" ? "settings_saved" : "settings_save"))}
      </button>
      <small id={id}>{hint}</small>
      {problem === null ? null : (
        <p class="wb-problem" role="alert">
          {t(problem)}
        </p>
      )}
    </form>
  );
}
