// A clock that is wrong: the border's, the sender's, the reader's. A wrong one makes mail worse, and never anything good of
// what is not; put right, it leaves nothing behind.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { signerAt } from "../../../bridge/keys/seal-keys.ts";
import { Unavailable } from "../../../bridge/pipeline/unavailable.ts";
import { openStore, type Store } from "../../../bridge/store/store.ts";
import type { Message } from "../../../shared/header/field.ts";
import { type Identity, makeBridgeKey, makeIdentity, makeMail, must, signMail, testTime } from "../../fakes/mail.ts";
import { silent } from "../store/fixtures.ts";
import { arrives, borderOf, pem, type Senders, txt } from "./senders.ts";

const day = 86_400;
const url = "https://ipp.example/example.org/";
let alice: Identity;
let signed: Message;
let senders: Senders;
let folder: string;
let store: Store;

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org", { notBefore: testTime - day, notAfter: testTime + 30 * day });
  signed = await signMail(makeMail(), alice);
  senders = {
    names: { "_ipp.example.org": txt([`v=IPP1; t=url; url=${url}`]) },
    documents: { [`${url}alice.pub?ks=${alice.signer.keyId}`]: pem(...alice.chain) },
  };
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-clock-"));
  store = must(await openStore(join(folder, "waybill.db"), silent));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const good = "pass site: holds pass";
const sealKey = makeBridgeKey();

function border() {
  return borderOf(senders, {
    memory: store.tokens,
    deferrals: store.deferrals,
    sealKeys: { current: () => sealKey.signer, published: () => [sealKey.key] },
  });
}

describe("the border's", () => {
  const cases: { name: string; off: number; want: string }[] = [
    { name: "right", off: 60, want: good },
    { name: "five minutes behind", off: -300, want: good },
    { name: "more than that behind", off: -301, want: "permerror none: careful permerror" },
    { name: "a day behind, before the certificate", off: -2 * day, want: "permerror none: careful permerror" },
    { name: "a month and more behind, before the seal's own key", off: -40 * day, want: "?: careful forged-hop" },
    { name: "at zero, as a machine without a battery begins", off: -testTime, want: "?: careful forged-hop" },
    { name: "six days ahead", off: 6 * day, want: good },
    { name: "eight days ahead, after x", off: 8 * day, want: "expired none: careful expired" },
    { name: "after the certificate", off: 31 * day, want: "expired none: careful expired" },
    { name: "a decade ahead, after the seal's own key", off: 3_650 * day, want: "?: careful forged-hop" },
  ];
  test.each(cases)("$name", async ({ off, want }) => {
    const desk = border();
    desk.now = testTime + off;
    expect((await arrives(desk, signed)).words).toBe(want);
    // Put right, and the sender tries again, or another mail of his comes.
    desk.now = testTime + 120;
    const nonce = new Uint8Array(12).fill(9);
    const other = await signMail(makeMail({ messageId: "<2@example.org>" }), alice, { nonce });
    expect((await arrives(desk, other)).words).toBe(good);
  });

  test.each([-40 * day, 3_650 * day])(
    "%i s off, where its own key is not valid: the bridge seals nothing",
    async (off) => {
      const { signer, key } = sealKey;
      const desk = borderOf(senders, {
        memory: store.tokens,
        sealKeys: { current: () => signerAt({ ...key, signer }, desk.now), published: () => [key] },
      });
      desk.now = testTime + off;
      await expect(arrives(desk, signed)).rejects.toThrow(Unavailable);
      desk.now = testTime + 60;
      expect((await arrives(desk, signed)).words).toBe(good);
    },
  );

  test.each([
    { name: "back", first: testTime + 6 * day, second: testTime + 60 },
    { name: "forth, within five days", first: testTime + 60, second: testTime + 5 * day },
  ])("goes $name between a mail and its retry: still no copy", async ({ first, second }) => {
    const desk = border();
    desk.now = first;
    expect((await arrives(desk, signed)).words).toBe(good);
    desk.now = second;
    expect((await arrives(desk, signed)).words).toBe(good);
    expect((await arrives(desk, signed, { client: { address: "203.0.113.66" } })).words).toBe(
      "copy site: unproven copy",
    );
  });

  test("was ten days ahead when a mail was first put off: it does not wait for that day", async () => {
    const dead = { names: { "_ipp.example.org": { ...txt([]), fail: "servfail" as const } }, documents: {} };
    const desk = borderOf(dead, { deferrals: store.deferrals });
    const lasting = await signMail(makeMail(), alice, { lifetimeSeconds: 14 * day });
    desk.now = testTime + 10 * day;
    expect((await arrives(desk, lasting)).words).toBe("451");
    desk.now = testTime + 60;
    expect((await arrives(desk, lasting)).words).toBe("temperror none: unproven temperror");
    // Another one has its four hours.
    const nonce = new Uint8Array(12).fill(8);
    const other = await signMail(makeMail({ messageId: "<3@example.org>" }), alice, { nonce });
    expect((await arrives(desk, other)).words).toBe("451");
  });

  test("goes back while a mail is put off: it is not put off for longer than the four hours then", async () => {
    const dead = { names: { "_ipp.example.org": { ...txt([]), fail: "servfail" as const } }, documents: {} };
    const desk = borderOf(dead, { deferrals: store.deferrals });
    desk.now = testTime + 30 * day;
    const late = await signMail(makeMail(), alice, { now: desk.now });
    expect((await arrives(desk, late)).words).toBe("451");
    desk.now = testTime + 30 * day - 200;
    expect((await arrives(desk, late)).words).toBe("451");
    desk.now += 4 * 3_600 + 200;
    expect((await arrives(desk, late)).words).toBe("temperror none: unproven temperror");
  });
});

describe("the sender's", () => {
  const cases: { name: string; at: number; want: string }[] = [
    { name: "five minutes ahead", at: testTime + 300, want: good },
    { name: "an hour ahead", at: testTime + 3_600, want: "permerror none: careful permerror" },
    { name: "a day behind, at his certificate's first second", at: testTime - day, want: good },
    { name: "before his certificate", at: testTime - day - 1, want: "permerror none: careful permerror" },
    { name: "a month behind", at: testTime - 30 * day, want: "expired none: careful expired" },
  ];
  test.each(cases)("$name", async ({ at, want }) => {
    const desk = border();
    desk.now = testTime;
    expect((await arrives(desk, await signMail(makeMail(), alice, { now: at }))).words).toBe(want);
  });
});
