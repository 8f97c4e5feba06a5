// ZONE.json: what it may say, and the resolver over it.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseZone, zoneResolver, type Zone } from "../../../bridge/dns/zone.ts";

describe("parse", () => {
  test.each([
    { name: "empty is a zone without names", input: "{}", want: { ok: true } },
    { name: "not JSON", input: "{", want: { ok: false, code: "dns/zone" } },
    { name: "not an object", input: "[]", want: { ok: false, code: "dns/zone" } },
    {
      name: "the wrong place is named",
      input: '{"names":{"a.example":{"dnssec":"maybe"}}}',
      want: { ok: false, detail: expect.stringContaining("names.a.example.dnssec") as string },
    },
    { name: "unknown keys are mistakes", input: '{"name":{}}', want: { ok: false } },
  ])("$name", ({ input, want }) => {
    expect(parseZone(input)).toMatchObject(want);
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof parseZone(text).ok === "boolean"));
  });

  test("what it accepts, it accepts again", () => {
    const text = '{"names":{"a.example":{"txt":["x"],"dnssec":"secure"}},"documents":{"https://h/":"pem"}}';
    const once = parseZone(text);
    expect(once.ok && parseZone(JSON.stringify(once.value))).toEqual(once);
  });
});

describe("resolve", () => {
  const parsed = parseZone(
    JSON.stringify({
      names: {
        "_ipp.a.example": { txt: ["one"], dnssec: "secure", ttl: 7 },
        "_ipp.bogus.example": { txt: ["x"], dnssec: "bogus" },
        "dead.example": { fail: "servfail" },
        "h.example": { addresses: ["127.0.0.1"] },
      },
    }),
  );
  const zone: Zone = parsed.ok ? parsed.value : { names: {}, default_dnssec: "insecure", documents: null };
  const resolver = zoneResolver(zone);
  test.each([
    {
      name: "a record, whatever the case and the final dot",
      input: "_IPP.a.example.",
      want: { ok: true, value: { records: ["one"], dnssec: "secure", ttlSeconds: 7 } },
    },
    {
      name: "absence",
      input: "_ipp.b.example",
      want: { ok: true, value: { records: [], dnssec: "insecure", ttlSeconds: 60 } },
    },
    { name: "bogus is temporary", input: "_ipp.bogus.example", want: { ok: false, kind: "temp", code: "dns/bogus" } },
    { name: "a name that objects inherit", input: "constructor", want: { ok: true, value: { records: [] } } },
    { name: "failures", input: "dead.example", want: { ok: false, kind: "temp", code: "dns/servfail" } },
  ])("$name", async ({ input, want }) => {
    expect(await resolver.txt(input)).toMatchObject(want);
  });
  test("addresses", async () => {
    expect(await resolver.addresses("h.example")).toEqual({ ok: true, value: ["127.0.0.1"] });
    expect(await resolver.addresses("dead.example")).toMatchObject({ ok: false });
  });
});
