// The mail with the code is found, whatever else lies in the inbox.
import { beforeEach, expect, test, vi } from "vitest";
import { formatBridgeKeys } from "../../../../shared/hop/keys.ts";
import { makeBridgeKey } from "../../../fakes/mail.ts";
import { alice, fakePlatform, fakeTab } from "../../background/fake-platform.ts";

const now = 1_795_356_120;
const read: number[] = [];
const crlf = (...lines: readonly string[]): File => new File([lines.join("\r\n")], "mail.eml");
// A mail program's own API: only inside it is there another.
vi.mock("webextension-polyfill", () => ({
  default: {
    accounts: {
      list: async () => [
        { id: "account1", name: "Alice", type: "imap", identities: [{ id: "id1", email: "alice@example.net" }] },
      ],
    },
    folders: { query: async () => [{ id: "inbox", accountId: "account1" }] },
    messages: {
      query: async () => ({ id: null, messages: [2, 1].map((id) => ({ id, size: 500, recipients: [], ccList: [] })) }),
      getRaw: async (id: number) => {
        if (id === 2) throw new Error("offline");
        return crlf("From: waybill@example.net", "Waybill-Pairing: p1; code=413027", "", "");
      },
      update: async (id: number) => void read.push(id),
    },
  },
}));
const { findPairingMail } = await import("../../../../extension/hosts/thunderbird/inbox.ts");

const pairing = { id: "p1", address: "alice@example.net", since: now, expiresAt: now + 600 };
const session = { token: "t".repeat(32), address: "alice@example.net" };

/** A mailbox that waits for its code, and a bridge that answers so, one after the other. */
async function waiting(answers: readonly (() => Response)[]) {
  const next = [...answers];
  const platform = fakePlatform({ now, fetch: async () => next.shift()?.() ?? Response.json(session) });
  const { background } = fakeTab(platform);
  const pinned = {
    v: "IPP1",
    domain: "example.net",
    authserv: [],
    api: "https://waybill.example.net/api/v1/",
    keys: formatBridgeKeys([makeBridgeKey().key]),
  } as const;
  await background.accounts.change(alice.id, (record) => ({ ...record, pinned, pairing }));
  return { platform, background };
}
const offline = (): Response => {
  throw new Error("offline");
};
beforeEach(() => void (read.length = 0));

test("a mail that can't be read keeps no other one from being the one with the code", async () => {
  const { platform, background } = await waiting([]);
  await findPairingMail(background);
  expect(await background.accounts.read(alice.id)).toMatchObject({ session, pairing: null });
  expect(read).toEqual([1]);
  expect(platform.failures).toHaveLength(1);
  // It is looked at again as soon as it can be read.
  expect(await platform.session.read(`pairing-seen:${alice.id}`)).toEqual([1]);
});

test.each([
  { name: "does not answer", answer: offline, taken: true },
  { name: "is busy", answer: () => Response.json({ code: "api/busy" }, { status: 503 }), taken: true },
  { name: "refuses the code", answer: () => Response.json({ code: "pairings/code" }, { status: 403 }), taken: false },
])("a code for which the bridge $name is handed in again: $taken", async ({ answer, taken }) => {
  const { background } = await waiting([answer]);
  await findPairingMail(background);
  expect((await background.accounts.read(alice.id)).session).toBeNull();
  await findPairingMail(background);
  expect((await background.accounts.read(alice.id)).session).toEqual(taken ? session : null);
});
