// docs/protocol.md says what the code does: its registries and its example are made by the code.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { protocolFile, renderProtocol } from "./protocol.ts";

test("what docs/protocol.md takes from the code is what the code says (npm run docs writes it)", async () => {
  const text = readFileSync(protocolFile, "utf8");
  expect(await renderProtocol(text)).toBe(text);
});

test("a part that does not exist is an error", async () => {
  await expect(renderProtocol("<!-- from-code:gone -->\n<!-- end -->")).rejects.toThrow("does not have: gone");
});
