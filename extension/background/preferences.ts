// The reader's switches.
import type { Preferences } from "../ui/settings.tsx";
import type { Platform } from "./platform.ts";

const key = "preferences";

/** With a banner, and Junk ticked, until the reader says otherwise. */
export const defaultPreferences: Preferences = { banner: true, junk: true };

export async function readPreferences(platform: Pick<Platform, "local">): Promise<Preferences> {
  const stored = (await platform.local.read(key)) as Partial<Preferences> | undefined;
  return { ...defaultPreferences, ...stored };
}

export async function writePreferences(platform: Pick<Platform, "local">, preferences: Preferences): Promise<void> {
  await platform.local.write(key, preferences);
}
