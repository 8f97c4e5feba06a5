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

export const targets: Readonly<Record<Target, Outputs>> = {
  thunderbird: { scripts: {}, styles: {}, copies: {} },
  chromium: { scripts: {}, styles: {}, copies: {} },
  firefox: { scripts: {}, styles: {}, copies: {} },
};

export const pages: Readonly<Record<"reading-room" | "postmaster", Outputs>> = {
  "reading-room": { scripts: {}, styles: {}, copies: {} },
  postmaster: { scripts: {}, styles: {}, copies: {} },
};
