// npm test: everything that must hold, in the order in which it fails fastest. `npm run check` and `npm run unit` run parts.
//   node test/run.ts [gate|unit|build|soak|e2e]
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const unitReport = join(root, "var", "test", "unit.json");

interface Step {
  readonly name: string;
  readonly part: "setup" | "gate" | "unit" | "build" | "soak" | "e2e";
  readonly command: readonly [string, ...string[]];
}

const vitest = ["vitest", "run", "--config", "test/vitest.config.ts"] as const;

const steps: readonly Step[] = [
  { name: "Debian packages", part: "setup", command: ["node", "test/setup/debian.ts"] },
  { name: "build: add-on, extensions, pages", part: "build", command: ["node", "extension/build.ts"] },
  {
    name: "gate: types, lint, imports, format, unused code, conventions",
    part: "gate",
    command: [...vitest, "test/gate"],
  },
  {
    name: "unit: shared, bridge, extension",
    part: "unit",
    command: [
      ...vitest,
      "test/shared",
      "test/bridge",
      "test/extension",
      "test/docs",
      "test/fuzz",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${unitReport}`,
    ],
  },
  { name: "build: bridge", part: "soak", command: ["node", "bridge/build.ts"] },
  { name: "load and faults on a real Postfix", part: "soak", command: ["node", "test/soak/run.ts", "--short"] },
  { name: "real servers, real mail programs", part: "e2e", command: ["node", "test/e2e/run.ts"] },
];

/** Which steps an argument asks for: all without one; a part alone, or with what it needs. */
function chosen(part: string | undefined): readonly Step[] {
  switch (part) {
    case undefined:
      return steps;
    case "gate":
    case "unit":
    case "build":
    case "soak":
      return steps.filter((step) => step.part === part);
    case "e2e":
      return steps.filter((step) => step.part === "setup" || step.part === "build" || step.part === "e2e");
    default:
      throw new Error(`test/run.ts: no part "${part}"; parts are gate, unit, build, soak, e2e`);
  }
}

function run(step: Step): boolean {
  const started = Date.now();
  process.stdout.write(`\n== ${step.name}\n`);
  const [command, ...args] = step.command;
  const done = spawnSync(join(root, "node_modules", ".bin", command), args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "--disable-warning=ExperimentalWarning" },
  });
  const passed = done.status === 0;
  process.stdout.write(
    `== ${passed ? "passed" : "FAILED"}: ${step.name} (${Math.round((Date.now() - started) / 1000)} s)\n`,
  );
  return passed;
}

/** Tests that vitest counted, for the closing line; each other step counts as one. */
function unitCounts(): { passed: number; failed: number } {
  if (!existsSync(unitReport)) return { passed: 0, failed: 0 };
  const report = JSON.parse(readFileSync(unitReport, "utf8")) as { numPassedTests: number; numFailedTests: number };
  return { passed: report.numPassedTests, failed: report.numFailedTests };
}

const asked = chosen(process.argv[2]);
mkdirSync(join(root, "var", "test"), { recursive: true });
let { passed, failed } = { passed: 0, failed: 0 };
for (const step of asked) {
  const fine = run(step);
  const counts = step.part === "unit" ? unitCounts() : { passed: 0, failed: 0 };
  passed += Math.max(counts.passed, fine ? 1 : 0);
  failed += Math.max(counts.failed, fine ? 0 : 1);
  if (!fine && step.part === "setup") break;
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
