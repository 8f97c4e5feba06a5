// Bundles the bridge: dist/bridge/waybill.mjs, and beside it what only some commands need, each loaded when it is asked for.
// Node runs the sources as they are, but reading hundreds of files and stripping their types takes a second and 45 MB more.
//   node bridge/build.ts
// dist/bridge/SHA256SUMS has the digest of every source that went in and of every file that came out. bridge/waybill asks
// sha256sum(1) at each start: a bundle of other sources, or a torn one, never runs.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { build, type Plugin, type Rolldown } from "vite";

const root = dirname(import.meta.dirname);
const out = join(root, "dist", "bridge");
const sums = join(out, "SHA256SUMS");
const entry = "waybill.mjs";

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Digests of the tree's files as they are read: more than what comes out of each, as constants of one end up in another. */
function gathering(digests: Map<string, string>): Plugin {
  return {
    name: "gather-sources",
    enforce: "pre",
    transform(code, id) {
      const file = relative(root, id);
      if (!file.startsWith("..") && !file.includes("node_modules") && existsSync(id)) digests.set(file, digest(code));
    },
  };
}

/** A single character beyond Latin-1 makes V8 keep all of a file in two octets each. They only stand in texts here. */
function latin1(code: string): string {
  return code.replace(/[^\u0000-\u00ff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The files of the bundle by their names, and the sources. */
async function bundle(): Promise<{ files: Map<string, string | Uint8Array>; sources: Map<string, string> }> {
  const sources = new Map<string, string>();
  // The packages, and how it is built.
  for (const file of ["package-lock.json", "bridge/build.ts"])
    sources.set(file, digest(readFileSync(join(root, file))));
  const built = await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [gathering(sources)],
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: "bridge/main.ts",
      outDir: out,
      write: false,
      target: "node24",
      sourcemap: true,
      rolldownOptions: {
        output: {
          format: "esm",
          entryFileNames: entry,
          chunkFileNames: "[name]-[hash].mjs",
          sourcemapExcludeSources: true,
          // Names stay: a stack trace is read by people.
          minify: { compress: true, mangle: false, codegen: true },
        },
      },
    },
  });
  const { output } = built as Rolldown.RolldownOutput;
  const files = output.map((file) => [file.fileName, file.type === "chunk" ? latin1(file.code) : file.source] as const);
  return { files: new Map(files), sources };
}

/** Names in dist/bridge that the last build made. */
function lastNames(): readonly string[] {
  const lines = existsSync(sums) ? readFileSync(sums, "utf8").split("\n") : [];
  return lines.map((line) => line.slice(66)).flatMap((path) => (path.startsWith("dist/") ? [basename(path)] : []));
}

/** Bundles. A bridge that runs meanwhile is not disturbed: what it may still load stays until the build after this one. */
async function buildBridge(): Promise<void> {
  const { files, sources } = await bundle();
  const keep = new Set([...files.keys(), ...lastNames(), basename(sums)]);
  mkdirSync(out, { recursive: true });
  const put = (name: string, content: string | Uint8Array): void => {
    // Whole, or not at all: bridges may be starting.
    writeFileSync(join(out, `.${name}`), content);
    renameSync(join(out, `.${name}`), join(out, name));
  };
  for (const [name, content] of files) if (name !== entry) put(name, content);
  put(entry, files.get(entry) ?? "");
  const made = [...files].map(([name, content]) => `${digest(content)}  dist/bridge/${name}\n`);
  const read = [...sources].map(([file, sum]) => `${sum}  ${file}\n`);
  put(basename(sums), [...made, ...read].join(""));
  for (const name of readdirSync(out)) if (!keep.has(name)) rmSync(join(out, name), { recursive: true });
}

const started = performance.now();
await buildBridge();
process.stdout.write(`bridge: built in ${Math.round(performance.now() - started)} ms\n`);
