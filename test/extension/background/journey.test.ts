// From a fresh mailbox to a counted complaint, over the real client and a bridge on loopback.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { endorseKey } from "../../../shared/hop/keys.ts";
import type { PublishedKey } from "../../../shared/hop/keys.ts";
import { shownBridge } from "../../../extension/ui/account.ts";
import { makeBridgeKey } from "../../fakes/mail.ts";
import { bearer, startFakeBridge } from "../smoke/fake-bridge.ts";
import type { FakeBridge } from "../smoke/fake-bridge.ts";
import { makeSampleWorld } from "../smoke/sample-mails.ts";
import type { SampleWorld } from "../smoke/sample-mails.ts";
import { accountsAsk } from "../../../extension/background/messages/accounts-ask.ts";
import { alice, connect, fakePlatform, fakeTab, page } from "./fake-platform.ts";
import type { FakePlatform, FakeTab } from "./fake-platform.ts";

const now = Math.floor(Date.now() / 1000);
let world: SampleWorld;
let bridge: FakeBridge;
const keys: PublishedKey[] = [];
let mailed: string[] = [];
let platform: FakePlatform;
let tab: FakeTab;

const revokedFrom = new Map<string, number>();

beforeAll(async () => {
  world = await makeSampleWorld(now);
  bridge = await startFakeBridge({
    domain: world.domain,
    keys,
    authserv: ["mx1.example.net"],
    certificates: { [world.sender.signer.keyId]: [world.sender.chain] },
    revokedFrom,
    deliver: (_, raw) => mailed.push(raw),
  });
});
afterAll(async () => await bridge.stop());
beforeEach(() => {
  mailed = [];
  revokedFrom.clear();
  keys.splice(0, keys.length, ...world.keys);
  platform = fakePlatform({ fetch, now });
  tab = fakeTab(platform);
});

const stateOf = async (): Promise<unknown> => (await tab.ask("accounts-ask", {})).accounts[0]?.state;

/** Types the bridge's address, confirms it, and reads the mail with the code. */
async function pair(): Promise<void> {
  await tab.ask("account-change", { id: alice.id, bridge: bridge.url });
  await tab.ask("account-look", { id: alice.id });
  await connect(tab, alice.id);
  tab.show(mailed.at(-1) ?? null);
  await tab.ask("panel-ask", { tabId: 1 });
}

async function panel(): Promise<Extract<Awaited<ReturnType<typeof askPanel>>, { kind: "mail" }>> {
  const answer = await askPanel();
  if (answer.kind !== "mail") throw new Error(`the panel shows ${answer.kind}`);
  return answer;
}
const askPanel = async () => await tab.ask("panel-ask", { tabId: 1 });

