// The configuration file: what it may say, its defaults, and what it says of mistakes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseConfig, sealDomain, opensOnLoopback } from "../../bridge/config.ts";
import { formatEndpoint, parseEndpoint } from "../../bridge/endpoint/endpoint.ts";

const least = 'hostname = "mx1.example.net"\ndomains = ["example.net"]\n';
const value = (text: string) => {
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
};

describe("endpoints", () => {
  test.each([
    { input: "/run/waybill/milter.sock", want: { kind: "unix", path: "/run/waybill/milter.sock" } },
    { input: "127.0.0.1:8891", want: { kind: "tcp", host: "127.0.0.1", port: 8891 } },
    { input: "[::1]:53", want: { kind: "tcp", host: "::1", port: 53 } },
    { input: "localhost:0", want: { kind: "tcp", host: "localhost", port: 0 } },
    { input: "127.0.0.1", want: null },
    { input: "127.0.0.1:99999", want: null },
    { input: "[127.0.0.1]:1", want: null },
    { input: "::1:53", want: null },
    { input: "", want: null },
    { input: `/${"x".repeat(107)}`, want: null },
  ])("$input", ({ input, want }) => {
    expect(parseEndpoint(input)).toEqual(want);
    if (want !== null) expect(formatEndpoint(parseEndpoint(input) ?? { kind: "unix", path: "" })).toBe(input);
  });
});

describe("defaults", () => {
  test("are those of the decisions: all loopback", () => {
    const config = value(least);
    expect(config.milter.map(({ kind, listen, pass }) => [kind, formatEndpoint(listen), pass])).toEqual([
      ["border", "/run/waybill/milter.sock", "single"],
      ["submission", "/run/waybill/submission.sock", "single"],
    ]);
    expect(formatEndpoint(config.policy_service.listen)).toBe("127.0.0.1:8892");
    expect(formatEndpoint(config.http.listen)).toBe("127.0.0.1:8890");
    expect(config).toMatchObject({
      on_failure: "tempfail",
      state: "/var/lib/waybill",
      fetch: { allow_loopback: false },
      retention: { signals_days: 30, complaints_days: 400, tokens_extra_days: 1 },
      reports: { undo_seconds: 600, delay_min_seconds: 3_600, delay_max_seconds: 86_400 },
      report_only: false,
    });
    expect(sealDomain(config)).toBe("example.net");
  });

  test("what is parsed is frozen", () => {
    const config = value(least);
    expect(() => Object.assign(config.dns, { timeout_ms: 1 })).toThrow(TypeError);
    expect(Object.isFrozen(config.milter[0])).toBe(true);
  });
});

describe("mistakes name the field and what is expected", () => {
  test.each([
    { name: "nothing at all", input: "", want: "hostname: missing, and there is no default" },
    { name: "no TOML, with its line", input: "hostname = \n", want: "line 1: " },
    {
      name: "a wrong type",
      input: 'hostname = 1\ndomains = ["a.example"]',
      want: "hostname: expected a host name, got 1",
    },
    {
      name: "a domain without a dot",
      input: 'hostname = "mx"\ndomains = ["net"]',
      want: "domains.0: expected a mail domain",
    },
    { name: "no domain", input: 'hostname = "mx"\ndomains = []', want: "domains: expected at least one mail domain" },
    { name: "an unknown setting", input: `${least}hostnam = "x"`, want: "hostnam: there is no such setting" },
    { name: "an unknown section", input: `${least}[htp]\na = 1`, want: "htp: there is no such setting" },
    {
      name: "a place to listen",
      input: `${least}[http]\nlisten = "8890"`,
      want: 'http.listen: expected "host:port", got "8890"',
    },
    {
      name: "a place for a milter",
      input: `${least}[[milter]]\nkind = "border"\nlisten = "milter.sock"`,
      want: 'milter.0.listen: expected a socket path ("/run/…") or "host:port", got "milter.sock"',
    },
    {
      name: "a resolver by name",
      input: `${least}[dns]\nresolver = "dns.example:53"`,
      want: 'dns.resolver: expected "address:port", got "dns.example:53"',
    },
    {
      name: "a letter between mailbox and subaddress",
      input: `${least}recipient_delimiter = "a"`,
      want: 'recipient_delimiter: expected characters like "+" or "+-", or ""',
    },
    {
      name: "one of several words",
      input: `${least}on_failure = "drop"`,
      want: 'on_failure: expected ("tempfail" or "accept")',
    },
    {
      name: "a number out of range",
      input: `${least}[retention]\nsignals_days = 0`,
      want: "retention.signals_days: expected 1 to 3650 days",
    },
    {
      name: "half a day",
      input: `${least}[retention]\nsignals_days = 1.5`,
      want: "retention.signals_days: expected a whole number",
    },
    {
      name: "a URL with a path",
      input: `${least}[http]\nurl = "https://a.example/b"`,
      want: "http.url: expected the https origin",
    },
    {
      name: "a certificate without key",
      input: `${least}[http]\ncertificate = "/a"`,
      want: "http.key: expected together",
    },
    {
      name: "delays upside down",
      input: `${least}[reports]\ndelay_max_seconds = 10`,
      want: "reports.delay_max_seconds: expected not less",
    },
    {
      name: "a strip without a seal",
      input: `${least}[[milter]]\nkind = "border"\nlisten = "/a"\npass = "strip"`,
      want: "milter.pass: expected both",
    },
    {
      name: "one place twice",
      input: `${least}[[milter]]\nkind = "border"\nlisten = "/a"\n[[milter]]\nkind = "inner"\nlisten = "/a"`,
      want: "milter.listen: expected a place of its own",
    },
    {
      name: "a range that is none",
      input: `${least}[fetch]\nrefuse = ["10.0.0.1"]`,
      want: "fetch.refuse.0: expected a range",
    },
    {
      name: "a user without address",
      input: `${least}[[users]]\nlogin = "a"\naddresses = []`,
      want: "users.0.addresses",
    },
    {
      name: "an address that is none",
      input: `${least}[[users]]\nlogin = "a"\naddresses = ["alice"]`,
      want: "users.0.addresses.0: expected an address or @domain",
    },
    {
      name: "a purpose that is none",
      input: `${least}[signing]\npurposes = ["Transactional"]`,
      want: "signing.purposes.0: expected a purpose",
    },
    {
      name: "one table instead of many",
      input: `${least}[milter]\nkind = "border"`,
      want: "milter: expected sections [[milter]]",
    },
    { name: "users as one table", input: `${least}[users]\nlogin = "a"`, want: "users: expected sections [[users]]" },
    {
      name: "what is declared unasked",
      input: `${least}[[users]]\nlogin = "a"\naddresses = ["a@b.example"]\nunasked = "No purpose"`,
      want: "users.0.unasked: expected a purpose",
    },
    {
      name: "From without an address",
      input: `${least}[mail]\nfrom = "waybill"`,
      want: "mail.from: expected an address without a name",
    },
    {
      name: "a milter where the policy service listens",
      input: `${least}[[milter]]\nkind = "border"\nlisten = "127.0.0.1:8892"`,
      want: "policy_service.listen: expected a place of its own, another listens on 127.0.0.1:8892",
    },
    {
      name: "http where the policy service listens",
      input: `${least}[http]\nlisten = "127.0.0.1:8892"`,
      want: "http.listen: expected a place of its own",
    },
    { name: "a path that is relative", input: `${least}state = "var"`, want: "state: expected an absolute path" },
  ])("$name", ({ input, want }) => {
    const parsed = parseConfig(input);
    expect(parsed.ok).toBe(false);
    expect(!parsed.ok && parsed.detail).toContain(want);
  });

  test("all mistakes at once, one a line", () => {
    const parsed = parseConfig('hostname = 1\ndomains = ["net"]\n[dns]\nfoo = 1\n');
    expect(!parsed.ok && parsed.detail.split("\n").length).toBe(3);
  });
});

