import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/{gate,docs,shared,bridge,extension}/**/*.test.{ts,tsx}"],
    pool: "threads",
    testTimeout: 30_000,
    passWithNoTests: false,
  },
});
