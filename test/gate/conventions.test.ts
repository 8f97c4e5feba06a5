// Conventions that no other tool holds: names of folders and files, sizes, heads, the index of specifications.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && !file.includes("/planted/"));
const sources = files.filter((file) => /^(shared|bridge|extension)\/.*\.(ts|tsx|mjs)$/.test(file));
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** Files for which `breaks` finds something, with what it found. */
function offenders(list: readonly string[], breaks: (file: string) => string | null): string[] {
  return list.flatMap((file) => {
    const found = breaks(file);
    return found === null ? [] : [`${file}: ${found}`];
  });
}

describe("tree", () => {
  test("only the agreed names stand at the top", () => {
    const top = new Set(files.map((file) => file.split("/")[0]));
    const agreed = [
      ".ci",
      ".gitignore",
      ".prettierignore",
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "bridge",
      "docs",
      "extension",
      "manifest.json",
      "package-lock.json",
      "package.json",
      "shared",
      "test",
      "tsconfig.json",
    ];
    expect([...top].filter((name) => !agreed.includes(name ?? ""))).toEqual([]);
  });

  test("folders are named after a specification or a job", () => {
    const banned = /(^|\/)(utils?|helpers?|common|misc|lib)(\/|$)/;
    expect(offenders(sources, (file) => (banned.test(dirname(file)) ? "folder name" : null))).toEqual([]);
  });

  test("files are kebab-case and none is a barrel", () => {
    const fine = /^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.(ts|tsx|mjs)$/;
    expect(offenders(sources, (file) => (fine.test(basename(file)) ? null : "not kebab-case"))).toEqual([]);
    expect(offenders(sources, (file) => (basename(file).startsWith("index.") ? "a barrel" : null))).toEqual([]);
  });

  test("no source file outgrows a reader", () => {
    expect(
      offenders(sources, (file) => {
        const lines = read(file).split("\n").length;
        return lines > 450 ? `${lines} lines` : null;
      }),
    ).toEqual([]);
  });

  test("every source file says what it is for", () => {
    expect(
      offenders(sources, (file) => (/^(#!.*\n)?(\/\/|\/\*\*) ?\S/.test(read(file)) ? null : "no comment at its head")),
    ).toEqual([]);
  });
});

describe("safety", () => {
  test("nothing writes markup from strings", () => {
    const writes = /\.(innerHTML|outerHTML)\s*=|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write/;
    expect(offenders(sources, (file) => (writes.test(read(file)) ? "writes markup" : null))).toEqual([]);
  });

  test("only main.ts and the command line read the environment", () => {
    const allowed = /^bridge\/(main\.ts|bootstrap\.mjs|cli\/|demo\/)|^extension\/build\.ts$/;
    expect(
      offenders(sources, (file) =>
        /process\.env/.test(read(file)) && !allowed.test(file) ? "reads process.env" : null,
      ),
    ).toEqual([]);
  });

  test("shared/ has no clock and no randomness of its own", () => {
    const own = /Date\.now\(|new Date\(\)|Math\.random\(|setTimeout\(/;
    const shared = sources.filter((file) => file.startsWith("shared/"));
    expect(offenders(shared, (file) => (own.test(read(file)) ? "clock or randomness" : null))).toEqual([]);
  });
});

describe("specifications", () => {
  test("every RFC the code names stands in docs/specs.md", () => {
    const index = read("docs/specs.md");
    const named = new Set(sources.flatMap((file) => read(file).match(/RFC \d+/g) ?? []));
    expect([...named].filter((rfc) => !new RegExp(`${rfc}\\b`).test(index)).toSorted()).toEqual([]);
  });
});
