// doctor's remedies where nothing that is published can be had: they speak of what really stands in the way.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkEndpoints } from "../../../bridge/cli/checks/endpoints.ts";
import type { Patient } from "../../../bridge/cli/checks/finding.ts";
import { readSetup, type Setup } from "../../../bridge/cli/setup.ts";
import type { DeclarationKeys } from "../../../bridge/keys/declaration-keys.ts";
import { perm, temp, type Failure } from "../../../shared/result.ts";
import { must } from "../../fakes/mail.ts";

const key = { address: "orders@bank.example", keyId: "k1", state: "active", notAfter: 2 } as const;
const tls = { certificate: "", key: "" };

async function remedies(failure: Failure, change: Partial<Setup> = {}): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "waybill-remedies-"));
  const path = join(folder, "waybill.toml");
  writeFileSync(
    path,
    'hostname = "mx1.bank.example"\ndomains = ["bank.example"]\n[http]\nurl = "https://ipp.bank.example"\n',
  );
  const setup = { ...must(readSetup(path)), ...change };
  rmSync(folder, { recursive: true });
  const keys = { all: [key] } as unknown as DeclarationKeys;
  const found = await checkEndpoints({ setup, keys, now: 1, ask: async () => failure } as unknown as Patient);
  return found.map((finding) => ("remedy" in finding ? finding.remedy : "none"));
}

const dead = temp("dns/unreachable", "127.0.0.1 port 53: ECONNREFUSED");
const silent = temp("fetch/network", "ipp.bank.example: ECONNREFUSED");

test.each<{ name: string; failure: Failure; change?: Partial<Setup>; want: RegExp }>([
  { name: "a dead resolver", failure: dead, want: /^is the resolver running.* delv A ipp\.bank\.example$/ },
  {
    name: "a name without an address",
    failure: perm("fetch/address", "ipp.bank.example has no address"),
    want: /^publish an address .* of ipp\.bank\.example/,
  },
  { name: "a proxy that is away", failure: silent, want: /reverse proxy/ },
  {
    name: "no proxy at all",
    failure: silent,
    change: { tls },
    want: /^let https:\/\/ipp\.bank\.example reach http.listen/,
  },
])("$name", async ({ failure, change, want }) => {
  const said = await remedies(failure, change);
  expect(said).toHaveLength(3);
  for (const remedy of said) expect(remedy).toMatch(want);
});
