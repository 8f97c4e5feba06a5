// The second step of a complaint: what is it really, who learns it, and what else happens (panel.md point 6).
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Verdict } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";
import { complaintChoices, consequence, otherChoices } from "./complaint.ts";
import type { Channel, ComplaintChoice, ComplaintOrder } from "./complaint.ts";

export interface ComplaintStepProps {
  readonly t: Translate;
  readonly complaint: Verdict["complaint"];
  /** The purpose the mail declares, or null. */
  readonly declared: string | null;
  readonly channel: Channel;
  /** Whether this mail program can move mail to Junk, and whether the box is ticked at first. */
  readonly junk: "absent" | "ticked" | "empty";
  readonly busy: boolean;
  readonly onReport: (order: ComplaintOrder) => void;
  readonly onBack: () => void;
}

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

function Check({ label, checked, onChange }: CheckProps) {
  return (
    <label class="wb-check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

interface ChoicesProps {
  readonly t: Translate;
  readonly choices: readonly ComplaintChoice[];
  readonly others: readonly ComplaintChoice[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

function Choices({ t, choices, others, chosen, onChoose }: ChoicesProps) {
  const first = useRef<HTMLInputElement>(null);
  // Before the next key: an effect after painting would lose a fast typist's first one.
  useLayoutEffect(() => first.current?.focus(), []);
  const other = others.some((each) => each.id === chosen);
  return (
    <fieldset class="wb-choices">
      <legend>{t(phrase("ui_what_really"))}</legend>
      {choices.map((each, index) => (
        <label key={each.id} class="wb-choice">
          <input
            ref={index === 0 ? first : null}
            type="radio"
            name="wb-really"
            value={each.id}
            checked={chosen === each.id}
            onChange={() => onChoose(each.id)}
          />
          <span>{t(each.label)}</span>
        </label>
      ))}
      <label class="wb-choice">
        <input
          type="radio"
          name="wb-really"
          value="other"
          checked={other}
          onChange={() => onChoose(others[0]?.id ?? "")}
        />
        <span>{t(phrase("ui_choice_other"))}</span>
      </label>
      {other ? (
        <select
          class="wb-select"
          aria-label={t(phrase("ui_choice_other"))}
          value={chosen}
          onChange={(event) => onChoose(event.currentTarget.value)}
        >
          {others.map((each) => (
            <option key={each.id} value={each.id}>
              {t(each.label)}
            </option>
          ))}
        </select>
      ) : null}
    </fieldset>
  );
}

/** Asks what the mail really is; reports on the second click, never on the first. */
export function ComplaintStep(props: ComplaintStepProps) {
  const { t, complaint, declared, channel, busy } = props;
  const choices = complaintChoices(declared);
  const others = otherChoices(declared);
  const [chosen, setChosen] = useState(choices[0]?.id ?? "");
  const [tellSender, setTellSender] = useState(false);
  const [junk, setJunk] = useState(props.junk === "ticked");
  const [unsubscribe, setUnsubscribe] = useState(false);
  const picked = [...choices, ...others].find((each) => each.id === chosen);
  const asksToTell = channel === "paired" && complaint.reach === "sender" && complaint.namesReader;
  const offersUnsubscribe = complaint.unsubscribe !== null && picked?.code === "unsolicited";

  function submit(event: Event): void {
    event.preventDefault();
    if (picked === undefined || busy) return;
    props.onReport({
      code: picked.code,
      actual: picked.actual,
      tellSender: channel === "paired" && complaint.reach === "sender" && (!complaint.namesReader || tellSender),
      moveToJunk: junk || channel === "none",
      unsubscribe: offersUnsubscribe && unsubscribe,
    });
  }

  return (
    <form class="wb-step" aria-label={t(phrase("ui_report"))} onSubmit={submit}>
      {channel === "none" ? null : (
        <Choices t={t} choices={choices} others={others} chosen={chosen} onChoose={setChosen} />
      )}
      <div class="wb-consequence">
        <p>{t(consequence({ channel, ...complaint }))}</p>
        {asksToTell ? (
          <Check label={t(phrase("ui_tell_sender"))} checked={tellSender} onChange={setTellSender} />
        ) : null}
        {offersUnsubscribe ? (
          <Check label={t(phrase("ui_unsubscribe"))} checked={unsubscribe} onChange={setUnsubscribe} />
        ) : null}
      </div>
      <footer class="wb-foot">
        <button type="submit" class="wb-button wb-danger" aria-disabled={busy}>
          {t(phrase(channel === "none" ? "ui_move_to_junk" : "ui_report"))}
        </button>
        <button type="button" class="wb-button" onClick={props.onBack}>
          {t(phrase("ui_back"))}
        </button>
        <span class="wb-space" />
        {props.junk === "absent" || channel === "none" ? null : (
          <Check label={t(phrase("ui_move_to_junk"))} checked={junk} onChange={setJunk} />
        )}
      </footer>
    </form>
  );
}
