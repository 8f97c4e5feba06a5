// A socket's permissions, as a bridge that no systemd has given a umask makes it: in a process of its own, as threads have none.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, watch, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenOn } from "../../../bridge/endpoint/listen.ts";

const module = new URL("../../../bridge/endpoint/listen.ts", import.meta.url).href;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waybill-listen-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const socket = "milter.sock";

/** Listens in a process with this umask; the socket's mode, what happened to it in the folder, and the umask afterwards. */
async function listened(umask: number, mode: number): Promise<{ mode: number; events: string[]; umask: number }> {
  const seen: [string, string | null][] = [];
  const watcher = watch(folder, (event, name) => seen.push([event, name]));
  const script = `
    process.umask(${umask});
    const { createServer } = await import("node:net");
    const { listenOn } = await import(${JSON.stringify(module)});
    await listenOn(createServer(), { path: ${JSON.stringify(join(folder, socket))}, mode: ${mode} });
    process.stdout.write(String(process.umask(0)));
  `;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [word] = (await once(child.stdout, "data")) as [Buffer];
  const found = statSync(join(folder, socket)).mode & 0o777;
  // The kernel tells events in order: once this file's is here, all of the socket's are.
  writeFileSync(join(folder, "marker"), "");
  while (!seen.some(([, name]) => name === "marker")) await once(watcher, "change");
  watcher.close();
  child.kill();
  await once(child, "close");
  return {
    mode: found,
    events: seen.filter(([, name]) => name === socket).map(([event]) => event),
    umask: Number(word.toString()),
  };
}

test.each([
  { name: "an open umask", umask: 0o022, mode: 0o660 },
  { name: "a closed umask", umask: 0o077, mode: 0o660 },
  { name: "a mode for everybody", umask: 0o077, mode: 0o666 },
])("a socket has its mode from its first moment, whatever the umask: $name", async ({ umask, mode }) => {
  // "rename": it is there; a chmod would be a "change".
  expect(await listened(umask, mode)).toEqual({ mode, events: ["rename"], umask });
});

test("in a worker thread, which may set no umask, it has its mode once listening", async () => {
  const server = createServer();
  const path = join(folder, socket);
  expect(await listenOn(server, { path, mode: 0o640 })).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  await new Promise((resolve) => server.close(resolve));
});

test("what cannot be listened on is the caller's to hear", async () => {
  const path = join(folder, "none", socket);
  await expect(listenOn(createServer(), { path })).rejects.toMatchObject({
    code: expect.stringMatching(/EACCES|ENOENT/),
  });
});
