// What each build consists of: scripts (one entry each), style sheets, files copied as they are.
import type { Target } from "./manifest.ts";

/** Paths in the build → sources from the project's root. */
export interface Outputs {
  readonly scripts: Readonly<Record<string, string>>;
  readonly styles: Readonly<Record<string, readonly string[]>>;
  readonly copies: Readonly<Record<string, string>>;
}

/** The style sheets every page shares. */
export const sharedStyles = [
  "extension/ui/tokens.css",
  "extension/ui/controls.css",
  "extension/ui/panel.css",
  "extension/ui/menu.css",
  "extension/ui/page.css",
] as const;

const popups = { "panel.js": "extension/pages/panel/main.tsx" } as const;
const wholePages = {
  "settings.js": "extension/pages/settings/main.tsx",
  "first-run.js": "extension/pages/first-run/main.tsx",
} as const;
const extensionCopies = {
  _locales: "extension/_locales",
  icons: "extension/icons",
  "panel.html": "extension/pages/panel/page.html",
  "settings.html": "extension/pages/settings/page.html",
  "first-run.html": "extension/pages/first-run/page.html",
} as const;

const webmail: Outputs = {
  scripts: {
    "background.js": "extension/background/webmail/main.ts",
    "roundcube.js": "extension/hosts/roundcube/main.ts",
    ...popups,
    ...wholePages,
  },
  styles: { "waybill.css": sharedStyles },
  copies: extensionCopies,
};

export const targets: Readonly<Record<Target, Outputs>> = {
  thunderbird: {
    scripts: {
      "background.js": "extension/hosts/thunderbird/main.ts",
      "banner.js": "extension/hosts/thunderbird/banner/main.ts",
      "purpose.js": "extension/pages/purpose/main.tsx",
      ...popups,
      ...wholePages,
    },
    styles: { "waybill.css": sharedStyles },
    copies: { ...extensionCopies, "purpose.html": "extension/pages/purpose/page.html" },
  },
  chromium: webmail,
  firefox: webmail,
};

export const pages: Readonly<Record<"reading-room" | "postmaster", Outputs>> = {
  "reading-room": {
    scripts: { "reading-room.js": "extension/pages/reading-room/main.tsx" },
    styles: { "waybill.css": [...sharedStyles, "extension/pages/reading-room/page.css"] },
    copies: { "index.html": "extension/pages/reading-room/page.html", "waybill.svg": "extension/icons/waybill.svg" },
  },
  postmaster: {
    scripts: { "postmaster.js": "extension/pages/postmaster/main.tsx" },
    styles: { "waybill.css": [...sharedStyles, "extension/pages/postmaster/page.css"] },
    copies: { "index.html": "extension/pages/postmaster/page.html", "waybill.svg": "extension/icons/waybill.svg" },
  },
};
