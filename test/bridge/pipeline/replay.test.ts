// One good mail, sent again: by whom, to whom, when, where and how often, over the real memory of tokens. What the border
// seals, and what the reader is told of it. Protocol section 3.5.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createInbound } from "../../../bridge/pipeline/inbound.ts";
import { openStore, type Store } from "../../../bridge/store/store.ts";
import type { Message } from "../../../shared/header/field.ts";
import { assess } from "../../../shared/verdict/assess.ts";
import {
  editField,
  type Identity,
  makeIdentity,
  makeMail,
  must,
  rawMail,
  signMail,
  testCrypto,
  testRecord,
  testTime,
} from "../../fakes/mail.ts";
import { silent } from "../store/fixtures.ts";
import { type Desk, makeDesk, pass } from "./desk.ts";

const day = 86_400;
const [home, evil] = ["192.0.2.1", "203.0.113.66"];
let alice: Identity;
let mallory: Identity;
let signed: Message;
let folder: string;
let store: Store;

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
  mallory = await makeIdentity("mallory@evil.example");
  const mail = makeMail({ to: "Bob <bob@example.net>, carol@example.net", cc: "dave@example.net" });
  signed = await signMail(mail, alice, { lifetimeSeconds: 7 * day });
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-replay-"));
  store = await opened();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const opened = async (): Promise<Store> => must(await openStore(join(folder, "waybill.db"), silent));

/** One transaction. Default: Alice's mail from her server to Bob, now. */
interface Sent {
  readonly client?: string;
  readonly to?: readonly string[];
  /** Seconds after the signing. */
  readonly after?: number;
  readonly mail?: () => Message | Promise<Message>;
}

/** A border over the store; `now` can be set. */
function border(more: Parameters<typeof makeDesk>[2] = {}): Desk {
  const records = { "example.org": testRecord("m=all"), "evil.example": testRecord() };
  return makeDesk(
    { records, published: [alice, mallory] },
    {},
    { memory: store.tokens, deferrals: store.deferrals, ...more },
  );
}

/** What the border seals of it, and the reader's level. */
async function arrives(
  desk: Desk,
  { client = home, to = ["bob@example.net"], after = 60, mail }: Sent,
): Promise<string> {
  desk.now = testTime + after;
  const passed = await pass(createInbound(desk.deps), mail === undefined ? signed : await mail(), {
    client: { address: client },
    to,
  });
  const keys = await desk.deps.sealKeys.published();
  const read = must(
    await assess(rawMail(passed.mail), {
      crypto: testCrypto,
      now: desk.now + 200 * day,
      domains: ["example.net"],
      keys: async () => keys,
      certificates: async () => ({ chains: [alice.chain, mallory.chain], revokedFrom: null, withdrawnPaths: [] }),
      trustedAuthservIds: [],
      readerAddresses: [],
    }),
  );
  return `${read.evidence.hops.verified[0]?.signal.declaration ?? "?"}: ${read.verdict.level}`;
}

const strangers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `stranger${from + n}@example.net`);
/** The token with the case of its last letter turned, the signature as it was. */
function otherCase(value: string): string {
  const turned = (letter: string): string =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return value.replace(/tok=[\w-]+/, (tag) => tag.replace(/[a-z](?=[^a-z]*$)/i, turned));
}

