// What storage holds may be old, torn, or of another version: whatever it is, nothing gets greener, and believed keys never
// go without a word.
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { formatBridgeKeys } from "../../../shared/hop/keys.ts";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import { freshAccount, parseAccount } from "../../../extension/background/account-record.ts";
import type { AccountRecord } from "../../../extension/background/account-record.ts";
import { keepNewest } from "../../../extension/background/kept-index.ts";
import { readPreferences } from "../../../extension/background/preferences.ts";
import { makeSampleWorld } from "../smoke/sample-mails.ts";
import type { SampleWorld } from "../smoke/sample-mails.ts";
import { alice, connect, fakePlatform, fakeTab, memoryArea } from "./fake-platform.ts";
import type { FakePlatform, FakeTab } from "./fake-platform.ts";

const now = Math.floor(Date.now() / 1000);
const accountKey = `account:${alice.id}`;
let world: SampleWorld;
let paired: AccountRecord;
beforeAll(async () => {
  world = await makeSampleWorld(now);
  paired = {
    ...freshAccount,
    pinned: {
      v: "IPP1",
      domain: world.domain,
      authserv: ["mx1.example.net"],
      api: "https://mx1.example.net/api/v1/",
      keys: formatBridgeKeys(world.keys),
    },
    session: { token: "dGVzdC1iZWFyZXItb2YtMjU2LWJpdHM", address: "alice@example.net" },
    lookedAt: now,
    keysAt: now,
  };
});

/** A bridge that knows the sender's certificate and nothing else. */
const bridge = async (url: string): Promise<Response> => {
  const chain = world.sender.chain.map((der) => Buffer.from(der).toString("base64"));
  return url.includes("/certificates/") ? Response.json({ chains: [chain] }) : Response.json({}, { status: 404 });
};

async function tabOver(stored: Readonly<Record<string, unknown>>): Promise<{ platform: FakePlatform; tab: FakeTab }> {
  const platform = fakePlatform({ fetch: bridge, now });
  for (const [key, value] of Object.entries(stored)) await platform.local.write(key, value);
  return { platform, tab: fakeTab(platform) };
}

const certificate = (): string => `certificates:${world.domain}:${world.sender.signer.keyId}`;

async function levelOf(tab: FakeTab, raw: string): Promise<string> {
  tab.show(raw);
  const answer = await tab.ask("panel-ask", { tabId: 1 });
  return answer.kind === "mail" ? answer.verdict.level : answer.kind;
}

const stateOf = async (tab: FakeTab): Promise<string> =>
  (await tab.ask("accounts-ask", {})).accounts[0]?.state.kind ?? "none";

/** `value` with the entry at `path` (indices into what is there) replaced, or gone where `by` is undefined. */
function damaged(value: unknown, path: readonly number[], by: unknown): unknown {
  const [at, ...rest] = path;
  if (at === undefined || typeof value !== "object" || value === null) return by;
  const keys = Object.keys(value);
  const name = keys[at % Math.max(1, keys.length)];
  if (name === undefined) return by;
  const inner = damaged((value as Record<string, unknown>)[name], rest, by);
  if (Array.isArray(value)) return value.map((each: unknown, index) => (String(index) === name ? inner : each));
  const { [name]: _, ...others } = value as Record<string, unknown>;
  return inner === undefined ? others : { ...others, [name]: inner };
}

describe("a mailbox's record", () => {
  const pinned = (change: object): unknown => ({ ...paired, pinned: { ...paired.pinned, ...change } });
  const key = (change: object): unknown => pinned({ keys: [{ ...paired.pinned?.keys[0], ...change }] });
  const cases: readonly { name: string; input: () => unknown; want: string }[] = [
    { name: "as it was written", input: () => paired, want: "paired" },
    { name: "of a version that did not know `lost`", input: () => ({ ...paired, lost: undefined }), want: "paired" },
    { name: "of a version that knows more", input: () => ({ ...paired, more: [1] }), want: "paired" },
    { name: "without its bearer", input: () => ({ ...paired, session: { token: 1 } }), want: "pinned" },
    { name: "that is no record", input: () => "torn", want: "lost" },
    { name: "with pins that are none", input: () => ({ ...paired, pinned: [] }), want: "lost" },
    {
      name: "whose pins are gone, but not what came with them",
      input: () => ({ ...paired, pinned: null }),
      want: "lost",
    },
    { name: "without a key", input: () => pinned({ keys: [] }), want: "lost" },
    { name: "with a key that is not its kid's", input: () => key({ x: "A".repeat(43) }), want: "lost" },
    { name: "without its word on a key's withdrawal", input: () => key({ revoked: undefined }), want: "lost" },
    {
      name: "with an address no bridge may have",
      input: () => pinned({ api: "http://mx1.example.net/" }),
      want: "lost",
    },
    { name: "of a mailbox nobody has looked at", input: () => freshAccount, want: "new" },
    { name: "that is empty", input: () => ({}), want: "lost" },
  ];
  test.each(cases)("$name: $want", async ({ input, want }) => {
    const { tab } = await tabOver({ [accountKey]: input() });
    expect(await stateOf(tab)).toBe(want);
    expect(await levelOf(tab, world.mails.invoice)).toBe(want === "paired" || want === "pinned" ? "holds" : "unproven");
  });

  test("lost once stays lost until the reader confirms a bridge, which gets no old bearer", async () => {
    const { tab, platform } = await tabOver({ [accountKey]: { ...paired, pinned: "?" } });
    await tab.ask("account-change", { id: alice.id, trusted: ["mx1.example.net"] });
    expect(await stateOf(tab)).toBe("lost");
    tab.show(world.mails.invoice);
    expect(await tab.ask("panel-ask", { tabId: 1 })).toMatchObject({ trouble: "lost" });
    const record = JSON.parse(platform.local.entries.get(accountKey) ?? "{}") as AccountRecord;
    expect(record).toMatchObject({ lost: true, pinned: null, session: null, trusted: ["mx1.example.net"] });
    await tab.background.accounts.change(alice.id, (each) => ({ ...each, found: paired.pinned }));
    expect(await stateOf(tab)).toBe("again");
    await connect(tab, alice.id);
    const after = await tab.background.accounts.read(alice.id);
    expect(after).toMatchObject({ lost: false, session: null, pinned: paired.pinned });
  });

  test("damaged anywhere is whole or lost aloud, and no mail gets greener by it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 12 }), { maxLength: 5 }),
        fc.option(fc.jsonValue(), { nil: undefined }),
        async (path, by) => {
          const stored = damaged(paired, path, by);
          const { tab } = await tabOver(stored === undefined ? {} : { [accountKey]: stored });
          const read = await parseAccount(stored, webCrypto);
          const state = await stateOf(tab);
          if (stored !== undefined)
            expect(read.pinned === null ? ["lost"] : ["paired", "pinned", "changed"]).toContain(state);
          expect(await levelOf(tab, world.mails.tampered)).not.toBe("holds");
          if (read.pinned === null) expect(await levelOf(tab, world.mails.invoice)).toBe("unproven");
        },
      ),
      { numRuns: 150 },
    );
  });
});

