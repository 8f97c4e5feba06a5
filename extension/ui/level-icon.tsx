// A level's shape as an inline picture.
import type { Level } from "../../shared/verdict/types.ts";
import { levelShapes } from "./level-shapes.ts";

/** The level's icon in the colour of the text around it; words stand beside it, so it is hidden from screen readers. */
export function LevelIcon({ level }: { readonly level: Level }) {
  const shape = levelShapes[level];
  return (
    <svg class="wb-icon" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path class="wb-icon-frame" d={shape.frame} stroke-dasharray={shape.dashed ? "4.2 3.85" : undefined} />
      <path class="wb-icon-sign" d={shape.sign} />
    </svg>
  );
}
