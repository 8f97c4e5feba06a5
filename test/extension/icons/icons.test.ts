// The icon files are what the panel's shapes make of them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { levels } from "../../../shared/verdict/types.ts";
import { iconFolder, levelSizes, levelSvg, logoSizes, logoSvg } from "./icon-files.ts";

const read = (name: string): string => readFileSync(join(iconFolder, name), "utf8");

/** Width and height of a PNG (its IHDR chunk). */
function pngSize(file: string): readonly number[] {
  const bytes = readFileSync(file);
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

test.each(levels)("%s is drawn as in the panel", (level) => {
  expect(read(`${level}.svg`)).toBe(levelSvg(level));
});

test("the logo is as it is drawn", () => {
  expect(read("waybill.svg")).toBe(logoSvg());
});

const pictures = [
  ...levels.flatMap((level) => levelSizes.map((size) => ({ name: `${level}-${size}.png`, size }))),
  ...logoSizes.map((size) => ({ name: `waybill-${size}.png`, size })),
];
test.each(pictures)("$name is there in its size", ({ name, size }) => {
  const file = join(iconFolder, name);
  expect(existsSync(file)).toBe(true);
  expect(pngSize(file)).toEqual([size, size]);
});
