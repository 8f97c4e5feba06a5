// Which feedback loops are followed. Mails after RFC 9477 sections 3.1.1 to 3.1.3.
import { describe, expect, test } from "vitest";
import { feedbackLoop } from "../../../shared/cfbl/loop.ts";
import type { HeaderField } from "../../../shared/header/field.ts";

const all = "Subject:From:To:Message-ID:CFBL-Feedback-ID:CFBL-Address";

function signature(d: string, h = all, b = "AbCdEfGhIjKlMnOp", s = "news"): HeaderField {
  const folded = b.replaceAll(/(.{6})/g, "$1\r\n ");
  return { name: "DKIM-Signature", value: ` v=1; a=rsa-sha256; d=${d}; s=${s};\r\n\th=${h};\r\n\tbh=x; b=${folded}` };
}

function results(...said: string[]): HeaderField {
  return { name: "Authentication-Results", value: ` mx1.example.net;\r\n\t${said.join(";\r\n\t")}` };
}

const pass = (d: string, more = ""): string => `dkim=pass header.d=${d}${more}`;
const address = (value: string): HeaderField => ({ name: "CFBL-Address", value: ` ${value}; report=arf` });
const id: HeaderField = { name: "CFBL-Feedback-ID", value: " 111:222" };
const strict = { address: "fbl@example.com", id: "111:222" };

