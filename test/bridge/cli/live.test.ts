// What a running bridge changes without a restart.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLive, publishedChains } from "../../../bridge/cli/live.ts";
import { readSetup, type Setup } from "../../../bridge/cli/setup.ts";
import { type DeclarationKey, writeDeclarationKey } from "../../../bridge/keys/declaration-keys.ts";
import { newDeclarationKey } from "../../../bridge/keys/new-declaration-key.ts";
import { must, testCrypto, testTime } from "../../fakes/mail.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "waybill-live-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function setup(more: string): Setup {
  const path = join(folder, "waybill.toml");
  writeFileSync(path, `hostname = "mx1.example.net"\ndomains = ["example.net"]\nstate = "${folder}"\n${more}`);
  return must(readSetup(path));
}

test("a reload during the hourly look at the keys stays: that brings no old configuration back", async () => {
  const wish = { address: "m\u00fcller@example.net", kind: "p256", days: 9, issuer: null, listed: false } as const;
  writeDeclarationKey(join(folder, "keys"), must(await newDeclarationKey({ ...wish, now: testTime })));
  // The alias of an address that is not ASCII is a digest: the look at the keys waits for it.
  const slow = Promise.withResolvers<void>();
  let digests = 0;
  const crypto = {
    ...testCrypto,
    async digest(data: Uint8Array) {
      digests += 1;
      if (digests === 2) await slow.promise;
      return await testCrypto.digest(data);
    },
  };
  const live = must(await openLive(setup(""), { crypto, clock: { now: () => testTime } }));
  const looking = live.refresh();
  const next = setup("[retention]\nsignals_days = 7\n");
  const reloading = live.reload(next);
  // As long as a reload takes that waits for nobody.
  await Promise.race([reloading, new Promise((resolve) => setImmediate(() => setImmediate(resolve)))]);
  slow.resolve();
  expect((await looking).ok).toBe(true);
  expect((await reloading).ok).toBe(true);
  expect(live.current().setup).toBe(next);
});

test("a withdrawn key is answered by nothing, whatever else its address has", async () => {
  const wish = { address: "alice@example.net", kind: "p256", days: 9, issuer: null, listed: true } as const;
  const make = async (state: DeclarationKey["state"]): Promise<string> => {
    const key = { ...must(await newDeclarationKey({ ...wish, now: testTime })), state };
    writeDeclarationKey(join(folder, "keys"), key);
    return key.keyId;
  };
  const [used, withdrawn] = [await make("active"), await make("withdrawn")];
  const live = must(await openLive(setup(""), { crypto: testCrypto, clock: { now: () => testTime } }));
  const certificates = (keyId: string | null): number =>
    publishedChains(live.current(), { domain: "example.net", alias: "alice", keyId }, testTime)?.split("-----BEGIN")
      .length ?? 0;
  expect([used, withdrawn, null, "another"].map(certificates)).toEqual([2, 0, 2, 0]);
});
