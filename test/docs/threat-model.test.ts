// docs/threat-model.md names the test that shows each row: the file is there, and so are the names in quotes.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const text = readFileSync(join(root, "..", "docs", "threat-model.md"), "utf8");

interface Row {
  readonly attack: string;
  /** Its last cell. */
  readonly shown: string;
}

const rows: readonly Row[] = text.split("\n").flatMap((line) => {
  const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
  const [, attack = "", , shown = ""] = cells;
  return cells.length !== 5 || attack === "attack" || /^-+$/.test(attack) ? [] : [{ attack, shown }];
});

/** The file that a path of the document means; it leaves out what all of one kind end in. */
function fileOf(path: string): string | null {
  const tails = [".test.ts", ".e2e.ts", ".ts"].map((end) => join(root, `${path}${end}`));
  return [...tails, join(root, path)].find((file) => existsSync(file)) ?? null;
}

interface Reference {
  readonly paths: readonly string[];
  /** Of the last path. */
  readonly names: readonly string[];
}

/** `a/b`, `c` "name", "name": paths with the names that follow them. A path without a folder lies beside the one before. */
function referencesOf(shown: string): readonly Reference[] {
  const references: { paths: string[]; names: string[] }[] = [];
  let folder = "";
  for (const [, path, name] of shown.matchAll(/`([^`]+)`|"([^"]+)"/g)) {
    if (path !== undefined && !/^(?:npm |[A-Z_]+=|[\d$])/.test(path)) {
      const whole = path.includes("/") || fileOf(path) !== null ? path : `${folder}/${path}`;
      folder = whole.split("/").slice(0, -1).join("/");
      references.push({ paths: [whole], names: [] });
    } else if (name !== undefined) references.at(-1)?.names.push(name);
  }
  return references;
}

/** Words that must stand in the file, as code writes them: "…" leaves some out, "$name" stands for a row's own. */
function piecesOf(name: string): readonly string[] {
  return name
    .split("…")
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "");
}

/** What stands in it, or in the files of a folder, strings without their escapes. */
function sourceOf(path: string): string {
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: "utf8" })
        .map((name) => join(path, name))
        .filter((name) => name.endsWith(".ts"))
    : [path];
  return files.map((file) => readFileSync(file, "utf8").replaceAll(/\\(["'`])/g, "$1")).join("\n");
}

test("there are rows, each with a test", () => {
  expect(rows.length).toBeGreaterThan(80);
  expect(rows.filter(({ shown }) => referencesOf(shown).length === 0)).toEqual([]);
});

test("each names files that are there, and tests that are in them", () => {
  const missing = rows.flatMap(({ attack, shown }) =>
    referencesOf(shown).flatMap(({ paths: [path = ""], names }) => {
      const file = fileOf(path);
      if (file === null) return [`${attack.slice(0, 60)}: no ${path}`];
      if (names.length === 0) return [];
      const source = sourceOf(file);
      const pieces = names.flatMap(piecesOf);
      return pieces.filter((piece) => !source.includes(piece)).map((piece) => `${path}: no "${piece}"`);
    }),
  );
  expect(missing).toEqual([]);
});