const rows: { name: string; fields: HeaderField[]; from?: string; want: unknown }[] = [
  {
    name: "strict: address, From and signature of one domain (section 3.1.1)",
    fields: [results(pass("example.com")), address("fbl@example.com"), id, signature("example.com")],
    want: strict,
  },
  {
    name: "without an id",
    fields: [results(pass("example.com")), address("fbl@example.com"), signature("example.com")],
    want: { ...strict, id: null },
  },
  {
    name: "relaxed: signed by the parent of the From domain (section 3.1.2, example 1)",
    fields: [results(pass("example.com")), address("fbl@mailer.example.com"), id, signature("example.com")],
    from: "mailer.example.com",
    want: { address: "fbl@mailer.example.com", id: "111:222" },
  },
  {
    name: "relaxed: the address below the From domain (section 3.1.2, example 2)",
    fields: [results(pass("example.com")), address("fbl@mailer.example.com"), id, signature("example.com")],
    want: { address: "fbl@mailer.example.com", id: "111:222" },
  },
  {
    name: "third party: signed for both domains (section 3.1.3)",
    fields: [
      results(pass("example.com"), pass("saas-mailer.example")),
      address("fbl@saas-mailer.example"),
      id,
      signature("saas-mailer.example"),
      signature("example.com"),
    ],
    want: { address: "fbl@saas-mailer.example", id: "111:222" },
  },
  {
    name: "third party: not signed for its own domain",
    fields: [results(pass("example.com")), address("victim@other.example"), id, signature("example.com")],
    want: null,
  },
  {
    name: "third party: signed for its own domain only",
    fields: [results(pass("saas.example")), address("fbl@saas.example"), id, signature("saas.example")],
    want: null,
  },
  {
    name: "third party: From's signature came before the field (section 3.1.3's exception is not followed)",
    fields: [
      results(pass("example.com"), pass("saas.example")),
      address("fbl@saas.example"),
      signature("saas.example"),
      signature("example.com", "Subject:From:To"),
    ],
    want: null,
  },
  {
    name: "a parent of From is third party to it",
    fields: [results(pass("mailer.example.com")), address("fbl@example.com"), signature("mailer.example.com")],
    from: "mailer.example.com",
    want: null,
  },
  {
    name: "a signature below the From domain does not speak for it",
    fields: [results(pass("a.example.com")), address("fbl@example.com"), signature("a.example.com")],
    want: null,
  },
  {
    name: "the signature does not cover the address",
    fields: [results(pass("example.com")), address("fbl@example.com"), signature("example.com", "From:Subject")],
    want: null,
  },
  {
    name: "the signature does not cover the id",
    fields: [
      results(pass("example.com")),
      address("fbl@example.com"),
      id,
      signature("example.com", "From:CFBL-Address"),
    ],
    want: null,
  },
  {
    name: "names in h= with white space and in capitals",
    fields: [
      results(pass("Example.COM")),
      address("fbl@example.com"),
      id,
      signature("example.com", "from :\r\n CFBL-ADDRESS : cfbl-feedback-id"),
    ],
    want: strict,
  },
  {
    name: "the signature failed",
    fields: [results("dkim=fail header.d=example.com"), address("fbl@example.com"), id, signature("example.com")],
    want: null,
  },
  {
    name: "nobody looked at DKIM",
    fields: [results("spf=pass smtp.mailfrom=example.com"), address("fbl@example.com"), id, signature("example.com")],
    want: null,
  },
  {
    name: "somebody else's results",
    fields: [
      { name: "Authentication-Results", value: " evil.example; dkim=pass header.d=example.com" },
      address("fbl@example.com"),
      id,
      signature("example.com"),
    ],
    want: null,
  },
  {
    name: "results of a version to come",
    fields: [
      { name: "Authentication-Results", value: " mx1.example.net 2; dkim=pass header.d=example.com" },
      address("fbl@example.com"),
      signature("example.com"),
    ],
    want: null,
  },
  {
    name: "a result without a domain",
    fields: [results("dkim=pass header.i=@example.com"), address("fbl@example.com"), signature("example.com")],
    want: null,
  },
  {
    name: "a result without its signature",
    fields: [results(pass("example.com")), address("fbl@example.com"), id],
    want: null,
  },
  {
    name: "two signatures of one domain, and nobody says which passed",
    fields: [
      results(pass("example.com")),
      address("fbl@example.com"),
      signature("example.com", "From:Subject"),
      signature("example.com", all, "ZzZzZzZzZzZz"),
    ],
    want: null,
  },
  {
    name: "two signatures of one domain told apart by their start (RFC 6008)",
    fields: [
      results(pass("example.com", ' header.b="ZzZzZzZz"'), "dkim=fail header.d=example.com header.b=AbCdEfGh"),
      address("fbl@example.com"),
      id,
      signature("example.com", "From:Subject"),
      signature("example.com", all, "ZzZzZzZzZzZz"),
    ],
    want: strict,
  },
  {
    name: "the one that passed is not the one that covers",
    fields: [
      results(pass("example.com", " header.b=AbCdEfGh")),
      address("fbl@example.com"),
      signature("example.com", "From:Subject"),
      signature("example.com", all, "ZzZzZzZzZzZz"),
    ],
    want: null,
  },
  {
    name: "a forged signature that begins as the one that passed",
    fields: [
      results(pass("example.com", " header.s=news header.b=AbCdEfGh")),
      address("fbl@example.com"),
      signature("example.com", all, "AbCdEfGhForged"),
      signature("example.com", "From:Subject"),
    ],
    want: null,
  },
  {
    name: "told apart by their selectors",
    fields: [
      results(pass("example.com", " header.s=NEWS"), "dkim=fail header.d=example.com header.s=old"),
      address("fbl@example.com"),
      id,
      signature("example.com"),
      signature("example.com", all, "Abc", "old"),
    ],
    want: strict,
  },
  {
    name: "two results about one signature that differ",
    fields: [
      results(pass("example.com"), "dkim=fail header.d=example.com"),
      address("fbl@example.com"),
      signature("example.com"),
    ],
    want: null,
  },
  {
    name: "an address put above the signed one",
    fields: [
      results(pass("example.com")),
      address("fbl@evil.example.com"),
      address("fbl@example.com"),
      signature("example.com"),
    ],
    want: null,
  },
  {
    name: "two ids",
    fields: [results(pass("example.com")), address("fbl@example.com"), id, id, signature("example.com")],
    want: null,
  },
  {
    name: "an id that is none",
    fields: [
      results(pass("example.com")),
      address("fbl@example.com"),
      { name: "CFBL-Feedback-ID", value: " <script>" },
      signature("example.com"),
    ],
    want: null,
  },
  {
    name: "a signature that cannot be read may be the one that passed",
    fields: [
      results(pass("example.com")),
      address("fbl@example.com"),
      id,
      { name: "DKIM-Signature", value: " d=example.com; d=example.com" },
      signature("example.com"),
    ],
    want: null,
  },
  { name: "no such field", fields: [results(pass("example.com")), signature("example.com")], want: null },
  {
    name: "a name with obsolete white space",
    fields: [
      results(pass("example.com")),
      { ...address("fbl@example.com"), name: "CFBL-Address " },
      signature("example.com"),
    ],
    want: { ...strict, id: null },
  },
];

describe("a feedback loop", () => {
  test.each(rows)("$name", ({ fields, from = "example.com", want }) => {
    expect(feedbackLoop(fields, "mx1.example.net", from)).toEqual(want);
  });
});
