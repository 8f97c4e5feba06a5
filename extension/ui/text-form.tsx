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
  /** Takes it; why it can't be kept, or null. */
  readonly onSave: (value: string) => Phrase | null;
}

/** Shows what is kept until the reader types; what he typed stays where it could not be kept. */
export function TextForm({ t, label, hint, value, onSave }: TextFormProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [problem, setProblem] = useState<Phrase | null>(null);
  const id = useId();
  function submit(event: Event): void {
    event.preventDefault();
    const refused = typed === null ? null : onSave(typed.trim());
    setProblem(refused);
    if (refused === null) setTyped(null);
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
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="wb-button">
        {t(phrase("settings_save"))}
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
