// The API is put together when it is first asked, and reads its pages then: maybe while they are being built anew.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startHttp } from "../../../bridge/api/http.ts";
import type { Bridge } from "../../../bridge/cli/assemble.ts";
import { silent } from "../store/fixtures.ts";
import { bridgeOf, setupIn } from "./bridge-in.ts";

let folder = "";
let bridge: Bridge;
const logged: string[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-loading-"));
  bridge = await bridgeOf(setupIn(folder), {
    log: { ...silent, error: (_, words) => void logged.push(words) },
    pages: [{ path: "/admin/", directory: join(folder, "pages") }],
  });
});
afterEach(async () => {
  await bridge.store.close();
  rmSync(folder, { recursive: true });
});

test("pages that cannot be read are said so, and read at the next request", async () => {
  const pages = join(folder, "pages");
  // A file where a folder is expected: as readdir and open fail in the middle of a build.
  writeFileSync(pages, "");
  const stop = new AbortController();
  const { url, closed } = await startHttp({ app: bridge.app, host: "127.0.0.1", port: 0, signal: stop.signal });
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  expect(logged).toEqual(["the API cannot be loaded: start the bridge anew"]);
  rmSync(pages);
  mkdirSync(pages);
  writeFileSync(join(pages, "index.html"), "<!doctype html>");
  expect((await fetch(`${url}/admin/`)).status).toBe(200);
  stop.abort();
  await closed;
});
