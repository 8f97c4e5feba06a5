// What a bridge says of itself, and where it is asked.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBridgeKeys } from "../../../shared/hop/keys.ts";
import { findBridge, parseWellKnown } from "../../../extension/client/well-known.ts";
import type { Fetch } from "../../../extension/client/request.ts";
import { makeBridgeKey } from "../../fakes/mail.ts";

const from = new URL("https://example.net/.well-known/ipp");
const good = {
  v: "IPP1",
  domain: "Example.net",
  authserv: ["mx1.example.net"],
  api: "https://mx.example.net/api/v1/",
  keys: formatBridgeKeys([makeBridgeKey().key, makeBridgeKey({ kind: "ed25519" }).key]),
};

describe("the document", () => {
  const cases = [
    { name: "as it should be", input: good, want: true },
    { name: "without authserv", input: { ...good, authserv: undefined }, want: true },
    { name: "members that are not known here", input: { ...good, later: 1 }, want: true },
    { name: "another version", input: { ...good, v: "IPP2" }, want: false },
    { name: "no keys", input: { ...good, keys: [] }, want: false },
    { name: "no key of a kind that is known here", input: { ...good, keys: [{ kty: "RSA" }] }, want: false },
    { name: "a malformed key of a known kind", input: { ...good, keys: [{ ...good.keys[0], x: "?" }] }, want: false },
    { name: "an API below https", input: { ...good, api: "http://127.0.0.1:1/" }, want: false },
    { name: "an API that is no address", input: { ...good, api: "javascript:1" }, want: false },
    { name: "a domain that is none", input: { ...good, domain: "a b" }, want: false },
    { name: "nothing", input: null, want: false },
  ];
  test.each(cases)("$name", ({ input, want }) => {
    expect(parseWellKnown(input, from).ok).toBe(want);
  });

  test("keys of later kinds are passed over", () => {
    const parsed = parseWellKnown({ ...good, keys: [{ kty: "AKP", alg: "ML-DSA-44", pub: "…" }, ...good.keys] }, from);
    expect(parsed.ok && parsed.value.keys.map(({ kid }) => kid)).toEqual(good.keys.map(({ kid }) => kid));
  });

  test("on this machine http may name http", () => {
    const local = parseWellKnown({ ...good, api: "http://127.0.0.1:8890/api/v1/" }, new URL("http://127.0.0.1:8890/"));
    expect(local).toMatchObject({ ok: true, value: { domain: "example.net" } });
  });

  test("any JSON is taken or refused, never thrown at", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => typeof parseWellKnown(value, from).ok === "boolean"));
  });
});

test("the first place with a bridge counts, and the mail domain is asked for", async () => {
  const asked: string[] = [];
  const fetchIt: Fetch = async (url) => {
    asked.push(url);
    return url.startsWith("https://imap.") ? new Response(JSON.stringify(good)) : new Response("no", { status: 404 });
  };
  const places = ["https://example.net/", "https://imap.example.net/", "https://mail.example.net/"].map(
    (text) => new URL(text),
  );
  expect(await findBridge(fetchIt, places, "example.net")).toMatchObject({ ok: true });
  expect(asked).toEqual([
    "https://example.net/.well-known/ipp?domain=example.net",
    "https://imap.example.net/.well-known/ipp?domain=example.net",
  ]);
});