describe("a mailbox and its bridge", () => {
  test("is new, found, confirmed, paired, without anything to type but its address", async () => {
    expect(await stateOf()).toEqual({ kind: "new" });
    await tab.ask("account-change", { id: alice.id, bridge: bridge.url });
    await tab.ask("account-look", { id: alice.id });
    expect(await stateOf()).toMatchObject({ kind: "found", domain: "example.net" });
    await connect(tab, alice.id);
    expect(await stateOf()).toMatchObject({ kind: "waiting", address: "alice@example.net" });
    tab.show(mailed[0] ?? null);
    await tab.ask("panel-ask", { tabId: 1 });
    expect(await stateOf()).toMatchObject({ kind: "paired", domain: "example.net", address: "alice@example.net" });
  });

  test("nothing is believed before it is confirmed", async () => {
    await tab.ask("account-change", { id: alice.id, bridge: bridge.url });
    await tab.ask("account-look", { id: alice.id });
    tab.show(world.mails.invoice);
    const { verdict, channel } = await panel();
    expect(verdict.level).not.toBe("holds");
    expect(channel).toBe("none");
  });

  test("what is believed anew is said of open mails at once, and of one that is just being judged", async () => {
    await tab.ask("account-change", { id: alice.id, bridge: bridge.url });
    await tab.ask("account-look", { id: alice.id });
    expect(tab.renewals()).toBe(0);
    let connected: Promise<unknown> | null = null;
    const judging = fakeTab({
      ...platform,
      assess: async (raw, sources) => {
        const judged = await platform.assess(raw, sources);
        connected ??= connect(tab, alice.id);
        await connected;
        return judged;
      },
    });
    judging.show(world.mails.invoice);
    expect(await judging.ask("panel-ask", { tabId: 1 })).toMatchObject({ verdict: { level: "holds" } });
    expect(tab.renewals()).toBe(1);
    await tab.ask("account-forget", { id: alice.id });
    expect(tab.renewals()).toBe(2);
    await tab.ask("preferences-set", { banner: false, junk: true });
    expect(tab.renewals()).toBe(3);
  });

  test("what answers at an address is not written as found once another was typed", async () => {
    let typed: Promise<unknown> | null = null;
    const slowly = async (url: string, init: RequestInit): Promise<Response> => {
      const answer = await fetch(url, init);
      typed ??= tab.ask("account-change", { id: alice.id, bridge: "https://another.example/" });
      await typed;
      return answer;
    };
    tab = fakeTab(fakePlatform({ fetch: slowly, now }));
    await tab.ask("account-change", { id: alice.id, bridge: bridge.url });
    await tab.ask("account-look", { id: alice.id });
    expect(await stateOf()).toEqual({ kind: "new" });
  });

  describe("disconnected, or connected elsewhere, while the bridge is asked for", () => {
    /** Runs once, before an answer about a pairing is seen. */
    let meanwhile: (() => Promise<unknown>) | null = null;

    beforeEach(async () => {
      const slowly = async (url: string, init: RequestInit): Promise<Response> => {
        const answer = await fetch(url, init);
        const act = url.includes("/pairings") ? meanwhile : null;
        if (act !== null) meanwhile = null;
        await act?.();
        return answer;
      };
      platform = fakePlatform({ fetch: slowly, now });
      tab = fakeTab(platform);
      await tab.ask("account-change", { id: alice.id, bridge: bridge.url });
      await tab.ask("account-look", { id: alice.id });
    });
    const forget = async (): Promise<unknown> => await tab.ask("account-forget", { id: alice.id });

    test("the code, it awaits none", async () => {
      meanwhile = forget;
      await connect(tab, alice.id);
      expect(await stateOf()).toEqual({ kind: "new" });
    });

    test("the bearer, it has none, and the bridge forgets the one it gave", async () => {
      await connect(tab, alice.id);
      meanwhile = forget;
      const before = bridge.asked.length;
      tab.show(mailed.at(-1) ?? null);
      await tab.ask("panel-ask", { tabId: 1 });
      expect(await stateOf()).toEqual({ kind: "new" });
      expect((await tab.background.accounts.read(alice.id)).session).toBeNull();
      expect(bridge.asked.slice(before)).toContainEqual(expect.objectContaining({ method: "DELETE", token: bearer }));
    });

    test("the bearer for another bridge, that one does not get it", async () => {
      await connect(tab, alice.id);
      const { accounts } = tab.background;
      meanwhile = async () =>
        await accounts.change(alice.id, (now) => ({
          ...now,
          pinned: now.pinned === null ? null : { ...now.pinned, api: "https://bridge.example/api/v1/" },
        }));
      tab.show(mailed.at(-1) ?? null);
      await tab.ask("panel-ask", { tabId: 1 });
      expect(await accounts.read(alice.id)).toMatchObject({
        pinned: { api: "https://bridge.example/api/v1/" },
        session: null,
      });
    });
  });

  test("a pairing that ran out leaves it pinned", async () => {
    await tab.ask("account-change", { id: alice.id, bridge: bridge.url });
    await tab.ask("account-look", { id: alice.id });
    await connect(tab, alice.id);
    platform.at(now + 3_600);
    expect(await stateOf()).toEqual({ kind: "pinned", domain: "example.net", failure: null });
  });

  test("disconnecting gives the bearer up and believes nothing any more", async () => {
    await pair();
    await tab.ask("account-forget", { id: alice.id });
    expect(await stateOf()).toEqual({ kind: "new" });
    expect(bridge.asked.at(-1)).toMatchObject({ method: "DELETE", path: "/api/v1/session" });
  });

  test("every mailbox is shown though none can be searched for the mail with the code", async () => {
    const asking = accountsAsk(tab.background, async () => await Promise.reject(new Error("offline")));
    expect((await asking.handle({}, page)).accounts).toHaveLength(1);
    expect(platform.failures).toHaveLength(1);
  });

  test("a typed address that is none is said to be wrong", async () => {
    await tab.ask("account-change", { id: alice.id, bridge: "http://elsewhere.example/" });
    expect(await stateOf()).toEqual({ kind: "failed", code: "client/address" });
  });

  test("what is confirmed is what was shown: other keys that come meanwhile, or another host, are shown first", async () => {
    const shown = async () => {
      const { accounts } = await tab.ask("accounts-ask", {});
      return shownBridge(accounts[0]?.state ?? { kind: "new" });
    };
    await tab.ask("account-change", { id: alice.id, bridge: bridge.url });
    await tab.ask("account-look", { id: alice.id });
    const first = await shown();
    const { found } = await tab.background.accounts.read(alice.id);
    if (first === null || found === null) throw new Error("nothing was found");
    const stolen = { ...found, api: "https://stolen.example/api/v1/", keys: found.keys.slice(0, 1) };
    await tab.background.accounts.change(alice.id, (now) => ({ ...now, found: stolen }));
    await tab.ask("account-connect", { id: alice.id, shown: first });
    expect(await stateOf()).toMatchObject({ kind: "found", host: "stolen.example" });
    await tab.background.accounts.change(alice.id, (now) => ({ ...now, found }));
    await tab.ask("account-connect", { id: alice.id, shown: first });
    platform.at(now + 3_600);
    expect(await stateOf()).toMatchObject({ kind: "pinned" });
    // The page still offers to pair once more with the one that was confirmed.
    await tab.background.accounts.change(alice.id, (record) => ({ ...record, changed: stolen, found: stolen }));
    await tab.ask("account-connect", { id: alice.id, shown: null });
    expect(await stateOf()).toMatchObject({ kind: "changed", host: "stolen.example" });
    await tab.background.accounts.change(alice.id, (record) => ({ ...record, changed: null }));
    await tab.ask("account-connect", { id: alice.id, shown: null });
    expect(await tab.background.accounts.read(alice.id)).toMatchObject({ pinned: found });
  });

  test("another account's id changes nothing", async () => {
    await connect(tab, "stranger");
    expect(await platform.local.keys()).toEqual([]);
  });
});

