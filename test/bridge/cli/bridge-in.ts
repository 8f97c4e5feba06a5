// A bridge of bank.example that was assembled and serves nobody yet, as `waybill serve` has it before it listens.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { assembleBridge, type Bridge } from "../../../bridge/cli/assemble.ts";
import { readSetup, type Setup } from "../../../bridge/cli/setup.ts";
import { must, testCrypto, testTime } from "../../fakes/mail.ts";
import { silent } from "../store/fixtures.ts";

/** Its configuration, with what is `more` than the least, and its state in `folder`. */
export function setupIn(folder: string, more = ""): Setup {
  const path = join(folder, "waybill.toml");
  writeFileSync(path, `hostname = "mx1.bank.example"\ndomains = ["bank.example"]\nstate = "${folder}"\n${more}`);
  return must(readSetup(path));
}

/** The bridge; `change`: what is not as in every test. */
export async function bridgeOf(
  setup: Setup,
  change: Partial<Parameters<typeof assembleBridge>[0]> = {},
): Promise<Bridge> {
  const clock = { now: () => testTime };
  const usual = { setup, crypto: testCrypto, clock, log: silent, pages: [], demo: null, adminTokenHash: () => null };
  return must(await assembleBridge({ ...usual, ...change }));
}
