// Following a bridge through rotations: believed keys lead to new ones, nothing else does.
import { describe, expect, test } from "vitest";
import { endorseKey, formatBridgeKeys } from "../../../shared/hop/keys.ts";
import type { PublishedKey } from "../../../shared/hop/keys.ts";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import { followRotation } from "../../../extension/background/pins.ts";
import type { BridgeRecord } from "../../../extension/client/well-known.ts";
import { makeBridgeKey } from "../../fakes/mail.ts";

function record(keys: readonly PublishedKey[], over: Partial<BridgeRecord> = {}): BridgeRecord {
  const list = formatBridgeKeys(keys).map((key) => ({ ...key }));
  return { v: "IPP1", domain: "example.net", authserv: [], api: "https://mx.example.net/api/v1/", keys: list, ...over };
}

const old = makeBridgeKey({ kind: "ed25519" });
const next = makeBridgeKey();
const stranger = makeBridgeKey();
const introduced = { ...next.key, endorsement: await endorseKey("example.net", next.key, old.signer) };

describe("a bridge that shows", () => {
  const cases = [
    { name: "the same keys", input: record([old.key]), want: { ids: [old.key.keyId], changed: false } },
    {
      name: "a key that the pinned one introduces",
      input: record([old.key, introduced]),
      want: { ids: [old.key.keyId, next.key.keyId], changed: false },
    },
    {
      name: "the new key alone",
      input: record([introduced]),
      want: { ids: [old.key.keyId, next.key.keyId], changed: false },
    },
    { name: "a stranger's key", input: record([old.key, stranger.key]), want: { ids: [old.key.keyId], changed: true } },
    {
      name: "an endorsement taken from another key",
      input: record([old.key, { ...stranger.key, endorsement: introduced.endorsement }]),
      want: { ids: [old.key.keyId], changed: true },
    },
    {
      name: "another domain",
      input: record([old.key], { domain: "evil.example" }),
      want: { ids: [old.key.keyId], changed: true },
    },
    {
      name: "another address for complaints",
      input: record([old.key], { api: "https://evil.example/" }),
      want: { ids: [old.key.keyId], changed: true },
    },
  ];
  test.each(cases)("$name", async ({ input, want }) => {
    const followed = await followRotation({ crypto: webCrypto }, record([old.key]), input);
    expect(followed.pinned.keys.map((key) => key.kid).toSorted()).toEqual(want.ids.toSorted());
    expect(followed.changed).toBe(want.changed);
    expect(followed.pinned.api).toBe("https://mx.example.net/api/v1/");
    expect(followed.pinned.domain).toBe("example.net");
  });

  test("its pinned key as revoked is believed that", async () => {
    const followed = await followRotation(
      { crypto: webCrypto },
      record([old.key]),
      record([{ ...old.key, revoked: true }]),
    );
    expect(followed.pinned.keys[0]?.revoked).toBe(true);
  });
});
