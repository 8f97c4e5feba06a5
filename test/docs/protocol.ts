// Renders what docs/protocol.md takes from the code, between the marks that name it: registries and the worked example.
//   node test/docs/protocol.ts          writes the file
// A test (protocol.test.ts) fails while file and code differ.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hopTags } from "../../shared/hop/tags.ts";
import type { RegistryEntry } from "../../shared/ipp/registry.ts";
import { classifications, complaintCodes, consents, purposes } from "../../shared/ipp/registry.ts";
import { judgements } from "../../shared/verdict/judgements.ts";
import { makeExample } from "./example.ts";

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

function listing(title: string, text: string): string {
  return `${title}\n\n\`\`\`\n${text.replaceAll("\r\n", "\n").trimEnd()}\n\`\`\``;
}

/** The worked example: the mail, what DNS and https answer, the keys, and the octets that are signed. */
async function renderExample(): Promise<string> {
  const example = await makeExample();
  const name = "_ipp.example.org";
  return [
    `A mail from alice@example.org as it lies in Bob's mailbox; its envelope recipient is ${example.recipient}. Lines end in CRLF.`,
    listing("", example.raw).trimStart(),
    listing(`\`${name}\` TXT, secure:`, example.zone.names[name]?.txt[0] ?? ""),
    listing(`\`${Object.keys(example.zone.documents)[0] ?? ""}\`:`, example.certificate),
    listing("The keys of example.net's bridge:", JSON.stringify({ keys: example.keys }, null, 1)),
    listing("What the declaration's signature covers (the last line has no line end):", example.signed.data),
    listing("What the seal covers (the last line has no line end):", example.sealed.data),
  ].join("\n\n");
}

const parts: Readonly<Record<string, () => string | Promise<string>>> = {
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
  example: renderExample,
};

/** The text with each `<!-- from-code:NAME -->` … `<!-- end -->` filled anew. */
export async function renderProtocol(text: string): Promise<string> {
  const rendered = new Map<string, string>();
  const marks = /<!-- from-code:([a-z-]+) -->\n[^]*?<!-- end -->/g;
  for (const [, name = ""] of text.matchAll(marks)) {
    const render = parts[name];
    if (render === undefined) throw new Error(`docs/protocol.md asks the code for what it does not have: ${name}`);
    rendered.set(name, await render());
  }
  return text.replaceAll(
    marks,
    (_whole, name: string) => `<!-- from-code:${name} -->\n\n${rendered.get(name) ?? ""}\n\n<!-- end -->`,
  );
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(protocolFile, await renderProtocol(readFileSync(protocolFile, "utf8")));
