// The three lines of the panel, each opening into its evidence (panel.md points 2 and 3).
import { Fragment } from "preact";
import type { ComponentChildren } from "preact";
import type { Phrase, Row, Verdict, WayStep } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";
import type { Translate } from "../text/translate.ts";

interface LineProps {
  readonly title: string;
  /** The summary at the line's end: tells the gist without opening. */
  readonly gist: string;
  readonly open: boolean;
  readonly children: ComponentChildren;
}

function Line({ title, gist, open, children }: LineProps) {
  return (
    <details class="wb-line" open={open}>
      <summary>
        <span class="wb-line-title">{title}</span>
        <span class="wb-line-gist">{gist}</span>
        <svg class="wb-chevron" viewBox="0 0 12 12" aria-hidden="true" focusable="false">
          <path d="m2.5 4.25 3.5 3.5 3.5-3.5" />
        </svg>
      </summary>
      <div class="wb-line-body">{children}</div>
    </details>
  );
}

function Rows(props: { readonly rows: readonly Row[]; readonly t: Translate }) {
  const { rows, t } = props;
  if (rows.length === 0) return <Nothing t={t} text={phrase("ui_nothing_to_show")} />;
  return (
    <dl class="wb-rows">
      {rows.map((row, index) => (
        <div key={index}>
          <dt>{t(row.label)}</dt>
          <dd>{row.style === "code" ? <Code text={t(row.value)} /> : t(row.value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Octets in hexadecimal break after a colon, not within an octet. */
function Code({ text }: { readonly text: string }) {
  return (
    <code dir="ltr">
      {text.split(/(?<=:)/).map((part, index) => (
        <Fragment key={index}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </code>
  );
}

function Nothing(props: { readonly text: Phrase; readonly t: Translate }) {
  return <p class="wb-nothing">{props.t(props.text)}</p>;
}

function Step(props: { readonly step: WayStep; readonly t: Translate }) {
  const { step, t } = props;
  return (
    <li class={step.seen ? "wb-seen" : "wb-claimed"}>
      {t(step.text)}
      {step.details.length === 0 ? null : (
        <small>
          {step.details.map((detail, index) => (
            <span key={index}>
              {index === 0 ? "" : " · "}
              <bdi>{t(detail)}</bdi>
            </span>
          ))}
        </small>
      )}
    </li>
  );
}

/** What one's own servers saw, and below a line, what is only claimed. */
function Way(props: { readonly steps: readonly WayStep[]; readonly t: Translate }) {
  const { steps, t } = props;
  const seen = steps.filter((step) => step.seen);
  const claimed = steps.filter((step) => !step.seen);
  if (steps.length === 0) return <Nothing t={t} text={phrase("ui_nothing_to_show")} />;
  return (
    <>
      {seen.length === 0 ? null : (
        <ol class="wb-way">
          {seen.map((step, index) => (
            <Step key={index} step={step} t={t} />
          ))}
        </ol>
      )}
      {claimed.length === 0 ? null : (
        <>
          <p class="wb-divider" id="wb-claimed">
            {t(phrase(seen.length === 0 ? "ui_all_claimed" : "ui_below_claimed"))}
          </p>
          <ol class="wb-way" aria-labelledby="wb-claimed">
            {claimed.map((step, index) => (
              <Step key={index} step={step} t={t} />
            ))}
          </ol>
        </>
      )}
    </>
  );
}

/** What it says it is; how it got here; other checks. */
export function Evidence(props: { readonly verdict: Verdict; readonly t: Translate }) {
  const { verdict, t } = props;
  const { says, way, checks } = verdict;
  return (
    <div class="wb-evidence">
      <Line title={t(phrase("ui_line_says"))} gist={t(says.gist)} open={says.open}>
        <Rows rows={says.rows} t={t} />
      </Line>
      <Line title={t(phrase("ui_line_way"))} gist={t(way.gist)} open={way.open}>
        <Way steps={way.steps} t={t} />
      </Line>
      <Line title={t(phrase("ui_line_checks"))} gist={t(checks.gist)} open={checks.open}>
        <Rows rows={checks.rows} t={t} />
      </Line>
    </div>
  );
}