describe("a mail", () => {
  beforeEach(pair);

  test("holds, with its seal, signature and certificate checked here", async () => {
    tab.show(world.mails.invoice);
    const { verdict, channel, junk } = await panel();
    expect({ level: verdict.level, channel, junk }).toEqual({ level: "holds", channel: "paired", junk: "ticked" });
  });

  test("nothing is asked of the sender's side", async () => {
    const before = bridge.asked.length;
    tab.show(world.mails.invoice);
    await panel();
    expect(bridge.asked.slice(before).map(({ path }) => path.split("/").slice(0, 4).join("/"))).toEqual([
      "/api/v1/certificates",
    ]);
  });

  test("never holds when its text was exchanged", async () => {
    tab.show(world.mails.tampered);
    expect((await panel()).verdict.level).toBe("careful");
  });

  test("is judged once, and again when what is believed has changed", async () => {
    tab.show(world.mails.plain);
    let reads = 0;
    const source = {
      key: "k",
      account: alice,
      raw: async () => {
        reads += 1;
        return Buffer.from(world.mails.plain, "latin1");
      },
    };
    const { verdicts } = tab.background;
    await Promise.all([verdicts.of(source), verdicts.of(source)]);
    await verdicts.of(source);
    expect(reads).toBe(1);
    await tab.ask("account-change", { id: alice.id, trusted: ["mx.example.net"] });
    await verdicts.of(source);
    expect(reads).toBe(2);
  });

  test("sealed by a key that the known one introduced holds, after asking the bridge once", async () => {
    const next = makeBridgeKey({ notBefore: now - 86_400, notAfter: now + 86_400 });
    const endorsement = await endorseKey(world.domain, next.key, world.signer);
    keys.push({ ...next.key, endorsement });
    tab.show(await world.sealedBy(next.signer));
    const before = bridge.asked.length;
    expect((await panel()).verdict.level).toBe("holds");
    tab.show(await world.sealedBy(makeBridgeKey().signer));
    expect((await panel()).verdict.level).toBe("careful");
    const asked = bridge.asked.slice(before).filter(({ path }) => path.startsWith("/.well-known"));
    expect(asked).toHaveLength(1);
  });

  test.each([
    { name: "that was withdrawn", change: { revoked: true } },
    { name: "whose time was made to end before", change: { notAfter: now - 86_400 } },
  ])("sealed by a key $name does not hold, a day later at the latest", async ({ change }) => {
    keys.splice(0, keys.length, ...world.keys.map((key) => ({ ...key, ...change })));
    tab.show(world.mails.invoice);
    expect((await panel()).verdict.level).toBe("holds");
    platform.at(now + 86_400 + 1);
    tab.show(world.mails.invoice);
    await panel();
    await expect.poll(async () => (await panel()).verdict.level).toBe("careful");
  });

  test("whose signer is known to have been revoked by then does not hold, a day after it was judged at the latest", async () => {
    tab.show(world.mails.invoice);
    expect((await panel()).verdict.level).toBe("holds");
    revokedFrom.set(world.sender.signer.keyId, 0);
    expect((await panel()).verdict.level).toBe("holds");
    platform.at(now + 86_400);
    expect((await panel()).verdict).toMatchObject({ level: "careful", reason: "no-trust" });
  });

  test("that can't be read is said to be so, and is tried again", async () => {
    const { verdicts } = tab.background;
    const source = { key: "k", account: alice, raw: async () => Promise.reject(new Error("offline")) };
    expect(await verdicts.of(source)).toMatchObject({ ok: false, kind: "temp", code: "mail/unreadable" });
    expect(platform.session.entries.has("judged:k")).toBe(false);
  });

  test("holds though nothing more can be kept", async () => {
    const write = platform.local.write.bind(platform.local);
    Object.assign(platform.local, {
      write: async (key: string, value: unknown) => {
        if (key.startsWith("certificate")) throw new Error("quota exceeded");
        await write(key, value);
      },
    });
    tab.show(world.mails.invoice);
    expect((await panel()).verdict.level).toBe("holds");
    expect(platform.failures).toHaveLength(1);
  });

  test("takes little room, whatever its header holds: 60 of them fit into a session's 10 MB", async () => {
    tab.show(`X-Any: ${"\u0001".repeat(100_000)}\r\n${world.mails.plain}`);
    await panel();
    const kept = [...platform.session.entries.values()].map((text) => Buffer.byteLength(text));
    expect(Math.max(...kept)).toBeLessThan(120_000);
  });

  test("its headers are text", async () => {
    tab.show(world.mails.invoice);
    expect(await tab.ask("headers-ask", { tabId: 1 })).toMatch(/^Hop-Signal: .*Content-Transfer-Encoding: 7bit$/s);
  });
});

