import { describe, expect, test } from "vitest";
import { sameAddress } from "../../../bridge/store/digest.ts";

describe("an address as it is compared", () => {
  test.each([
    { name: "in lower case", input: "Bob@Example.NET", want: "bob@example.net" },
    { name: "letters beyond ASCII of a local part as they are", input: "JÖRG@example.net", want: "jÖrg@example.net" },
    { name: "a domain in A-labels", input: "Bob@BÜCHER.example", want: "bob@xn--bcher-kva.example" },
    { name: "a domain that is in A-labels", input: "bob@XN--BCHER-KVA.example", want: "bob@xn--bcher-kva.example" },
    { name: "what is no domain as it is", input: "Bob@bü cher", want: "bob@bü cher" },
    { name: "an address literal", input: "Bob@[IPv6:2001:DB8::1]", want: "bob@[ipv6:2001:db8::1]" },
    { name: "a name alone", input: "Bob", want: "bob" },
  ])("$name", ({ input, want }) => expect(sameAddress(input)).toBe(want));
});
