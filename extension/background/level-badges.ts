// The small sign on the toolbar's button: it tells the level where colours don't.
import type { Level } from "../../shared/verdict/types.ts";

export const levelBadges: Record<Level, { readonly text: string; readonly ground: string }> = {
  holds: { text: "✓", ground: "#0f5a26" },
  careful: { text: "!", ground: "#744700" },
  broken: { text: "✕", ground: "#a00d24" },
  unproven: { text: "?", ground: "#475160" },
  unrecorded: { text: "–", ground: "#475160" },
};
