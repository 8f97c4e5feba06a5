import { expect, test } from "vitest";
import { readerAddresses, type ReaderLogin } from "../../../bridge/reports/reader-addresses.ts";

const user = (login: string, ...addresses: string[]): ReaderLogin => ({ login, addresses });

const rows: { name: string; users: ReaderLogin[]; paired: string; want: string[] }[] = [
  { name: "nobody is configured", users: [], paired: "bob@example.net", want: ["bob@example.net"] },
  {
    name: "all addresses of one login",
    users: [user("bob", "bob@example.net", "b.builder@example.net", "bob@old.example")],
    paired: "bob@example.net",
    want: ["bob@example.net", "b.builder@example.net", "bob@old.example"],
  },
  {
    name: "the same ones by whichever he is paired",
    users: [user("bob", "bob@example.net", "b.builder@example.net")],
    paired: "b.builder@example.net",
    want: ["bob@example.net", "b.builder@example.net"],
  },
  {
    name: "a login that is an address is that mailbox",
    users: [user("bob@example.net", "b.builder@example.net")],
    paired: "bob@example.net",
    want: ["bob@example.net", "b.builder@example.net"],
  },
  {
    name: "a login of several lines",
    users: [user("bob", "bob@example.net"), user("bob", "b.builder@example.net")],
    paired: "bob@example.net",
    want: ["bob@example.net", "b.builder@example.net"],
  },
  {
    name: "letter case apart",
    users: [user("bob", "Bob@Example.NET", "B.Builder@example.net")],
    paired: "BOB@example.net",
    want: ["bob@example.net", "b.builder@example.net"],
  },
  {
    name: "by A-labels, however their domains are written",
    users: [
      user("bob", "bob@Bücher.example", "info@bücher.example", "b@XN--bcher-kva.example"),
      user("al", "info@BÜCHER.example"),
    ],
    paired: "bob@xn--bcher-kva.example",
    want: ["bob@xn--bcher-kva.example", "b@xn--bcher-kva.example"],
  },
  {
    name: "an address that two may write as is nobody's",
    users: [user("bob", "bob@example.net", "sales@example.net"), user("al", "al@example.net", "sales@example.net")],
    paired: "bob@example.net",
    want: ["bob@example.net"],
  },
  {
    name: "who pairs with such an address is only it",
    users: [user("bob", "bob@example.net", "sales@example.net"), user("al", "al@example.net", "sales@example.net")],
    paired: "sales@example.net",
    want: ["sales@example.net"],
  },
  {
    name: "leave to write as somebody else does not make his mailbox one's own",
    users: [user("al", "al@example.net", "boss@example.net"), user("boss@example.net", "boss@example.net")],
    paired: "al@example.net",
    want: ["al@example.net"],
  },
  {
    name: "a whole domain is leave to write, not a mailbox",
    users: [user("shop", "orders@example.net", "@example.net")],
    paired: "bob@example.net",
    want: ["bob@example.net"],
  },
  {
    name: "and adds nothing to who has it",
    users: [user("shop", "orders@example.net", "@example.net")],
    paired: "orders@example.net",
    want: ["orders@example.net"],
  },
  {
    name: "somebody who is not configured",
    users: [user("bob", "bob@example.net", "b.builder@example.net")],
    paired: "eve@example.net",
    want: ["eve@example.net"],
  },
];

test.each(rows)("$name", ({ users, paired, want }) => {
  expect(readerAddresses(() => users)(paired)).toEqual(want);
});

test("a reload counts at once", () => {
  let users = [user("bob", "bob@example.net", "b.builder@example.net")];
  const addresses = readerAddresses(() => users);
  expect(addresses("bob@example.net")).toHaveLength(2);
  users = [user("bob", "bob@example.net")];
  expect(addresses("bob@example.net")).toEqual(["bob@example.net"]);
});