test("whatever else lies in storage, every question is answered and nothing gets greener", async () => {
  const keys = ["preferences", "certificates", "complaints", `complaint:${alice.id}:r-1001`, "sites"];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...keys), fc.jsonValue(), async (key, value) => {
      const { tab, platform } = await tabOver({ [accountKey]: paired, [key]: value, [certificate()]: value });
      expect(await levelOf(tab, world.mails.invoice)).toBe("holds");
      expect(await levelOf(tab, world.mails.tampered)).not.toBe("holds");
      expect(typeof (await readPreferences(platform)).banner).toBe("boolean");
      await tab.ask("complaint-undo", { accountId: alice.id, ref: "r-1001" });
      await tab.ask("accounts-ask", {});
      expect(platform.failures).toEqual([]);
    }),
    { numRuns: 80 },
  );
});

describe("what was kept of a key, and the bridge can't be asked:", () => {
  const cases: readonly { name: string; input: () => unknown; want: string }[] = [
    { name: "nothing", input: () => undefined, want: "holds" },
    { name: "something that can't be read", input: () => "torn", want: "careful" },
    { name: "no word on its revocation", input: () => ({ chains: [], at: now }), want: "careful" },
    { name: "its revocation", input: () => ({ chains: [], revokedFrom: 0, at: now }), want: "careful" },
    { name: "that it is not revoked", input: () => ({ chains: [], revokedFrom: null, at: now }), want: "holds" },
    {
      name: "a word on the CAs above it that can't be read",
      input: () => ({ chains: [], revokedFrom: null, withdrawnPaths: [{ level: "pkix" }], at: now }),
      want: "careful",
    },
  ];
  test.each(cases)("$name: $want", async ({ input, want }) => {
    const platform = fakePlatform({ fetch: async () => Response.error(), now });
    await platform.local.write(accountKey, paired);
    if (input() !== undefined) await platform.local.write(certificate(), input());
    expect(await levelOf(fakeTab(platform), world.mails.invoice)).toBe(want);
  });

  test("a revocation outlives the chains beside it", async () => {
    const { tab } = await tabOver({ [accountKey]: paired, [certificate()]: { chains: 1, revokedFrom: 0, at: now } });
    expect(await levelOf(tab, world.mails.invoice)).toBe("careful");
  });
});

test("a certificate kept by a clock that was ahead is asked for anew", async () => {
  const { tab, platform } = await tabOver({
    [accountKey]: paired,
    [certificate()]: { chains: [], revokedFrom: null, at: now + 1_000_000 },
  });
  expect(await levelOf(tab, world.mails.invoice)).toBe("holds");
  expect(platform.local.entries.get(certificate())).toContain(`"at":${now}`);
});

test("a list that was lost is made anew from what is there, and goes on being bounded", async () => {
  const area = memoryArea();
  const list = { indexKey: "all", prefix: "one:", max: 3 };
  for (const name of ["one:a", "one:b", "one:c"]) await area.write(name, 1);
  await area.write("all", "torn");
  await keepNewest(area, list, "one:d", 1);
  expect([...area.entries.keys()].filter((name) => name.startsWith("one:"))).toEqual(["one:b", "one:c", "one:d"]);
});

test("what is kept at the same time is all in the list: nothing stays in storage for ever", async () => {
  const area = memoryArea();
  const list = { indexKey: "all", prefix: "one:", max: 3 };
  const names = Array.from({ length: 10 }, (_, index) => `one:${index}`);
  await Promise.all(names.map(async (name) => await keepNewest(area, list, name, 1)));
  expect([...area.entries.keys()].toSorted()).toEqual(["all", "one:7", "one:8", "one:9"]);
});
