// Builds everything a browser runs: dist/thunderbird, dist/chromium, dist/firefox, dist/pages/….
//   node extension/build.ts [target …] [--grant ORIGIN …]
// One self-contained script per entry by plain Vite (a build of several entries leaves `import` in content scripts).
// --grant puts an origin into host_permissions: for tests, where nobody can answer the browser's permission question.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "vite";
import { pages, targets } from "./entries.ts";
import type { Outputs } from "./entries.ts";
import { manifestFor } from "./manifest.ts";
import type { BaseManifest, Target } from "./manifest.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** One TypeScript entry with all it imports as one classic script. */
export async function bundleScript(entry: string, outFile: string): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      outDir: dirname(outFile),
      emptyOutDir: false,
      target: "es2022",
      sourcemap: false,
      lib: {
        entry: join(root, entry),
        formats: ["iife"],
        name: "waybill",
        fileName: () => `${outFile.split("/").pop()}`,
      },
    },
  });
}

/** Style sheets joined into one file, in order. */
export function joinStyles(sources: readonly string[], outFile: string): void {
  mkdirSync(dirname(outFile), { recursive: true });
  writeFileSync(outFile, sources.map((source) => readFileSync(join(root, source), "utf8")).join("\n"));
}

async function writeOutputs(outputs: Outputs, out: string): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const [to, from] of Object.entries(outputs.copies)) cpSync(join(root, from), join(out, to), { recursive: true });
  for (const [to, from] of Object.entries(outputs.styles)) joinStyles(from, join(out, to));
  for (const [to, from] of Object.entries(outputs.scripts)) await bundleScript(from, join(out, to));
}

/** Builds one browser's or mail program's folder below `out`. */
export async function buildTarget(target: Target, out: string, grants: readonly string[] = []): Promise<void> {
  await writeOutputs(targets[target], out);
  const base = JSON.parse(readFileSync(join(root, "manifest.json"), "utf8")) as BaseManifest;
  const manifest = manifestFor(base, target, grants);
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Lets browsers keep a page's files for long: another content, another address. */
function stampReferences(folder: string): void {
  const page = join(folder, "index.html");
  const stamped = readFileSync(page, "utf8").replace(
    /(src|href)="([\w.-]+)"/g,
    (_, attribute: string, file: string) => {
      const digest = createHash("sha256")
        .update(readFileSync(join(folder, file)))
        .digest("base64url");
      return `${attribute}="${file}?v=${digest.slice(0, 12)}"`;
    },
  );
  writeFileSync(page, stamped);
}

/** Builds the web pages that a bridge serves. */
export async function buildPages(out: string): Promise<void> {
  for (const [name, outputs] of Object.entries(pages)) {
    await writeOutputs(outputs, join(out, name));
    stampReferences(join(out, name));
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      grant: { type: "string", multiple: true, default: [] },
      out: { type: "string", default: join(root, "dist") },
    },
  });
  const asked = positionals.length === 0 ? ["thunderbird", "chromium", "firefox", "pages"] : positionals;
  for (const name of asked) {
    const started = performance.now();
    if (name === "pages") await buildPages(join(values.out, "pages"));
    else if (name in targets) await buildTarget(name as Target, join(values.out, name), values.grant);
    else
      throw new Error(`extension/build.ts: no target "${name}"; targets are ${Object.keys(targets).join(", ")}, pages`);
    console.log(`${name}: built in ${Math.round(performance.now() - started)} ms`);
  }
}
