// Words from the browser's own i18n, inside an extension.
import browser from "webextension-polyfill";
import { createWords } from "./translate.ts";
import type { Words } from "./translate.ts";

/** The extension's messages in the language the browser chose for it. */
export function browserWords(): Words {
  return createWords(
    (key, substitutions) => (key === "" ? "" : browser.i18n.getMessage(key, [...substitutions])),
    browser.i18n.getUILanguage(),
  );
}
