// Renders the registries of the code into docs/protocol.md, between the marks that name them.
//   node test/docs/registries.ts          writes the file
// A test (registries.test.ts) fails while file and code differ.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hopTags } from "../../shared/hop/tags.ts";
import type { RegistryEntry } from "../../shared/ipp/registry.ts";
import { classifications, complaintCodes, consents, purposes } from "../../shared/ipp/registry.ts";
import { judgements } from "../../shared/verdict/judgements.ts";

/** The protocol's normative text. */
export const protocolFile = join(import.meta.dirname, "..", "..", "docs", "protocol.md");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

function entries(title: string, list: readonly RegistryEntry[]): string {
  return table(
    [title, "meaning"],
    list.map((entry) => [`\`${entry.value}\``, entry.meaning]),
  );
}

const registries: Readonly<Record<string, () => string>> = {
  purposes: () => entries("purpose: first label of `p`", purposes),
  classifications: () => entries("`cls`", classifications),
  consents: () => entries("`consent`", consents),
  codes: () => entries("code of a complaint", complaintCodes),
  "hop-tags": () =>
    table(
      ["tag", "meaning"],
      hopTags.map((tag) => [`\`${tag.name}\``, tag.meaning]),
    ),
  judgement: () =>
    table(
      ["first that applies", "level", "reason"],
      judgements.map((row) => [row.when, row.level, `\`${row.reason}\``]),
    ),
};

/** The text with each `<!-- registry:NAME -->` … `<!-- end -->` filled anew from the code. */
export function renderRegistries(text: string): string {
  return text.replaceAll(/<!-- registry:([a-z-]+) -->\n(?:[^]*?<!-- end -->)?/g, (_whole, name: string) => {
    const render = registries[name];
    if (render === undefined) throw new Error(`docs/protocol.md names a registry that does not exist: ${name}`);
    return `<!-- registry:${name} -->\n\n${render()}\n\n<!-- end -->`;
  });
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(protocolFile, renderRegistries(readFileSync(protocolFile, "utf8")));
