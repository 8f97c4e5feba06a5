// A rule that cannot fail is no rule: each one of the gate's is broken on purpose in planted/, and must be reported.
// Then the same tools, with the same settings, find nothing in the tree itself.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const planted = join(import.meta.dirname, "planted");

function run(command: string, args: readonly string[], cwd: string): { status: number | null; output: string } {
  const done = spawnSync(join(root, "node_modules", ".bin", command), args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return { status: done.status, output: done.stdout + done.stderr };
}

interface CruiseSummary {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { readonly rule: { readonly name: string }; readonly from: string }[];
  };
}

function cruise(cwd: string): CruiseSummary["summary"] {
  const config = join(import.meta.dirname, "dependency-cruiser.cjs");
  const done = spawnSync(
    join(root, "node_modules", ".bin", "depcruise"),
    ["--config", config, "shared", "bridge", "extension", "test", "-T", "json"],
    { cwd, encoding: "utf8", maxBuffer: 256 << 20 },
  );
  return (JSON.parse(done.stdout) as CruiseSummary).summary;
}

describe("import rules", () => {
  const config = createRequire(import.meta.url)("./dependency-cruiser.cjs") as { forbidden: { name: string }[] };

  test("every rule reports its planted violation", () => {
    const found = new Set(cruise(planted).violations.map((violation) => violation.rule.name));
    expect([...found].toSorted()).toEqual(config.forbidden.map((rule) => rule.name).toSorted());
  });

  test("the tree breaks none, and is really read", () => {
    const summary = cruise(root);
    expect(summary.violations.map((violation) => `${violation.rule.name}: ${violation.from}`)).toEqual([]);
    expect(summary.totalCruised).toBeGreaterThan(50);
  }, 60_000);
});

describe("linter", () => {
  const rules = [
    "eslint(eqeqeq)",
    "eslint(no-console)",
    "import(no-default-export)",
    "typescript(await-thenable)",
    "typescript(no-explicit-any)",
    "typescript(no-floating-promises)",
    "typescript(no-misused-promises)",
    "typescript(no-non-null-assertion)",
    "typescript(switch-exhaustiveness-check)",
  ];
  const args = ["-c", join(import.meta.dirname, "oxlint.json"), "--type-aware"];

  test("every rule that matters reports its planted violation", () => {
    const { status, output } = run("oxlint", [...args, "-f", "json", planted], root);
    expect(status).not.toBe(0);
    for (const rule of rules) expect(output).toContain(rule);
  });

  test("the tree breaks none", () => {
    const { status, output } = run(
      "oxlint",
      [...args, "--ignore-pattern", "**/planted/**", "shared", "bridge", "extension", "test"],
      root,
    );
    expect(output).toContain("Found 0 warnings and 0 errors");
    expect(status).toBe(0);
  }, 60_000);
});

describe("types", () => {
  test.each([
    ["unchecked index", "TS2322"],
    ["exact optional property", "TS2375"],
    ["enum", "TS1294"],
    ["DOM in shared/", "Cannot find name 'document'"],
    ["Node in shared/", "Cannot find name 'Buffer'"],
  ])("%s is refused", (_name, code) => {
    expect(plantedTypes()).toContain(code);
  });

  test.each(["shared", "bridge", "extension", "test"])(
    "%s compiles",
    (folder) => {
      const { status, output } = run("tsc", ["-p", folder], root);
      expect(output).toBe("");
      expect(status).toBe(0);
    },
    120_000,
  );
});

let plantedOutput: string | null = null;
function plantedTypes(): string {
  plantedOutput ??= run("tsc", ["-p", planted], root).output;
  return plantedOutput;
}

describe("format", () => {
  test("prettier reports the planted file", () => {
    const file = join(planted, "shared", "ipp", "lint.ts");
    const { status } = run("prettier", ["--ignore-path", "/dev/null", "--check", file], root);
    expect(status).toBe(1);
  });

  test("the tree is formatted", () => {
    const { output } = run("prettier", ["--check", "."], root);
    expect(output).toContain("All matched files use Prettier code style!");
  }, 60_000);
});

describe("unused code", () => {
  test("knip finds a planted unused export", () => {
    const { status, output } = run("knip", ["--config", "knip.json", "--directory", planted], planted);
    expect(output).toContain("cycle-a.ts");
    expect(status).toBe(1);
  }, 60_000);

  test("the tree has no unused file, export or package", () => {
    const { output, status } = run("knip", ["--config", "test/gate/knip.json"], root);
    expect(output).toBe("");
    expect(status).toBe(0);
  }, 120_000);
});

test("the planted tree is left out of every real check", () => {
  for (const file of [".prettierignore", "test/tsconfig.json", "test/gate/dependency-cruiser.cjs"])
    expect(readFileSync(join(root, file), "utf8")).toContain("planted");
});