const cases: { name: string; before: readonly Sent[]; last: Sent; want: string }[] = [
  { name: "the mail itself", before: [], last: {}, want: "pass: holds" },
  { name: "a retry: the same client, the same recipient", before: [{}], last: { after: 1_860 }, want: "pass: holds" },
  { name: "a retry on the fifth day", before: [{}], last: { after: 60 + 5 * day }, want: "pass: holds" },
  { name: "the same client after five days", before: [{}], last: { after: 61 + 5 * day }, want: "copy: unproven" },
  { name: "after x", before: [{}], last: { after: 8 * day }, want: "expired: broken" },
  { name: "after x, and never seen before", before: [], last: { after: 8 * day }, want: "expired: broken" },
  { name: "another client", before: [{}], last: { client: evil }, want: "copy: unproven" },
  {
    name: "another client, the recipient in other case",
    before: [{}],
    last: { client: evil, to: ["BOB@Example.NET"] },
    want: "copy: unproven",
  },
  { name: "another client first: nobody can tell", before: [], last: { client: evil }, want: "pass: holds" },
  {
    name: "another client first: then the sender's own is the copy",
    before: [{ client: evil }],
    last: {},
    want: "copy: unproven",
  },
  {
    name: "each of its recipients in a transaction of his own",
    before: [{}, { to: ["carol@example.net"] }],
    last: { to: ["dave@example.net"] },
    want: "pass: holds",
  },
  {
    name: "all of its recipients at once",
    before: [],
    last: { to: ["bob@example.net", "carol@example.net"] },
    want: "pass: holds",
  },
  {
    name: "from elsewhere to one who had it and one who had not",
    before: [{}],
    last: { client: evil, to: ["carol@example.net", "bob@example.net"] },
    want: "copy: unproven",
  },
  { name: "to a stranger", before: [{}], last: { client: evil, to: ["eve@example.net"] }, want: "forwarded: unproven" },
  { name: "to a Bcc, whom nothing binds", before: [], last: { to: ["boss@example.net"] }, want: "forwarded: unproven" },
  {
    name: "to a Bcc in one envelope with Bob",
    before: [],
    last: { to: ["bob@example.net", "boss@example.net"] },
    want: "forwarded: unproven",
  },
  {
    name: "from elsewhere to Bob and a stranger: the copy is told",
    before: [{}],
    last: { client: evil, to: ["bob@example.net", "eve@example.net"] },
    want: "copy: unproven",
  },
  { name: "to ten strangers", before: [], last: { to: strangers(0, 10) }, want: "forwarded: unproven" },
  { name: "to eleven strangers", before: [], last: { to: strangers(0, 11) }, want: "replay: careful" },
  {
    name: "to eleven strangers, one a connection, each from another client",
    before: strangers(0, 10).map((to, n) => ({ to: [to], client: `203.0.113.${n}` })),
    last: { to: strangers(10, 1), client: "203.0.113.99" },
    want: "replay: careful",
  },
  {
    name: "a recipient whom it names, after a replay to others",
    before: [{ client: evil, to: strangers(0, 50) }],
    last: {},
    want: "pass: holds",
  },
  {
    name: "with the token's case turned",
    before: [{}],
    last: { client: evil, mail: () => editField(signed, "IPP-Signature", otherCase) },
    want: "broken: broken",
  },
  {
    name: "with the field folded anew: the same token",
    before: [{}],
    last: {
      client: evil,
      mail: () => editField(signed, "IPP-Signature", (value) => value.replaceAll(/\r\n /g, "\r\n\t ")),
    },
    want: "copy: unproven",
  },
  {
    name: "the token in another's mail of another domain",
    before: [{}],
    last: {
      client: evil,
      mail: async () => {
        const token = /tok=([\w-]+)/.exec(signed.fields[0]?.value ?? "")?.[1] ?? "";
        const nonce = Buffer.from(token, "base64url").subarray(2, 14);
        return signMail(makeMail({ from: "mallory@evil.example" }), mallory, { nonce: new Uint8Array(nonce) });
      },
    },
    want: "pass: holds",
  },
];

describe.each([
  { where: "one listener", listener: (first: Desk) => first, reopens: false },
  { where: "another listener of the bridge", listener: () => border(), reopens: false },
  { where: "after a restart", listener: () => border(), reopens: true },
])("$where", ({ listener, reopens }) => {
  test.each(cases)("$name", async ({ before, last, want }) => {
    const first = border();
    for (const sent of before) await arrives(first, sent);
    if (reopens) {
      await store.close();
      store = await opened();
    }
    expect(await arrives(reopens ? border() : listener(first), last)).toBe(want);
  });
});

test("two at the same instant on two connections: one is the copy, whichever", async () => {
  const [one, other] = [border(), border()];
  const both = await Promise.all([arrives(one, {}), arrives(other, { client: evil })]);
  expect(both.toSorted()).toEqual(["copy: unproven", "pass: holds"]);
});

test("thirty at the same instant to thirty strangers: ten are forwarded, the others a replay", async () => {
  const all = await Promise.all(strangers(0, 30).map((to) => arrives(border(), { client: evil, to: [to] })));
  expect(all.filter((word) => word === "forwarded: unproven")).toHaveLength(10);
  expect(all.filter((word) => word === "replay: careful")).toHaveLength(20);
});

test("what came after a later 451 is no copy: the record could not be written, the client tries again", async () => {
  let full = true;
  const failing = border({
    signals: {
      record: () => {
        if (full) throw new Error("disk full");
      },
    },
  });
  await expect(arrives(failing, {})).rejects.toThrow("disk full");
  full = false;
  expect(await arrives(failing, { after: 3_600 })).toBe("pass: holds");
  expect(await arrives(failing, { after: 3_700, client: evil })).toBe("copy: unproven");
});
