// site-add and site-remove: the reader's webmail sites. The page has asked for the origin's permission before.
import browser from "webextension-polyfill";
import { bridgeUrl, mailDomain, originPattern } from "../../client/bridge-url.ts";
import type { Background } from "../background.ts";
import type { Handlers } from "../dispatch.ts";
import { giveUpBearer } from "../messages/account-forget.ts";
import { accountRequest, isText } from "../messages/forms.ts";
import { tellTab } from "../renewal.ts";
import type { Words } from "../../text/translate.ts";
import { dressAction } from "./action.ts";
import { readSites, registerSites, siteId, siteTabs, startInOpenTabs, writeSites } from "./sites.ts";
import type { Site } from "./sites.ts";
import { forgetTab } from "./tab-state.ts";

async function add(background: Background, origin: string, address: string): Promise<string | null> {
  const { local } = background.platform;
  const url = bridgeUrl(origin);
  if (url === null) return "sites/address";
  if (mailDomain(address) === null) return "sites/mail-address";
  if (!(await browser.permissions.contains({ origins: [originPattern(url)] }))) return "sites/refused";
  const site = { origin: url.origin, address };
  const before = await readSites(local);
  const others = before.filter((each) => each.origin !== site.origin);
  // Another address is another mailbox: what was believed and given for the one before is not for this one.
  if (before.some((each) => each.origin === site.origin && each.address !== address))
    await forgetMailbox(background, siteId(site));
  await writeSites(local, [...others, site]);
  await registerSites(local);
  await startInOpenTabs(site);
  return null;
}

async function forgetMailbox(background: Background, id: string): Promise<void> {
  await giveUpBearer(background, id);
  await background.accounts.remove(id);
}

/** Nobody looks at the site any more: what stands there would stand beside the next mail, too. */
async function undressTabs(background: Background, words: Words, site: Site): Promise<void> {
  for (const tabId of await siteTabs([site])) {
    await forgetTab(background.platform.session, tabId);
    // A tab may close at any time.
    await dressAction(tabId, null, words).catch(background.platform.failed);
    await tellTab(tabId);
  }
}

async function remove(background: Background, words: Words, id: string): Promise<void> {
  const { local } = background.platform;
  const sites = await readSites(local);
  await writeSites(
    local,
    sites.filter((site) => siteId(site) !== id),
  );
  await registerSites(local);
  for (const site of sites.filter((each) => siteId(each) === id)) await undressTabs(background, words, site);
  await forgetMailbox(background, id);
}

export function siteHandlers(background: Background, words: Words): Pick<Handlers, "site-add" | "site-remove"> {
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
        await remove(background, words, id);
        return null;
      },
    },
  };
}
