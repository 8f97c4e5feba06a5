// The pages that Vite built: read once into memory, so that a path can never lead outside, and served under a policy that
// runs nothing but their own files.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { Hono } from "hono";
import type { Pages } from "./ports.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

interface StaticFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** Files below the folder by their URL path; types that are not in the table are not served. */
function readFiles({ path, directory }: Pages): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  if (!existsSync(directory)) return files;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const full = join(entry.parentPath, entry.name);
    const name = full.slice(directory.length).replaceAll("\\", "/").replace(/^\/+/, "");
    const file = { body: new Uint8Array(readFileSync(full)), type };
    files.set(`${path}${name}`, file);
    if (name === "index.html") files.set(path, file);
  }
  return files;
}

/** Adds the routes of some pages. Without its folder a page says how it is built. */
export function mountPages(app: Hono, pages: Pages): void {
  const directory = pages.directory.replace(/\/+$/, "");
  const files = readFiles({ ...pages, directory });
  const { path } = pages;
  if (path !== "/") app.get(path.slice(0, -1), (c) => c.redirect(path, 308));
  if (files.size === 0) {
    app.get(path, (c) => c.text("This page is not built: npm run build\n", 404));
    return;
  }
  for (const [name, { body, type }] of files) {
    // Vite puts a digest of the content into the names of all but the HTML.
    const cache = type.startsWith("text/html") ? "no-cache" : "public, max-age=3600";
    app.get(name, () => {
      const headers = { "content-type": type, "cache-control": cache, "content-security-policy": policy };
      return new Response(body, { headers });
    });
  }
}
