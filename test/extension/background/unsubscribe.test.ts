// One-click unsubscribe: a POST without cookies to a public place, or nothing.
import { describe, expect, test } from "vitest";
import { unsubscribe } from "../../../extension/background/unsubscribe.ts";

describe("where it may go", () => {
  const cases = [
    { name: "a list's server", input: "https://news.example.org/u/1", want: true },
    { name: "not without TLS", input: "http://news.example.org/u/1", want: false },
    { name: "not to this machine", input: "https://localhost/u", want: false },
    { name: "not to an address", input: "https://192.168.1.1/u", want: false },
    { name: "not to an address in disguise", input: "https://0xC0A80101/u", want: false },
    { name: "not to an IPv6 address", input: "https://[::1]/u", want: false },
    { name: "not to a local name", input: "https://router.local/u", want: false },
    { name: "not to a single label", input: "https://intranet/u", want: false },
    { name: "not to this machine, written with the root's dot", input: "https://localhost./u", want: false },
    { name: "not to a local name, written so", input: "https://router.local./u", want: false },
    { name: "not to a single label, written so", input: "https://intranet./u", want: false },
    { name: "a list's server, written so", input: "https://news.example.org./u/1", want: true },
    { name: "not to what is no address", input: "mailto:x@example.org", want: false },
  ];
  test.each(cases)("$name", async ({ input, want }) => {
    const sent: RequestInit[] = [];
    const done = await unsubscribe(async (_, init) => {
      sent.push(init);
      return new Response(null);
    }, input);
    expect(done).toBe(want);
    expect(sent).toHaveLength(want ? 1 : 0);
    if (want)
      expect(sent[0]).toMatchObject({ method: "POST", credentials: "omit", body: "List-Unsubscribe=One-Click" });
  });

  test("a server that does not answer harms nothing", async () => {
    const failing = async (): Promise<Response> => {
      throw new TypeError("Failed to fetch");
    };
    expect(await unsubscribe(failing, "https://news.example.org/u")).toBe(false);
  });
});
