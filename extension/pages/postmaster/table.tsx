// The numbers behind a chart: per sender, purpose, and what was said or seen.
import type { Words } from "../../text/translate.ts";
import { phrase } from "../../text/translate.ts";
import { codeName } from "./code-name.ts";
import type { CountRow } from "./counts.ts";

export interface CountTableProps {
  readonly words: Words;
  readonly rows: readonly CountRow[];
  /** Says what the table is about. */
  readonly caption: string;
  readonly kind: "received" | "sent" | "seen";
}

/** "@domain" stands for all addresses of it (docs/protocol.md: weekly counts name no mail). */
function senderName(sender: string | null, { t }: Words): string {
  if (sender === null) return t(phrase("page_no_sender"));
  return sender.startsWith("@") ? t(phrase("page_week_of", { domain: sender.slice(1) })) : sender;
}

function purposeName({ purpose }: CountRow, kind: CountTableProps["kind"], words: Words): string {
  if (purpose === null) return words.t(phrase(kind === "sent" ? "page_no_purpose" : "page_purposes"));
  const first = purpose.split(".")[0] ?? "";
  const name = words.t(phrase(`compose_name_${first}`));
  return name === "" ? purpose : name;
}

/** Who says so: whether a reader's bridge vouches, or which bridge counted. */
function Source({
  row,
  kind,
  words,
}: { readonly row: CountRow; readonly words: Words } & Pick<CountTableProps, "kind">) {
  if (kind === "sent") return null;
  if (kind === "seen")
    return (
      <td>
        <bdi>{row.reporter ?? words.t(phrase("page_reporters"))}</bdi>
      </td>
    );
  return <td>{words.t(phrase(row.attested === true ? "page_yes" : "page_no"))}</td>;
}

export function CountTable({ words, rows, caption, kind }: CountTableProps) {
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
            <th scope="col">{t(phrase(kind === "seen" ? "page_column_result" : "page_column_code"))}</th>
            {kind === "sent" ? null : (
              <th scope="col">{t(phrase(kind === "seen" ? "page_column_reporter" : "page_column_attested"))}</th>
            )}
            <th scope="col" class="pm-number">
              {t(phrase("page_column_count"))}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={JSON.stringify([row.sender, row.purpose, row.code, row.attested, row.reporter])}>
              <th scope="row">
                <bdi>{senderName(row.sender, words)}</bdi>
              </th>
              <td title={row.purpose ?? undefined}>{purposeName(row, kind, words)}</td>
              <td>{codeName(row.code, t)}</td>
              <Source row={row} kind={kind} words={words} />
              <td class="pm-number">{number.format(row.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
