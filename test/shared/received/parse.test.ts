import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseReceived } from "../../../shared/received/parse.ts";
import type { Received } from "../../../shared/received/types.ts";
import { hasVectors, readVectors } from "../vectors.ts";
import { stopwatch } from "../x509/stopwatch.ts";

type Host = { readonly Name?: string; readonly IpAddr?: string };
interface Row {
  readonly header: string;
  readonly expected: {
    readonly from?: Host;
    readonly from_ip?: string;
    readonly from_iprev?: string;
    readonly helo?: Host;
    readonly by?: Host;
    readonly with?: string;
    readonly tls_version?: string;
    readonly tls_cipher?: string;
  };
}

const file = "received/received.json";
const host = (value: Host | undefined): string | null => value?.Name ?? value?.IpAddr ?? null;

/** What of the expected parse ours misses. Where the vectors tell no address, name or HELO, ours may tell one. */
function misses({ header, expected }: Row): string[] {
  const parsed = parseReceived(header);
  if (!parsed.ok) return [parsed.code];
  const { from, by, with: protocol, tls } = parsed.value;
  const pairs: [name: string, got: unknown, want: unknown][] = [
    ["from", from?.name ?? null, host(expected.from)],
    ["from_ip", expected.from_ip === undefined ? null : (from?.ip ?? null), expected.from_ip ?? null],
    ["from_iprev", expected.from_iprev === undefined ? null : (from?.rdns ?? null), expected.from_iprev ?? null],
    ["helo", expected.helo === undefined ? null : (from?.helo ?? null), host(expected.helo)],
    ["by", by, host(expected.by)],
    ["with", protocol, expected.with ?? null],
    ["tls_version", tls?.version ?? null, expected.tls_version?.replace("_", ".") ?? null],
    ["tls_cipher", tls?.cipher ?? null, expected.tls_cipher ?? null],
  ];
  return pairs
    .filter(([, got, want]) => got !== want)
    .map(([name, got, want]) => `${name}: ${String(got)} for ${String(want)}`);
}

describe.skipIf(!hasVectors(file))("mail-parser's fields (left out where ../shared/vectors is absent)", () => {
  const rows = hasVectors(file) ? (JSON.parse(readVectors(file)) as Row[]) : [];
  test.each(rows.map((row, index) => ({ name: `${index} ${row.header.slice(0, 60).trim()}`, row })))(
    "$name",
    ({ row }) => {
      expect(misses(row)).toEqual([]);
    },
  );
  test("there are 91", () => {
    expect(rows).toHaveLength(91);
  });
});

const nothing: Received = { from: null, by: null, with: null, tls: null, id: null, for: null, date: null };

