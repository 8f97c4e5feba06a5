// The one file that runs under whatever Node is there: installs the packages of the lock file when they are missing or
// another, then hands over to the Node 24 among them. Plain JavaScript without dependencies for that reason.
//   node bridge/bootstrap.mjs FILE [arguments]            runs FILE
//   node bridge/bootstrap.mjs --bin NAME [arguments]      runs an installed package's command
//   node bridge/bootstrap.mjs --waybill COMMAND [options] runs `waybill`, its bundle made anew where the sources changed
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".waybill-lock");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package.json")))
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

function installed() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
}

function install() {
  process.stderr.write("waybill: installing packages (once) …\n");
  const npm = process.env["npm_execpath"];
  const args = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
  const run = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", 2, 2] })
    : spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (run.status !== 0) {
    process.stderr.write("waybill: npm install failed; its words are above\n");
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

function node24() {
  const own = join(root, "node_modules", ".bin", "node");
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  process.stderr.write(
    `waybill: no Node 24 package for ${process.platform}-${process.arch}; run with Node 24 or newer (this is ${process.version})\n`,
  );
  process.exit(1);
}

/** Whether dist/bridge is the bundle of exactly these sources; bridge/waybill asks the same with sha256sum(1). */
function bundled() {
  try {
    const lines = readFileSync(join(root, "dist", "bridge", "SHA256SUMS"), "utf8")
      .trimEnd()
      .split("\n");
    return lines.every((line) => {
      const content = readFileSync(join(root, line.slice(66)));
      return createHash("sha256").update(content).digest("hex") === line.slice(0, 64);
    });
  } catch {
    return false;
  }
}

function bundle(node) {
  process.stderr.write("waybill: bundling the bridge …\n");
  const args = ["--disable-warning=ExperimentalWarning", join(root, "bridge", "build.ts")];
  const run = spawnSync(node, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (run.status !== 0) process.stderr.write("waybill: it could not be bundled; the sources run as they are\n");
}

if (!installed()) install();
const node = node24();
const [first, ...rest] = process.argv.slice(2);
if (first === "--waybill" && !bundled()) bundle(node);

/** What is run, and with what. */
function command() {
  const plain = [node, "--disable-warning=ExperimentalWarning"];
  if (first === "--waybill") return ["sh", join(root, "bridge", "waybill"), ...rest];
  if (first === "--bin") return [...plain, join(root, "node_modules", ".bin", rest[0] ?? ""), ...rest.slice(1)];
  return [...plain, join(root, first ?? ""), ...rest];
}

const [program, ...args] = command();
const child = spawn(program, args, {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: `${join(root, "node_modules", ".bin")}:${process.env["PATH"] ?? ""}` },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
