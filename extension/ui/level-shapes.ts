// One shape per level, so that nothing depends on colour: shield, triangle, octagon, open circle, dashed circle.
// The panel and the toolbar's icon files (test/extension/icons/icon-files.ts) are drawn from here.
import type { Level } from "../../shared/verdict/types.ts";

/** SVG path data of one icon in a 32 × 32 box. `frame` is drawn with a tinted inside, `sign` on top of it. */
export interface LevelShape {
  readonly frame: string;
  readonly dashed: boolean;
  readonly sign: string;
}

export const levelShapes: Record<Level, LevelShape> = {
  holds: {
    frame: "M16 2.8 4.6 7.2v8c0 7 4.8 12 11.4 14 6.6-2 11.4-7 11.4-14v-8z",
    dashed: false,
    sign: "m10.4 15.9 4 4 7.3-8.2",
  },
  careful: {
    frame:
      "M16 4.2a1.6 1.6 0 0 1 1.4.8l11.7 20.3a1.6 1.6 0 0 1-1.4 2.4H4.3a1.6 1.6 0 0 1-1.4-2.4L14.6 5a1.6 1.6 0 0 1 1.4-.8z",
    dashed: false,
    sign: "M16 12v7M16 23.3v.1",
  },
  broken: {
    frame: "M10.6 3h10.8L29 10.6v10.8L21.4 29H10.6L3 21.4V10.6z",
    dashed: false,
    sign: "m11.3 11.3 9.4 9.4m0-9.4-9.4 9.4",
  },
  unproven: {
    frame: "M16 3.2a12.8 12.8 0 1 1 0 25.6 12.8 12.8 0 0 1 0-25.6z",
    dashed: false,
    sign: "M12.4 12.6a3.7 3.7 0 1 1 5.3 3.3c-1.2.6-1.7 1.4-1.7 2.7M16 22.9v.1",
  },
  unrecorded: {
    frame: "M16 3.2a12.8 12.8 0 1 1 0 25.6 12.8 12.8 0 0 1 0-25.6z",
    dashed: true,
    sign: "M11 16h10",
  },
};