describe("wordings of today", () => {
  const rows: { name: string; input: string; want: Received }[] = [
    {
      name: "Postfix with TLS",
      input: `Received: from mail.bank.example (mail.bank.example [192.0.2.1])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
\t key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256
\t client-signature ECDSA (prime256v1) client-digest SHA256)
\t(Client CN "mail.bank.example", Issuer "CA" (verified OK))
\tby mx1.example.net (Postfix) with ESMTPS id 4fXyZ0123
\tfor <reader@example.net>; Sun, 22 Nov 2026 14:02:11 +0100 (CET)`,
      want: {
        from: { name: "mail.bank.example", helo: "mail.bank.example", rdns: "mail.bank.example", ip: "192.0.2.1" },
        by: "mx1.example.net",
        with: "ESMTPS",
        tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256 },
        id: "4fXyZ0123",
        for: "reader@example.net",
        date: 1_795_352_531,
      },
    },
    {
      name: "Postfix, no reverse name",
      input:
        "from x (unknown [203.0.113.9]) by mx1.example.net (Postfix) with SMTP id 4f; Sun, 22 Nov 2026 14:02:11 +0000",
      want: {
        ...nothing,
        from: { name: "x", helo: "x", rdns: null, ip: "203.0.113.9" },
        by: "mx1.example.net",
        with: "SMTP",
        id: "4f",
        date: 1_795_356_131,
      },
    },
    {
      name: "Postfix's pickup",
      input: "by mail.bank.example (Postfix, from userid 1000) id 4fXyZ; Sun, 22 Nov 2026 14:02:11 +0100 (CET)",
      want: { ...nothing, by: "mail.bank.example", id: "4fXyZ", date: 1_795_352_531 },
    },
    {
      name: "Exim 4.96 with OpenSSL",
      input: `from out.example.org ([192.0.2.7] helo=[10.0.0.1])
\tby mx.example.net with esmtps  (TLS1.3) tls TLS_AES_256_GCM_SHA384
\t(Exim 4.96)
\t(envelope-from <a@example.org>)
\tid 1rABCD-0001Xy-2Z
\tfor reader@example.net;
\tSun, 22 Nov 2026 13:02:11 +0000`,
      want: {
        from: { name: "out.example.org", helo: "10.0.0.1", rdns: "out.example.org", ip: "192.0.2.7" },
        by: "mx.example.net",
        with: "ESMTPS",
        tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: null },
        id: "1rABCD-0001Xy-2Z",
        for: "reader@example.net",
        date: 1_795_352_531,
      },
    },
    {
      name: "Exim with GnuTLS",
      input: `from out.example.org ([192.0.2.7]) by mx.example.net with esmtps
\t(TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256) (Exim 4.92) id 1rA-2Z`,
      want: {
        ...nothing,
        from: { name: "out.example.org", helo: "out.example.org", rdns: null, ip: "192.0.2.7" },
        by: "mx.example.net",
        with: "ESMTPS",
        tls: { version: "TLSv1.3", cipher: "ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM", bits: 256 },
        id: "1rA-2Z",
      },
    },
    {
      name: "Sendmail with TLS",
      input: `from out.example.org (out.example.org [IPv6:2001:DB8:0:0:0::1] (may be forged))
\tby mx.example.net (8.17.1/8.17.1) with ESMTPS id 3AMD2Bxx012345
\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO)
\tfor <reader@example.net>; Sun, 22 Nov 2026 14:02:11 +0100`,
      want: {
        from: { name: "out.example.org", helo: "out.example.org", rdns: "out.example.org", ip: "2001:db8::1" },
        by: "mx.example.net",
        with: "ESMTPS",
        tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", bits: 256 },
        id: "3AMD2Bxx012345",
        for: "reader@example.net",
        date: 1_795_352_531,
      },
    },
    {
      name: "Exchange Online",
      input: `from AM0PR01.eurprd01.prod.exchangelabs.com (2603:10a6:208::24) by
 VI1PR01.eurprd01.prod.exchangelabs.com (2603:10a6:803::8) with Microsoft SMTP Server
 (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.7202.19; Sun, 22 Nov 2026 13:02:11 +0000`,
      want: {
        ...nothing,
        from: {
          name: "AM0PR01.eurprd01.prod.exchangelabs.com",
          helo: "AM0PR01.eurprd01.prod.exchangelabs.com",
          rdns: null,
          ip: "2603:10a6:208::24",
        },
        by: "VI1PR01.eurprd01.prod.exchangelabs.com",
        with: "SMTP",
        tls: { version: "TLSv1.2", cipher: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", bits: null },
        id: "15.20.7202.19",
        date: 1_795_352_531,
      },
    },
    {
      name: "Gmail",
      input: `from mail-x.example.org (mail-x.example.org. [192.0.2.41])
        by mx.google.com with ESMTPS id d9443c01a7336-1d7sor00
        for <reader@example.net>
        (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);
        Sun, 22 Nov 2026 05:02:11 -0800 (PST)`,
      want: {
        from: { name: "mail-x.example.org", helo: "mail-x.example.org", rdns: "mail-x.example.org.", ip: "192.0.2.41" },
        by: "mx.google.com",
        with: "ESMTPS",
        tls: { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", bits: 128 },
        id: "d9443c01a7336-1d7sor00",
        for: "reader@example.net",
        date: 1_795_352_531,
      },
    },
    {
      name: "qmail with TLS",
      input: `from unknown (HELO out.example.org) (192.0.2.3)
  by mx.example.net with (ECDHE-RSA-AES128-GCM-SHA256 encrypted) SMTP; 22 Nov 2026 13:02:11 -0000`,
      want: {
        ...nothing,
        from: { name: "unknown", helo: "out.example.org", rdns: null, ip: "192.0.2.3" },
        by: "mx.example.net",
        with: "SMTP",
        tls: { version: null, cipher: "ECDHE-RSA-AES128-GCM-SHA256", bits: null },
        date: 1_795_352_531,
      },
    },
    {
      name: "Dovecot's LMTP",
      input: "from mx1.example.net by imap.example.net with LMTP id aBcD; Sun, 22 Nov 2026 13:02:12 +0000",
      want: {
        ...nothing,
        from: { name: "mx1.example.net", helo: null, rdns: null, ip: null },
        by: "imap.example.net",
        with: "LMTP",
        id: "aBcD",
        date: 1_795_352_532,
      },
    },
  ];
  test.each(rows)("$name", ({ input, want }) => {
    expect(parseReceived(input)).toEqual({ ok: true, value: want });
  });
});

