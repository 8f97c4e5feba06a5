// What an add-on knows of a key: asked of its bridge once a day, and never better than it was.
import { beforeEach, expect, test } from "vitest";
import { readCertificates } from "../../../extension/background/certificate-cache.ts";
import type { WithdrawnPath } from "../../../shared/verdict/recheck.ts";
import type { BridgeRecord } from "../../../extension/client/well-known.ts";
import { fakePlatform, type FakePlatform } from "./fake-platform.ts";

const now = 1_763_850_000;
const day = 86_400;
const keyId = "A".repeat(43);
const bridge: BridgeRecord = {
  v: "IPP1",
  domain: "example.net",
  authserv: [],
  api: "https://ipp.example.net/api/v1/",
  keys: [],
};
const chains = [["AQI=", "Aw=="]];
const octets = [[Uint8Array.of(1, 2), Uint8Array.of(3)]];

/** The bridge's next answer; null: it is not reached. */
let answer: { readonly status: number; readonly body: object } | null;
let asked: number;
let platform: FakePlatform;
beforeEach(() => {
  asked = 0;
  const fetch = async (): Promise<Response> => {
    asked += 1;
    if (answer === null) throw new TypeError("no route");
    return Response.json(answer.body, { status: answer.status });
  };
  platform = fakePlatform({ fetch, now });
});

const says = (revokedFrom?: number | null, withdrawnPaths: readonly WithdrawnPath[] = []): void => {
  answer = { status: 200, body: { chains, ...(revokedFrom === undefined ? {} : { revokedFrom, withdrawnPaths }) } };
};
const read = async () => await readCertificates(platform, bridge, keyId);
const known = (revokedFrom: number | null, withdrawnPaths: readonly WithdrawnPath[] = []) => ({
  key: { chains: octets, revokedFrom, withdrawnPaths },
  complete: true,
});

test("a revocation is learnt of within a day, and no question is asked before", async () => {
  says(null);
  expect(await read()).toEqual(known(null));
  says(now - 5);
  platform.at(now + day - 1);
  expect(await read()).toEqual(known(null));
  expect(asked).toBe(1);
  platform.at(now + day);
  expect(await read()).toEqual(known(now - 5));
});

test.each([
  { name: "the bridge is not reached", next: null },
  { name: "the bridge has forgotten the key", next: { status: 404, body: { code: "certificates/unknown" } } },
  { name: "the bridge has met the key anew", next: { status: 200, body: { chains, revokedFrom: null } } },
])("what was revoked stays so: $name", async ({ next }) => {
  says(0);
  await read();
  answer = next;
  for (const days of [2, 4]) {
    platform.at(now + days * day);
    expect(await read()).toEqual(known(0));
  }
  expect(asked).toBe(3);
});

test("an older bridge says nothing of it; what is no time is no answer", async () => {
  says();
  expect(await read()).toEqual(known(null));
  says(-1);
  platform.at(now + day);
  expect(await read()).toEqual(known(null));
  answer = { status: 404, body: {} };
  expect(await readCertificates(platform, bridge, "B".repeat(43))).toEqual({
    key: { chains: [], revokedFrom: null, withdrawnPaths: [] },
    complete: true,
  });
});

test("a CA above it that was revoked is learnt of likewise, and stays so", async () => {
  const withdrawn = [{ level: "pkix", from: 0, until: now + day }] as const;
  says(null);
  await read();
  says(null, withdrawn);
  platform.at(now + day);
  expect(await read()).toEqual(known(null, withdrawn));
  says(null);
  platform.at(now + 2 * day);
  expect(await read()).toEqual(known(null, withdrawn));
  const another = [{ level: "domain", from: 5, until: now + 3 * day }] as const;
  for (const days of [3, 4]) {
    says(null, another);
    platform.at(now + days * day);
    expect(await read()).toEqual(known(null, [...withdrawn, ...another]));
  }
  answer = null;
  platform.at(now + 6 * day);
  expect(await read()).toEqual(known(null, [...withdrawn, ...another]));
});
