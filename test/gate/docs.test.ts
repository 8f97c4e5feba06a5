// docs/protocol.md says what the code does: its registries are rendered from the code, its example is made by the code.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { protocolFile, renderRegistries } from "../docs/registries.ts";

test("the registries in docs/protocol.md are those of the code (npm run docs writes them)", () => {
  const text = readFileSync(protocolFile, "utf8");
  expect(renderRegistries(text)).toBe(text);
});

test("a registry that does not exist is an error", () => {
  expect(() => renderRegistries("<!-- registry:gone -->\n<!-- end -->")).toThrow("does not exist: gone");
});