describe("a complaint", () => {
  const order = {
    code: "misrepresented",
    actual: "marketing",
    tellSender: true,
    moveToJunk: true,
    unsubscribe: false,
  } as const;
  beforeEach(async () => {
    await pair();
    tab.show(world.mails.invoice);
  });

  test("is made, shown, counted, and taken back", async () => {
    const { key } = await panel();
    const made = await tab.ask("complaint-make", { tabId: 1, key, order });
    expect(made).toMatchObject({
      kind: "reported",
      complaint: { code: "misrepresented", actual: "marketing", state: "pending" },
    });
    expect(bridge.complaints.get("r-1001")).toMatchObject({ tellSender: true, paired: true });
    expect(platform.moves).toEqual([7]);
    expect((await panel()).complaint).toEqual(made);
    bridge.count("r-1001");
    expect(await tab.ask("complaint-ask", { tabId: 1, key })).toMatchObject({ complaint: { state: "counted" } });
    expect(await tab.ask("complaint-undo", { accountId: alice.id, ref: "r-1001" })).toEqual({
      kind: "undone",
      inJunk: true,
    });
    expect(bridge.complaints.size).toBe(0);
    expect((await panel()).complaint).toEqual({ kind: "none" });
  });

  test("is the mailbox's own where two of a bridge got the same mail: neither shows the other's, nor takes it back", async () => {
    const info = { ...alice, id: "account2", addresses: ["info@example.net"] };
    const record = await tab.background.accounts.read(alice.id);
    await tab.background.accounts.change(info.id, () => record);
    const first = await panel();
    await tab.ask("complaint-make", { tabId: 1, key: first.key, order });
    tab.show(world.mails.invoice, info);
    const second = await panel();
    expect(second).toMatchObject({ accountId: info.id, complaint: { kind: "none" } });
    await tab.ask("complaint-make", { tabId: 1, key: second.key, order: { ...order, code: "phishing", actual: null } });
    tab.show(world.mails.invoice);
    expect(await panel()).toMatchObject({ complaint: { complaint: { code: "misrepresented" } } });
    await tab.ask("complaint-undo", { accountId: alice.id, ref: "r-1001" });
    expect(bridge.asked.at(-1)).toMatchObject({ method: "DELETE", path: "/api/v1/complaints/c1" });
    await tab.ask("complaint-undo", { accountId: info.id, ref: "r-1001" });
    expect(bridge.complaints.size).toBe(0);
  });

  test("is sent once, though the panel was closed, opened and used again meanwhile", async () => {
    const { key } = await panel();
    const before = bridge.asked.length;
    const made = await Promise.all([
      tab.ask("complaint-make", { tabId: 1, key, order }),
      tab.ask("complaint-make", { tabId: 1, key, order: { ...order, code: "phishing", actual: null } }),
    ]);
    expect(made[1]).toEqual(made[0]);
    expect(bridge.asked.slice(before).filter(({ method }) => method === "POST")).toHaveLength(1);
    expect(platform.moves).toEqual([7]);
    await tab.ask("complaint-undo", { accountId: alice.id, ref: "r-1001" });
  });

  test("is not made about another mail than the panel showed", async () => {
    const { key } = await panel();
    tab.show(world.mails.plain);
    expect(await tab.ask("complaint-make", { tabId: 1, key, order })).toEqual({ kind: "failed", code: "mail/gone" });
    expect(await tab.ask("complaint-ask", { tabId: 1, key })).toBeNull();
    expect(bridge.complaints.size).toBe(0);
  });

  test("offers no undo when its time is over", async () => {
    const { key } = await panel();
    await tab.ask("complaint-make", { tabId: 1, key, order });
    platform.at(now + 700);
    expect((await panel()).complaint).toMatchObject({ complaint: { undoUntil: null } });
    await tab.ask("complaint-undo", { accountId: alice.id, ref: "r-1001" });
  });

  test("about a mail that nobody recorded only moves it", async () => {
    tab.show(world.mails.plain);
    const { key, channel } = await panel();
    expect(channel).toBe("none");
    expect(await tab.ask("complaint-make", { tabId: 1, key, order })).toEqual({ kind: "none" });
    expect(platform.moves).toEqual([7]);
    expect(bridge.complaints.size).toBe(0);
  });

  test("that was taken is said to be, and can be taken back, though the mail can't be moved", async () => {
    Object.assign(platform, { moveToJunk: async () => await Promise.reject(new Error("offline")) });
    const { key } = await panel();
    const made = await tab.ask("complaint-make", { tabId: 1, key, order });
    expect(made).toMatchObject({ kind: "reported", complaint: { undoUntil: expect.any(Number) } });
    expect(platform.failures).toHaveLength(1);
    expect(await tab.ask("complaint-undo", { accountId: alice.id, ref: "r-1001" })).toEqual({
      kind: "undone",
      inJunk: false,
    });
  });

  test("that was taken is said to be, without an undo, where its secret can't be kept", async () => {
    const write = platform.local.write.bind(platform.local);
    Object.assign(platform.local, {
      write: async (key: string, value: unknown) => {
        if (key.startsWith("complaint")) throw new Error("quota exceeded");
        await write(key, value);
      },
    });
    const { key } = await panel();
    const made = await tab.ask("complaint-make", { tabId: 1, key, order });
    expect(made).toMatchObject({ kind: "reported", complaint: { undoUntil: null, state: "pending" } });
    expect(bridge.complaints.size).toBe(1);
    expect(platform.moves).toEqual([7]);
  });

  test("that the bridge refuses because it forgot the mailbox ends the connection, and the settings say so", async () => {
    const { key } = await panel();
    await tab.background.accounts.change(alice.id, (record) => ({
      ...record,
      session: record.session === null ? null : { ...record.session, token: "t".repeat(32) },
    }));
    expect(await tab.ask("complaint-make", { tabId: 1, key, order })).toEqual({
      kind: "failed",
      code: "api/unauthorized",
    });
    expect(await stateOf()).toEqual({ kind: "pinned", domain: "example.net", failure: "api/unauthorized" });
    expect((await panel()).channel).toBe("unpaired");
  });

  test("leaves the mail where it is when the bridge does not take it", async () => {
    const { key } = await panel();
    await tab.background.accounts.change(alice.id, (record) => ({
      ...record,
      pinned: record.pinned === null ? null : { ...record.pinned, api: "http://127.0.0.1:1/" },
    }));
    expect(await tab.ask("complaint-make", { tabId: 1, key, order })).toEqual({
      kind: "failed",
      code: "client/unreachable",
    });
    expect(platform.moves).toEqual([]);
  });
});
