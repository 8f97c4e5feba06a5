import { defineConfig } from "vitest/config";

/** Tests in which somebody would sit before a screen: Thunderbird, Chromium, and what they talk to. */
const screens = ["test/extension/{smoke,ui,pages}/**/*.test.{ts,tsx}"];

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    pool: "threads",
    testTimeout: 30_000,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/{gate,docs,shared,bridge,extension,fuzz}/**/*.test.{ts,tsx}"],
          exclude: screens,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // One after the other, when the rest is done: a mail program that gets no time is not what is tested.
        extends: true,
        test: { name: "screens", include: screens, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
