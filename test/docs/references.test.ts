// What the documents point at is there: files and headings behind links, files named in code, npm scripts, commands.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../../bridge/cli/commands.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const documents = [
  "README.md",
  "CHANGELOG.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => /\.(md|toml)$/.test(name))
    .map((name) => `docs/${name}`),
];

/** What `pattern` captures in all documents, each with where it stands. */
function found(pattern: RegExp): { readonly document: string; readonly what: string }[] {
  return documents.flatMap((document) =>
    [...read(document).matchAll(pattern)].map(([, what = ""]) => ({ document, what })),
  );
}

/** Those for which `isThere` says no; there have to be some that are asked about. */
function missing(all: ReturnType<typeof found>, isThere: (what: string, document: string) => boolean): string[] {
  expect(all.length).toBeGreaterThan(3);
  return all
    .filter(({ document, what }) => !isThere(what, document))
    .map(({ document, what }) => `${document}: ${what}`);
}

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

test("links lead to files and headings", () => {
  const leads = (link: string, document: string): boolean => {
    const [path = "", anchor] = link.split("#");
    const file = path === "" ? document : join(dirname(document), path);
    if (!existsSync(join(root, file))) return false;
    return (
      anchor === undefined || [...read(file).matchAll(/^#+ (.*)$/gm)].some(([, text = ""]) => anchorOf(text) === anchor)
    );
  };
  expect(missing(found(/\]\((?!https?:)([^)\s]+)\)/g), leads)).toEqual([]);
});

test("files that code names are there", () => {
  const named = found(/`((?:bridge|shared|extension|test|docs)\/[\w./-]+\.\w+)`/g);
  expect(missing(named, (path) => existsSync(join(root, path)))).toEqual([]);
});

test("npm scripts and commands of the bridge are there", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  expect(missing(found(/\bnpm run (\w+)/g), (name) => name in scripts)).toEqual([]);
  const names = commands.map(({ name }) => name);
  const isCommand = (words: string): boolean => names.some((name) => `${words} `.startsWith(`${name} `));
  expect(missing(found(/(?:`|bridge\/|: )waybill ([a-z]+(?: [a-z]+)?)/g), isCommand)).toEqual([]);
});
