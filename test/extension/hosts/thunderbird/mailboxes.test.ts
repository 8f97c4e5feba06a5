// Whose mail it is: where anybody can put a mail, it is nobody's, whomever it is addressed to.
import { expect, test, vi } from "vitest";

const identities = [{ id: "id1", email: "alice@example.net" }];
const accounts = [
  { id: "imap1", name: "Alice", type: "imap", identities },
  { id: "local1", name: "Local Folders", type: "local", identities: [] },
  { id: "news1", name: "news.example", type: "nntp", identities },
  { id: "feeds1", name: "Feeds", type: "rss", identities: [] },
];
// A mail program's own API: only inside it is there another.
vi.mock("webextension-polyfill", () => ({ default: { accounts: { list: async () => accounts } } }));
const { mailboxOf } = await import("../../../../extension/hosts/thunderbird/mailboxes.ts");

test.each([
  { name: "in its mailbox", accountId: "imap1", to: "bob@example.org", want: "imap1" },
  {
    name: "moved to Local Folders, addressed to the reader",
    accountId: "local1",
    to: "alice@example.net",
    want: "imap1",
  },
  {
    name: "in Local Folders, addressed with a name and in capitals",
    accountId: "local1",
    to: "Alice <Alice@Example.net>",
    want: "imap1",
  },
  {
    name: "in Local Folders, addressed to somebody whose address ends like the reader's",
    accountId: "local1",
    to: "malice@example.net",
    want: null,
  },
  {
    name: "in Local Folders, addressed to somebody who is named like the reader's address",
    accountId: "local1",
    to: '"alice@example.net" <bob@example.org>',
    want: null,
  },
  { name: "in Local Folders, addressed to nobody here", accountId: "local1", to: "bob@example.org", want: null },
  { name: "in a newsgroup", accountId: "news1", to: "alice@example.net", want: null },
  { name: "in a feed", accountId: "feeds1", to: "alice@example.net", want: null },
  { name: "in an account that is gone", accountId: "imap9", to: "alice@example.net", want: null },
  { name: "in a file", accountId: null, to: "alice@example.net", want: null },
])("a mail $name: $want", async ({ accountId, to, want }) => {
  const folder = accountId === null ? {} : { folder: { id: "f", accountId } };
  const mailbox = await mailboxOf({ id: 1, recipients: [to], ccList: [], size: 1, ...folder });
  expect(mailbox?.id ?? null).toBe(want);
});
