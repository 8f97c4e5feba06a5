// IPP-Purpose: what kind of mail the sender says this is. Protocol section 3.
import { withoutWhitespace } from "../encoding/base64.ts";
import { formatTagList, parseTagList } from "../header/taglist.ts";
import { ok, perm } from "../result.ts";
import type { Result } from "../result.ts";
import { declarationTags, isRegistryWord, parsePurpose } from "./registry.ts";
import type { Declaration } from "./types.ts";

/** The field's name. */
export const purposeField = "IPP-Purpose";

function registryWord(tags: ReadonlyMap<string, string>, name: string): Result<string | null> {
  const value = tags.get(name);
  if (value === undefined) {
    return ok(null);
  }
  return isRegistryWord(value) ? ok(value) : perm("ipp/purpose", `${name} is no registry word`);
}

/**
 * Reads a declaration. Unknown tags are ignored, unless `crit` (colon-separated tag names) says that they must be
 * understood. Fails with ipp/purpose, ipp/version or ipp/critical.
 */
export function parseDeclaration(value: string): Result<Declaration> {
  const list = parseTagList(value);
  if (!list.ok) {
    return perm("ipp/purpose", list.detail);
  }
  const tags = list.value;
  if (tags.get("v") !== "1") {
    return perm("ipp/version", "IPP-Purpose is not v=1");
  }
  const critical = withoutWhitespace(tags.get("crit") ?? "");
  if (critical !== "" && !critical.split(":").every((name) => declarationTags.has(name))) {
    return perm("ipp/critical", "a critical tag is not known here");
  }
  const purpose = parsePurpose(tags.get("p") ?? "");
  const classification = registryWord(tags, "cls");
  const consent = registryWord(tags, "consent");
  if (!purpose.ok) {
    return purpose;
  }
  if (!classification.ok) {
    return classification;
  }
  if (!consent.ok) {
    return consent;
  }
  return ok({ purpose: purpose.value.value, classification: classification.value, consent: consent.value });
}

/** A declaration as a field value. Fails with ipp/purpose where it is not one that parses. */
export function formatDeclaration(declaration: Declaration): Result<string> {
  const tags: [string, string][] = [
    ["v", "1"],
    ["p", declaration.purpose],
  ];
  if (declaration.classification !== null) {
    tags.push(["cls", declaration.classification]);
  }
  if (declaration.consent !== null) {
    tags.push(["consent", declaration.consent]);
  }
  const value = formatTagList(tags, { fold: [], nameCharacters: purposeField.length + 1 });
  const parsed = parseDeclaration(value);
  return parsed.ok ? ok(value) : parsed;
}
