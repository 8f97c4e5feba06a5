// Policy requests: Postfix' own form, and hostile ones.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { certificateOf, connectionOf } from "../../../bridge/policyd/client.ts";
import { type PolicyRequest, parsePolicyRequest, PolicyRequestReader } from "../../../bridge/policyd/request.ts";
import { decide, formatAction } from "../../../bridge/policyd/rules.ts";
import { limits } from "../../../shared/limits.ts";

/** As Postfix 3.7 sends it at RCPT. */
const postfix = [
  "request=smtpd_access_policy",
  "protocol_state=RCPT",
  "protocol_name=ESMTP",
  "client_address=192.0.2.1",
  "client_name=mail.sender.test",
  "client_port=40000",
  "helo_name=mail.sender.test",
  "sender=alice@sender.test",
  "recipient=bob@example.test",
  "encryption_protocol=TLSv1.3",
  "ccert_subject=",
  "ccert_issuer=",
  `ccert_fingerprint=${"AB:".repeat(31)}CD`,
  `ccert_pubkey_fingerprint=${"01:".repeat(31)}02`,
  "server_address=192.0.2.25",
  "server_port=25",
].join("\n");

function request(...lines: string[]): PolicyRequest {
  const parsed = parsePolicyRequest([...lines, postfix].join("\n"));
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

const fingerprints = {
  fingerprint: Buffer.from(`${"ab".repeat(31)}cd`, "hex").toString("base64url"),
  keyFingerprint: Buffer.from(`${"01".repeat(31)}02`, "hex").toString("base64url"),
};

describe("requests", () => {
  const broken = [
    { name: "of another kind", input: "request=junk", want: "policyd/request" },
    { name: "without a kind", input: "sender=a@b", want: "policyd/request" },
    { name: "with a line that is no attribute", input: "request=smtpd_access_policy\nxyz", want: "policyd/syntax" },
    { name: "with a nameless attribute", input: "=x", want: "policyd/syntax" },
    {
      name: "with too many attributes",
      input: "a=b\n".repeat(limits.policydAttributes + 1),
      want: "policyd/attributes",
    },
  ];
  test.each(broken)("$name are refused", ({ input, want }) => {
    expect(parsePolicyRequest(input)).toMatchObject({ ok: false, code: want });
  });

  test("UTF-8 is decoded, other octets are shown as unknown", () => {
    const text = Buffer.from("sender=jürgen@example.org").toString("latin1");
    expect(request(text, "helo_name=\xff").get("sender")).toBe("jürgen@example.org");
    expect(request("helo_name=\xff").get("helo_name")).toBe("\ufffd");
  });

  test("come out of the stream as they went in, wherever it is cut", () => {
    const value = fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[\n\0]/g, " "));
    const one = fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), value, { maxKeys: 8 });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 4 }), fc.array(fc.nat(400), { maxLength: 6 }), (requests, cuts) => {
        const texts = requests.map((each) => {
          const lines = Object.entries({ ...each, request: "smtpd_access_policy" });
          return `${lines.map(([name, text]) => `${name}=${text}`).join("\n")}\n\n`;
        });
        const bytes = Buffer.from(texts.join(""));
        const reader = new PolicyRequestReader();
        const got: unknown[] = [];
        let start = 0;
        for (const end of [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length]) {
          reader.push(bytes.subarray(start, end));
          start = end;
          for (let next = reader.next(); next !== null; next = reader.next()) {
            got.push(next.ok ? Object.fromEntries(next.value) : next.code);
          }
        }
        expect(got).toEqual(requests.map((each) => ({ ...each, request: "smtpd_access_policy" })));
        expect(reader.partial).toBe(false);
      }),
    );
  });

  test("that never end are refused", () => {
    const reader = new PolicyRequestReader();
    reader.push(Buffer.alloc(limits.policydRequestBytes + 1, "a"));
    expect(reader.next()).toMatchObject({ ok: false, code: "policyd/too-long" });
  });

  test("arbitrary octets never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const reader = new PolicyRequestReader();
        reader.push(bytes);
        reader.push(Buffer.from("\n\n"));
        expect(reader.next()).not.toBe(null);
      }),
    );
  });
});

describe("the client", () => {
  test("is found by both ends of its connection", () => {
    expect(connectionOf(request())).toEqual({
      clientAddress: "192.0.2.1",
      clientPort: 40_000,
      serverAddress: "192.0.2.25",
      serverPort: 25,
    });
  });

  test.each(["client_port=", "client_port=x", "client_address=", "server_address=", "server_port=0"])(
    "is unknown with %s",
    (line) => expect(connectionOf(request(line))).toBe(null),
  );

  const certificates = [
    { name: "untrusted is present", lines: [], want: { state: "present", ...fingerprints } },
    { name: "trusted is verified", lines: ["ccert_issuer=CA"], want: { state: "verified", ...fingerprints } },
    {
      name: "none at all is none",
      lines: ["ccert_fingerprint=", "ccert_pubkey_fingerprint="],
      want: { state: "none", fingerprint: null, keyFingerprint: null },
    },
    { name: "no TLS says nothing", lines: ["encryption_protocol="], want: null },
    {
      name: "a digest that is not SHA-256 is not kept",
      lines: [`ccert_fingerprint=${"AB:".repeat(15)}CD`],
      want: { ...fingerprints, state: "present", fingerprint: null },
    },
  ];
  test.each(certificates)("a certificate: $name", ({ lines, want }) => {
    expect(certificateOf(request(...lines))).toEqual(want);
  });
});

describe("answers", () => {
  test("the first rule with something to say is heard", async () => {
    const rules = [() => null, async () => "450 4.7.10 TLS", () => "REJECT"];
    expect(await decide(rules, request())).toBe("450 4.7.10 TLS");
    expect(await decide([() => null], request())).toBe("DUNNO");
  });

  test("never hold a second line", () => {
    expect(formatAction("450 x\naction=OK\0\u00e9")).toBe("action=450 x?action=OK??\n\n");
  });
});
