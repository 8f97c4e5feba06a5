// Stable codes of what went wrong, in words.
import type { Phrase } from "../../shared/verdict/types.ts";
import { phrase } from "../text/translate.ts";

/** `known`: codes with a text of their own. `otherwise`: the text that shows the code itself, as $REASON$. */
export function codeWords(known: Readonly<Record<string, string>>, otherwise: string): (code: string) => Phrase {
  return (code) => {
    const key = Object.hasOwn(known, code) ? known[code] : undefined;
    return key === undefined ? phrase(otherwise, { reason: code }) : phrase(key);
  };
}
