import browser from "webextension-polyfill"; export const panel = browser;
