// site-add and site-remove: the reader's webmail sites. The page has asked for the origin's permission before.
import browser from "webextension-polyfill";
import { bridgeUrl, mailDomain, originPattern } from "../../client/bridge-url.ts";
import type { Background } from "../background.ts";
import type { Handlers } from "../dispatch.ts";
import { accountRequest, isText } from "../messages/forms.ts";
import { readSites, registerSites, siteId, startInOpenTabs, writeSites } from "./sites.ts";

async function add(background: Background, origin: string, address: string): Promise<string | null> {
  const { local } = background.platform;
  const url = bridgeUrl(origin);
  if (url === null) return "sites/address";
  if (mailDomain(address) === null) return "sites/mail-address";
  if (!(await browser.permissions.contains({ origins: [originPattern(url)] }))) return "sites/refused";
  const site = { origin: url.origin, address };
  const others = (await readSites(local)).filter((each) => each.origin !== site.origin);
  await writeSites(local, [...others, site]);
  await registerSites(local);
  await startInOpenTabs(site);
  return null;
}

async function remove(background: Background, id: string): Promise<void> {
  const { local } = background.platform;
  const sites = await readSites(local);
  await writeSites(
    local,
    sites.filter((site) => siteId(site) !== id),
  );
  await background.accounts.remove(id);
  await registerSites(local);
}

export function siteHandlers(background: Background): Pick<Handlers, "site-add" | "site-remove"> {
  return {
    "site-add": {
      from: ["page"],
      parse: ({ origin, address }) =>
        isText(origin, 500) && isText(address, 320) && address.includes("@") ? { origin, address } : null,
      handle: async ({ origin, address }) => ({ problem: await add(background, origin, address) }),
    },
    "site-remove": {
      from: ["page"],
      parse: accountRequest,
      async handle({ id }) {
        await remove(background, id);
        return null;
      },
    },
  };
}
