// The background's surroundings in a real browser or mail program.
import browser from "webextension-polyfill";
import type { Storage } from "webextension-polyfill";
import { webCrypto } from "../../shared/crypto/webcrypto.ts";
import type { Platform, StorageArea } from "./platform.ts";
import { createTurns } from "./turns.ts";

function area(of: Storage.StorageArea): StorageArea {
  return {
    read: async (key) => (await of.get(key))[key],
    write: async (key, value) => await of.set({ [key]: value }),
    remove: async (key) => await of.remove(key),
    keys: async () => Object.keys(await of.get(null)),
    inTurn: createTurns(),
  };
}

/** All of Platform that is the same everywhere. */
export function browserPlatform(): Pick<Platform, "local" | "session" | "fetch" | "crypto" | "now"> {
  return {
    local: area(browser.storage.local),
    session: area(browser.storage.session),
    fetch: async (url, init) => await fetch(url, init),
    crypto: webCrypto,
    now: () => Math.floor(Date.now() / 1000),
  };
}