test.each([
  { name: "a bridge nobody else reaches", more: "", want: true },
  {
    name: "a bridge that does its own TLS",
    more: '[http]\nurl = "https://a.example"\ncertificate = "/c"\nkey = "/k"',
    want: true,
  },
  {
    name: "a bridge behind a proxy, whose clients all come from loopback",
    more: '[http]\nurl = "https://a.example"',
    want: false,
  },
  { name: "a postmaster who wants it so", more: "[http]\nadmin_on_loopback = false", want: false },
])("loopback opens the postmaster's page: $name", ({ more, want }) => {
  const parsed = parseConfig(`${least}${more}`);
  expect(parsed.ok && opensOnLoopback(parsed.value)).toBe(want);
});

test("never throws", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `${least}${text}`),
      ),
      (text) => {
        return typeof parseConfig(text).ok === "boolean";
      },
    ),
  );
});

describe("docs/waybill.toml", () => {
  const example = readFileSync(join(import.meta.dirname, "..", "..", "docs", "waybill.toml"), "utf8");
  const uncommented = example.replace(/^#(?=\w+ = |\[)/gm, "");

  test("is a configuration, and says the defaults", () => {
    const defaults = value(least.replaceAll("example.net", "example.org"));
    expect(value(example)).toEqual({ ...defaults, http: { ...defaults.http, url: "https://ipp.example.org" } });
  });

  test("what it comments out can be switched on", () => {
    // Two places are lists of files and a pair: they stand for themselves.
    expect(value(uncommented)).toMatchObject({ users: [{ login: "shop" }], signing: { days: 7 } });
  });

  test("every setting there is stands in it", () => {
    const all = value(uncommented);
    const names = (part: object, prefix: string): string[] =>
      Object.entries(part).flatMap(([name, inner]: [string, unknown]) =>
        typeof inner === "object" && inner !== null && !Array.isArray(inner) && !("kind" in inner)
          ? names(inner, `${prefix}${name}.`)
          : [`${prefix}${name}`],
      );
    const missing = names(all, "").filter(
      (name) => !new RegExp(`^#?(\\[+)?${name.split(".").at(-1) ?? ""}\\b`, "m").test(example),
    );
    expect(missing.filter((name) => !name.startsWith("reports.feedback."))).toEqual([]);
    const schemaNames = /^ {2}(?: {2})?(\w+): (?:v\.|host|path|domain|endpoint|section|hostAndPort)/gm;
    const source = readFileSync(join(import.meta.dirname, "..", "..", "bridge", "config.ts"), "utf8");
    const inSchema = [...source.matchAll(schemaNames)].map(([, name = ""]) => name);
    expect(inSchema.length).toBeGreaterThan(40);
    expect(inSchema.filter((name) => !new RegExp(`\\b${name}\\b`).test(example))).toEqual([]);
  });
});
