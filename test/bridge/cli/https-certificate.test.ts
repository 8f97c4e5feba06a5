// The bridge's own https certificate as `waybill doctor` finds it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkHttps } from "../../../bridge/cli/checks/https.ts";
import { readSetup } from "../../../bridge/cli/setup.ts";
import { must } from "../../fakes/mail.ts";
import { makePki, startHttps } from "../fetch/server.ts";

const day = 86_400;
const now = Math.floor(Date.now() / 1000);
const hosts = ["ipp.bank.example"];
let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "waybill-https-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** What doctor says of a certificate in a file, 30 days from its beginning, with something listening at the port or nothing. */
async function findings(pki: { readonly cert: string; readonly key: string }, port: number): Promise<string[]> {
  writeFileSync(join(folder, "https.pem"), pki.cert);
  writeFileSync(join(folder, "https.key"), pki.key);
  const path = join(folder, "waybill.toml");
  writeFileSync(
    path,
    `hostname = "mx1.bank.example"
domains = ["bank.example"]
[http]
listen = "127.0.0.1:${port}"
certificate = "${folder}/https.pem"
key = "${folder}/https.key"
`,
  );
  const found = await checkHttps({ setup: must(readSetup(path)), now });
  return found.map((one) => `${one.level}: ${one.what}${one.level === "good" ? "" : ` -> ${one.remedy}`}`);
}

test.each([
  { name: "has long to go", ends: now + 20 * day, want: /^good: .*https\.pem: valid to/ },
  { name: "ends soon", ends: now + 6 * day, want: /^careful: .*: ends .* -> renew it, then systemctl reload waybill/ },
  { name: "has ended", ends: now - day, want: /^bad: .*: ended / },
  { name: "has not begun", ends: now + 31 * day, want: /^bad: .*: begins .* -> is this machine's clock right/ },
])("one that $name", async ({ ends, want }) => {
  expect(await findings(await makePki(hosts, ends), 1)).toEqual([expect.stringMatching(want)]);
});

test("one that was renewed counts once it is served", async () => {
  const [before, renewed] = [await makePki(hosts, now + 2 * day), await makePki(hosts, now + 29 * day)];
  const { port, stop } = await startHttps(before, (_, response) => response.end());
  expect(await findings(renewed, port)).toEqual([
    expect.stringMatching(/^good/),
    expect.stringMatching(/^careful: http still shows another .* -> systemctl reload waybill/),
  ]);
  expect(await findings(before, port)).toHaveLength(1);
  await stop();
});
