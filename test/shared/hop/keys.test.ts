import { createPublicKey } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  endorseKey,
  formatBridgeKeys,
  parseBridgeKeys,
  updateKeys,
  type PublishedKey,
} from "../../../shared/hop/keys.ts";
import { makeBridgeKey, must, testCrypto, testTime } from "../../fakes/mail.ts";

const domain = "example.net";

type Kind = "p256" | "ed25519";

async function successor(
  of: ReturnType<typeof makeBridgeKey>,
  kind: Kind = "p256",
): Promise<ReturnType<typeof makeBridgeKey>> {
  const next = makeBridgeKey({ kind });
  return { ...next, key: { ...next.key, endorsement: await endorseKey(domain, next.key, of.signer) } };
}

async function published(...keys: readonly PublishedKey[]): Promise<readonly PublishedKey[]> {
  const json: unknown = JSON.parse(JSON.stringify({ keys: formatBridgeKeys(keys) }));
  return must(await parseBridgeKeys(json, testCrypto));
}

const ids = (keys: readonly PublishedKey[]): readonly string[] => keys.map((key) => key.keyId);

describe("key lists", () => {
  test.each<Kind>(["p256", "ed25519"])("parse(format(x)) is x: %s", async (kind) => {
    const first = makeBridgeKey();
    const second = await successor(first, kind);
    const keys = [first.key, { ...second.key, revoked: true }];
    expect(await published(...keys)).toEqual(keys);
    const spki = Buffer.from(second.key.spki);
    // As another implementation writes it.
    const jwk = createPublicKey({ key: spki, format: "der", type: "spki" }).export({ format: "jwk" });
    expect(formatBridgeKeys(keys)[1]).toEqual({
      ...jwk,
      kid: second.key.keyId,
      nbf: second.key.notBefore,
      exp: second.key.notAfter,
      revoked: true,
      sig: `${first.key.keyId}.${Buffer.from(second.key.endorsement?.signature ?? []).toString("base64url")}`,
    });
  });

  const [jwk] = formatBridgeKeys([makeBridgeKey().key]);
  test("keys of other types, unknown members and a missing revoked are read over", async () => {
    const { revoked: _revoked, ...bare } = jwk ?? {};
    const others = [{ kty: "RSA" }, { ...bare, crv: "P-384" }, { ...bare, kty: "OKP" }];
    const list = { authserv: [], keys: [...others, { ...bare, use: "sig", sig: 5 }] };
    expect(must(await parseBridgeKeys(list, testCrypto))).toMatchObject([
      { keyId: jwk?.kid, revoked: false, endorsement: null },
    ]);
  });

  const refused: { name: string; input: unknown }[] = [
    { name: "nothing", input: undefined },
    { name: "null", input: null },
    { name: "no list", input: { keys: {} } },
    { name: "too many", input: { keys: Array(101).fill(jwk) } },
    { name: "an entry that is no object", input: { keys: ["x"] } },
    { name: "another kid", input: { keys: [{ ...jwk, kid: "A".repeat(43) }] } },
    { name: "a short x", input: { keys: [{ ...jwk, x: "AAAA" }] } },
    { name: "P-256 without y", input: { keys: [{ ...jwk, y: undefined }] } },
    { name: "a long y", input: { keys: [{ ...jwk, y: "A".repeat(44) }] } },
    { name: "another y", input: { keys: [{ ...jwk, y: "A".repeat(43) }] } },
    { name: "no nbf", input: { keys: [{ ...jwk, nbf: undefined }] } },
    { name: "an exp that is no number", input: { keys: [{ ...jwk, exp: "2030" }] } },
    { name: "a revoked that is no boolean", input: { keys: [{ ...jwk, revoked: "false" }] } },
  ];
  test.each(refused)("$name is refused", async ({ input }) => {
    expect(await parseBridgeKeys(input, testCrypto)).toMatchObject({ ok: false, code: "hop/keys" });
  });

  test("never throws", async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (value) => {
        await parseBridgeKeys(value, testCrypto);
        await parseBridgeKeys({ keys: [value] }, testCrypto);
      }),
    );
  });
});

