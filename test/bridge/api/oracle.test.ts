// Whether an address exists is not told by what is looked up for it either: the same questions, in the same number, whether
// nobody has the alias or its owner publishes nothing. Protocol section 1.1.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Current, openLive, publishedChains } from "../../../bridge/cli/live.ts";
import { keysFolder, readSetup } from "../../../bridge/cli/setup.ts";
import { writeDeclarationKey } from "../../../bridge/keys/declaration-keys.ts";
import { newDeclarationKey } from "../../../bridge/keys/new-declaration-key.ts";
import { openStore, type Store } from "../../../bridge/store/store.ts";
import { must, testCrypto, testTime } from "../../fakes/mail.ts";
import { silent } from "../store/fixtures.ts";
import { makeSide } from "./side.ts";

let folder: string;
let current: Current;
let store: Store;
const keyIds = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-oracle-"));
  const path = join(folder, "waybill.toml");
  writeFileSync(path, `hostname = "mx1.example.net"\ndomains = ["example.net"]\nstate = "${folder}"\n`);
  const setup = must(readSetup(path));
  for (const [name, listed] of [
    ["hidden", false],
    ["listed", true],
  ] as const) {
    const wish = {
      address: `${name}@example.net`,
      kind: "ed25519",
      days: 90,
      issuer: null,
      now: testTime,
      listed,
    } as const;
    const key = must(await newDeclarationKey(wish));
    writeDeclarationKey(keysFolder(setup.config), key);
    keyIds.set(name, key.keyId);
  }
  current = must(await openLive(setup, { crypto: testCrypto, clock: { now: () => testTime } })).current();
  store = must(await openStore(join(folder, "waybill.db"), silent));
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** What is answered, and every look that was taken at what is kept. */
function looks(
  alias: string,
  keyId: string | null,
): { readonly pem: string | null; readonly steps: readonly string[] } {
  const steps: string[] = [];
  const seen = <Part extends object>(name: string, part: Part): Part =>
    new Proxy(part, {
      get(target, property): unknown {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== "function") return value;
        return (...given: unknown[]): unknown => {
          steps.push(`${name}.${String(property)}`);
          return (value as (...all: unknown[]) => unknown).apply(target, given);
        };
      },
    });
  const watched = {
    ...current,
    keys: seen("keys", current.keys),
    publications: seen("publications", current.publications),
  };
  return { pem: publishedChains(watched, { domain: "example.net", alias, keyId }, testTime), steps };
}

describe(".pub", () => {
  test("without a key id: one look for who has nothing published and who does not exist", () => {
    expect(looks("hidden", null)).toEqual({ pem: null, steps: ["publications.get"] });
    expect(looks("nobody", null)).toEqual(looks("hidden", null));
    expect(looks("listed", null).pem).toContain("BEGIN CERTIFICATE");
  });

  test("with a key id that is not his: the same", () => {
    const other = keyIds.get("listed") ?? "";
    expect(looks("hidden", other)).toEqual({ pem: null, steps: ["publications.get"] });
    expect(looks("nobody", other)).toEqual(looks("hidden", other));
    expect(looks("hidden", keyIds.get("hidden") ?? "").pem).toContain("BEGIN CERTIFICATE");
  });
});

describe(".pol", () => {
  test("one and the same question, answered by an index of the published ones alone", async () => {
    const strict = '{"v":"IPP1","id":"strict","default":"reject","undeclared":"accept"}';
    await store.readerPolicies.put("private@example.net", strict, false, testTime);
    await store.readerPolicies.put("public@example.net", strict, true, testTime);
    const steps: string[] = [];
    const readerPolicies = new Proxy(store.readerPolicies, {
      get(target, property): unknown {
        const value: unknown = Reflect.get(target, property);
        steps.push(String(property));
        return value;
      },
    });
    const { app } = makeSide({ domain: "example.net", store: { ...store, readerPolicies } });
    const whole = async (alias: string): Promise<string> => {
      const answer = await app.request(`/ipp/example.net/${alias}.pol`);
      return `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`;
    };
    const nobody = await whole("nobody");
    expect(await whole("private")).toBe(nobody);
    expect(await whole("public")).toMatch(/^200 .*"strict"/);
    expect(steps).toEqual(["published", "published", "published"]);
    const database = new DatabaseSync(join(folder, "waybill.db"), { readOnly: true });
    const plan = database
      .prepare(
        "explain query plan select policy from reader_policies indexed by reader_policies_alias where alias = ? and published = 1",
      )
      .all("private@example.net");
    database.close();
    expect(plan.map((row) => row["detail"])).toEqual([
      "SEARCH reader_policies USING INDEX reader_policies_alias (alias=?)",
    ]);
  });
});
