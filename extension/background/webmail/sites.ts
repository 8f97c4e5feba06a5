// Webmail sites the reader has switched on: each is a mailbox, an origin he allowed, and a registered content script.
import * as v from "valibot";
import browser from "webextension-polyfill";
import { bridgeUrl } from "../../client/bridge-url.ts";
import type { HostAccount, StorageArea } from "../platform.ts";

const siteSchema = v.object({
  /** "https://webmail.example.org" */
  origin: v.pipe(
    v.string(),
    v.check((origin) => bridgeUrl(origin)?.origin === origin),
  ),
  address: v.pipe(v.string(), v.maxLength(320), v.includes("@")),
});
/** One webmail, as the reader named it. */
export type Site = Readonly<v.InferOutput<typeof siteSchema>>;

const key = "sites";
const maxSites = 20;
const scriptFile = "roundcube.js";

/** Account id of a site. */
export function siteId(site: Pick<Site, "origin">): string {
  return `site:${site.origin}`;
}

/** An entry that can't be read is left out: its site is then not looked at, until it is added again. */
export async function readSites(local: StorageArea): Promise<readonly Site[]> {
  const stored = await local.read(key);
  const entries: readonly unknown[] = Array.isArray(stored) ? stored : [];
  return entries.flatMap((entry) => {
    const read = v.safeParse(siteSchema, entry);
    return read.success ? [read.output] : [];
  });
}

/** The site of that origin; null: the reader has not switched it on, or not any more. */
export async function siteOf(local: StorageArea, origin: string | null): Promise<Site | null> {
  const sites = await readSites(local);
  return sites.find((site) => site.origin === origin) ?? null;
}

export async function writeSites(local: StorageArea, sites: readonly Site[]): Promise<void> {
  await local.write(key, sites.slice(-maxSites));
}

/** Sites as mailboxes; the webmail's own host is where a bridge may be found besides the mail domain. */
export function siteAccounts(sites: readonly Site[]): readonly HostAccount[] {
  return sites.map((site) => ({
    id: siteId(site),
    name: `${site.address} · ${new URL(site.origin).host}`,
    addresses: [site.address],
    hosts: [new URL(site.origin).hostname],
  }));
}

/** Match patterns have no ports: a site's script checks with the background, which knows its origin. */
function pattern(site: Site): string {
  const { protocol, hostname } = new URL(site.origin);
  return `${protocol}//${hostname}/*`;
}

/** Makes the browser's registered scripts what the list of sites says, as far as the reader still allows each. */
export async function registerSites(local: StorageArea): Promise<void> {
  const sites = await readSites(local);
  const allowed: Site[] = [];
  for (const site of sites) if (await browser.permissions.contains({ origins: [pattern(site)] })) allowed.push(site);
  const registered = await browser.scripting.getRegisteredContentScripts();
  if (registered.length > 0)
    await browser.scripting.unregisterContentScripts({ ids: registered.map((script) => script.id) });
  if (allowed.length === 0) return;
  await browser.scripting.registerContentScripts([
    {
      id: "roundcube",
      matches: [...new Set(allowed.map(pattern))],
      js: [scriptFile],
      allFrames: true,
      runAt: "document_idle",
      persistAcrossSessions: true,
    },
  ]);
}

/** Ids of the open tabs that show one of the sites. */
export async function siteTabs(sites: readonly Site[]): Promise<readonly number[]> {
  const tabs = sites.length === 0 ? [] : await browser.tabs.query({ url: [...new Set(sites.map(pattern))] });
  return tabs.flatMap(({ id }) => (id === undefined ? [] : [id]));
}

/** Starts the script in tabs that are open already, so that nobody has to reload. */
export async function startInOpenTabs(site: Site): Promise<void> {
  for (const tabId of await siteTabs([site]))
    await browser.scripting.executeScript({ target: { tabId, allFrames: true }, files: [scriptFile] });
}