describe("updateKeys", () => {
  test("follows rotations, in any order", async () => {
    const first = makeBridgeKey();
    const second = await successor(first);
    const third = await successor(second);
    const update = await updateKeys({
      domain,
      pinned: [first.key],
      offered: await published(third.key, second.key),
      crypto: testCrypto,
    });
    expect(ids(update.accepted)).toEqual([first, second, third].map(({ key }) => key.keyId));
    expect(update.unknown).toEqual([]);
  });

  const kinds: { from: Kind; to: Kind }[] = [
    { from: "ed25519", to: "p256" },
    { from: "p256", to: "ed25519" },
  ];
  test.each(kinds)("a key of kind $from introduces one of kind $to", async ({ from, to }) => {
    const first = makeBridgeKey({ kind: from });
    const second = await successor(first, to);
    const offered = await published(second.key, first.key);
    const update = await updateKeys({ domain, pinned: [first.key], offered, crypto: testCrypto });
    expect(ids(update.accepted)).toEqual([first.key.keyId, second.key.keyId]);
    // Signed by the other kind of key, in the first one's name.
    const endorsement = await endorseKey(domain, second.key, { ...second.signer, keyId: first.key.keyId });
    const lying = await updateKeys({
      domain,
      pinned: [first.key],
      offered: [{ ...second.key, endorsement }],
      crypto: testCrypto,
    });
    expect(ids(lying.unknown)).toEqual([second.key.keyId]);
  });

  test("a key that nobody introduces has to be confirmed", async () => {
    const first = makeBridgeKey();
    const stranger = makeBridgeKey();
    const update = await updateKeys({ domain, pinned: [first.key], offered: [stranger.key], crypto: testCrypto });
    expect([ids(update.accepted), ids(update.unknown)]).toEqual([[first.key.keyId], [stranger.key.keyId]]);
  });

  const forged: { name: string; change: (key: PublishedKey) => PublishedKey; domain?: string }[] = [
    { name: "for other times", change: (key) => ({ ...key, notAfter: key.notAfter + 1 }) },
    { name: "for another key", change: (key) => ({ ...makeBridgeKey().key, endorsement: key.endorsement }) },
    { name: "for another domain", change: (key) => key, domain: "example.com" },
    {
      name: "by nobody known",
      change: (key) => ({ ...key, endorsement: key.endorsement && { ...key.endorsement, by: "A".repeat(43) } }),
    },
    {
      name: "with a changed signature",
      change: (key) => ({
        ...key,
        endorsement: key.endorsement && { ...key.endorsement, signature: new Uint8Array(64) },
      }),
    },
  ];
  test.each(forged)("an introduction $name is none", async ({ change, domain: other }) => {
    const first = makeBridgeKey();
    const second = await successor(first);
    const update = await updateKeys({
      domain: other ?? domain,
      pinned: [first.key],
      offered: [change(second.key)],
      crypto: testCrypto,
    });
    expect(update.unknown).toHaveLength(1);
  });

  test("a revoked key is revoked for good and introduces nobody", async () => {
    const first = makeBridgeKey();
    const second = await successor(first);
    const offered = [{ ...first.key, revoked: true }, second.key];
    const update = await updateKeys({ domain, pinned: [first.key], offered, crypto: testCrypto });
    expect(update.accepted).toMatchObject([{ keyId: first.key.keyId, revoked: true }]);
    expect(ids(update.unknown)).toEqual([second.key.keyId]);
    const again = await updateKeys({ domain, pinned: update.accepted, offered: [first.key], crypto: testCrypto });
    expect(again.accepted[0]?.revoked).toBe(true);
  });

  test("a pinned key that is gone from the list serves old mail, for no longer than it was", async () => {
    const first = makeBridgeKey();
    const gone = await updateKeys({ domain, pinned: [first.key], offered: [], crypto: testCrypto });
    expect(gone.accepted).toEqual([first.key]);
    const longer = await updateKeys({
      domain,
      pinned: [first.key],
      offered: [{ ...first.key, notAfter: testTime * 2 }],
      crypto: testCrypto,
    });
    expect(longer.accepted).toEqual([first.key]);
    const shorter = await updateKeys({
      domain,
      pinned: [first.key],
      offered: [{ ...first.key, notAfter: testTime }],
      crypto: testCrypto,
    });
    expect(shorter.accepted[0]?.notAfter).toBe(testTime);
  });
});