describe("hostile", () => {
  const codes: { name: string; input: string; want: string }[] = [
    { name: "nothing", input: "", want: "received/nothing" },
    { name: "only a comment", input: "(by mx.example.net)", want: "received/nothing" },
    { name: "from, of nobody", input: "from ((((", want: "received/nothing" },
    { name: "too long", input: `from ${"x".repeat(9_000)}`, want: "received/too-long" },
  ];
  test.each(codes)("$name", ({ input, want }) => {
    const parsed = parseReceived(input);
    expect(parsed.ok ? null : parsed.code).toBe(want);
  });

  test("a clause within the client's comment is no clause", () => {
    const parsed = parseReceived(
      "from a (x [192.0.2.1] by mx.bank.example with ESMTPS) by mx.example.net with SMTP id 1",
    );
    expect(parsed.ok && [parsed.value.by, parsed.value.with]).toEqual(["mx.example.net", "SMTP"]);
  });

  test.each(["by", "with", "ID", "for", "from"])("a client that calls itself %s hides nothing", (helo) => {
    const parsed = parseReceived(
      `from ${helo} (unknown [192.0.2.1]) by mx.example.net (Postfix) with ESMTP id 1 for <a@example.net>`,
    );
    const from = { name: helo, helo, rdns: null, ip: "192.0.2.1" };
    expect(parsed).toMatchObject({
      ok: true,
      value: { from, by: "mx.example.net", with: "ESMTP", id: "1", for: "a@example.net" },
    });
  });

  test("a client that calls itself TLS1.3 gets no TLS for it", () => {
    for (const text of [
      "from TLS1.3 (TLS1.3 [192.0.2.1]) by mx.example.net with SMTP id 1",
      "from a ([192.0.2.1] helo=TLS1.3:TLS_AES_256_GCM_SHA384 ident=TLS1.3) by mx.example.net with smtp id 1",
      "from a ([192.0.2.1]) by mx.example.net with smtp (envelope-from <TLS1.3 x@example.org>) id 1",
    ]) {
      const parsed = parseReceived(text);
      expect(parsed.ok && parsed.value.tls).toBeNull();
    }
  });

  test.each(["(", "[", "<", '"', "([", "[a", "from ", "1 ", "( ", "HELO ", "a=", "\\", "by(", "1:", "::", "a@"])(
    "a field full of %j is read in linear time",
    (piece) => {
      const text = `from ${piece.repeat(8_000 / piece.length)}; ${piece}`;
      const took = stopwatch();
      parseReceived(text);
      expect(took()).toBeLessThan(100);
    },
  );

  test("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseReceived(text)));
    const pieces = fc.constantFrom(
      ...'from,by,with,id,for,via, ,(,),[,],<,>,;,",\\,helo=,192.0.2.1,::1,TLS1.3,ESMTPS,a.example,22 Nov 2026 13:02:11,@,\r\n'.split(
        ",",
      ),
    );
    fc.assert(fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => void parseReceived(parts.join(" "))));
  });
});
