// From a phrase to the words a person reads. Where the messages come from (the browser's i18n, a file) is injected.
import type { Phrase } from "../../shared/verdict/types.ts";
import { shown as shownText } from "../../shared/verdict/shown.ts";
import { isolated, orderedNames, valueKind } from "./values.ts";

/** Finds a message by its key and puts the substitutions in place of `$1`, `$2` …; "" where there is no such message. */
export type Lookup = (key: string, substitutions: readonly string[]) => string;

/** Says a phrase in the reader's language. */
export type Translate = (phrase: Phrase) => string;

/** Where words come from, and how dates and directions are written. */
export interface Words {
  readonly t: Translate;
  /** BCP 47, of the messages, not of the machine: dates stand inside sentences. */
  readonly locale: string;
  readonly direction: "ltr" | "rtl";
}

/** A phrase without or with values, in fewer characters. */
export function phrase(key: string, values: Phrase["values"] = {}): Phrase {
  return { key, values };
}

/** A number or Unix seconds as decimal text; null for anything else and for times no calendar has. */
function parseDigits(text: string): number | null {
  return /^\d{1,12}$/.test(text) ? Number(text) : null;
}

/**
 * @param uiLanguage what the browser says it speaks; used for dates where it is a variant of the messages' language
 * @param timeZone for tests; the reader's own by default
 */
export function createWords(lookup: Lookup, uiLanguage: string, timeZone?: string): Words {
  const messageLocale = lookup("ui_locale", []) || "en";
  const locale = uiLanguage.split("-")[0] === messageLocale ? uiLanguage : messageLocale;
  const direction = lookup("ui_direction", []) === "rtl" ? "rtl" : "ltr";
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", ...zone });
  const number = new Intl.NumberFormat(locale);
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", ...zone });

  function shown(name: string, value: string): string {
    const kind = valueKind(name);
    if (kind === "key") return lookup(value, []);
    if (kind === "text") return isolated(shownText(value), direction);
    const digits = parseDigits(value);
    if (digits === null) return isolated(shownText(value), direction);
    if (kind === "number") return number.format(digits);
    return (kind === "day" ? day : moment).format(new Date(digits * 1000));
  }

  const t: Translate = ({ key, values }) =>
    lookup(
      key,
      orderedNames(values).map((name) => shown(name, values[name] ?? "")),
    );
  return { t, locale, direction };
}
