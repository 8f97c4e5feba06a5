// preferences-set: the reader's switches.
import type { Background } from "../background.ts";
import type { Handler } from "../dispatch.ts";
import { writePreferences } from "../preferences.ts";
import { settingsAnswer } from "../settings-answer.ts";

export function preferencesSet(background: Background): Handler<"preferences-set"> {
  return {
    from: ["page"],
    parse: ({ banner, junk }) => (typeof banner === "boolean" && typeof junk === "boolean" ? { banner, junk } : null),
    async handle(preferences) {
      await writePreferences(background.platform, preferences);
      background.renew();
      return await settingsAnswer(background);
    },
  };
}
