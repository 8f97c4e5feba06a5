// X-IPP-Purpose: what the writer's mail program asks its bridge to declare. Protocol section 3. Mail programs can add
// X-* fields only, and no signature; the bridge turns the wish into a signed declaration, or refuses it aloud.
import { parseTagList } from "../../shared/header/taglist.ts";
import { parseDeclaration } from "../../shared/ipp/declaration.ts";
import type { Declaration } from "../../shared/ipp/types.ts";
import { ok, type Result } from "../../shared/result.ts";

/** The field's name. */
export const wishField = "X-IPP-Purpose";

/**
 * Reads a wish: a purpose alone ("transactional.invoice"), or the tags of IPP-Purpose, with or without `v`. null: "none"
 * or nothing, which asks for no declaration even where one is made unasked. Fails as parseDeclaration does.
 */
export function parseWish(value: string): Result<Declaration | null> {
  const text = value.trim();
  if (text === "" || text === "none") return ok(null);
  if (!text.includes("=")) return parseDeclaration(`v=1; p=${text}`);
  const tags = parseTagList(text);
  if (!tags.ok) return tags;
  return parseDeclaration(tags.value.has("v") ? text : `v=1; ${text}`);
}
