// Names of complaint codes and of results for a postmaster.
import { complaintCodes } from "../../../shared/ipp/registry.ts";
import { summedResults } from "../../../shared/report/counts.ts";
import type { Translate } from "../../text/translate.ts";
import { phrase } from "../../text/translate.ts";

/** In the order in which the chart stacks them. */
export const knownCodes: readonly string[] = [...complaintCodes.map((entry) => entry.value), ...summedResults];

/** In words; a code that is not known here as it is written. */
export function codeName(code: string, t: Translate): string {
  return knownCodes.includes(code) ? t(phrase(`page_code_${code.replace("-", "_")}`)) : code;
}
