// The numbers behind a chart: per sender, purpose and complaint.
import type { Words } from "../../text/translate.ts";
import { phrase } from "../../text/translate.ts";
import { codeName } from "./code-name.ts";
import type { CountRow } from "./counts.ts";

export interface CountTableProps {
  readonly words: Words;
  readonly rows: readonly CountRow[];
  /** Says what the table is about. */
  readonly caption: string;
  /** Received ones: whether the mail went to a reader of the reporting domain. */
  readonly attested: boolean;
}

function purposeName(purpose: string | null, words: Words): string {
  if (purpose === null) return words.t(phrase("page_no_purpose"));
  const first = purpose.split(".")[0] ?? "";
  const name = words.t(phrase(`compose_name_${first}`));
  return name === "" ? purpose : name;
}

export function CountTable({ words, rows, caption, attested }: CountTableProps) {
  const { t, locale } = words;
  const number = new Intl.NumberFormat(locale);
  return (
    <div class="pm-scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t(phrase("page_column_sender"))}</th>
            <th scope="col">{t(phrase("page_column_purpose"))}</th>
            <th scope="col">{t(phrase("page_column_code"))}</th>
            {attested ? <th scope="col">{t(phrase("page_column_attested"))}</th> : null}
            <th scope="col" class="pm-number">
              {t(phrase("page_column_count"))}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={JSON.stringify([row.sender, row.purpose, row.code, row.attested])}>
              <th scope="row">
                <bdi>{row.sender ?? t(phrase("page_no_sender"))}</bdi>
              </th>
              <td title={row.purpose ?? undefined}>{purposeName(row.purpose, words)}</td>
              <td>{codeName(row.code, t)}</td>
              {attested ? <td>{t(phrase(row.attested === true ? "page_yes" : "page_no"))}</td> : null}
              <td class="pm-number">{number.format(row.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
