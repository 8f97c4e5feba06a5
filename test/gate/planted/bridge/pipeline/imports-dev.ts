import { test } from "vitest"; export const dev = test;
