// The reader's switches.
import * as v from "valibot";
import type { Preferences } from "../ui/settings.tsx";
import type { Platform } from "./platform.ts";

const key = "preferences";

/** With a banner, and Junk ticked, until the reader says otherwise. */
export const defaultPreferences: Preferences = { banner: true, junk: true };

const preferencesSchema = v.object({
  banner: v.fallback(v.boolean(), defaultPreferences.banner),
  junk: v.fallback(v.boolean(), defaultPreferences.junk),
});

export async function readPreferences(platform: Pick<Platform, "local">): Promise<Preferences> {
  const read = v.safeParse(preferencesSchema, await platform.local.read(key));
  return read.success ? read.output : defaultPreferences;
}

export async function writePreferences(platform: Pick<Platform, "local">, preferences: Preferences): Promise<void> {
  await platform.local.write(key, preferences);
}
