import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { webCrypto } from "../../../shared/crypto/webcrypto.ts";
import { bytesFromString, stringFromBytes } from "../../../shared/encoding/bytes.ts";
import type { HeaderField, Message } from "../../../shared/header/field.ts";
import { sealHop } from "../../../shared/hop/seal.ts";
import type { BridgeKey, HopSignal } from "../../../shared/hop/types.ts";
import { assess, type ReaderSources } from "../../../shared/verdict/assess.ts";
import type { KeptKey } from "../../../shared/verdict/recheck.ts";
import type { Evidence, Level, Reason, Recheck, Verdict } from "../../../shared/verdict/types.ts";
import {
  editField,
  makeAuthority,
  makeBridgeKey,
  makeIdentity,
  makeMail,
  makeSignal,
  must,
  rawMail,
  signMail,
  testTime,
  withFields,
  type Identity,
} from "../../fakes/mail.ts";
import { spoken } from "./words.ts";

const bridge = makeBridgeKey();
const stranger = makeBridgeKey();
let alice: Identity;
let signed: Message;

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
  signed = await signMail(makeMail(), alice);
});

/** The mail under a seal of our border. */
async function sealed(mail: Message, more: Partial<HopSignal> = {}, by = bridge): Promise<Message> {
  const signal = makeSignal(mail, by.signer, more);
  const value = await sealHop({ signal, fields: mail.fields, signer: by.signer });
  return withFields(mail, { name: "Hop-Signal", value });
}

interface World {
  readonly keys?: readonly BridgeKey[];
  readonly kept?: readonly Identity[];
  readonly revokedFrom?: number;
  readonly withdrawnPaths?: KeptKey["withdrawnPaths"];
  readonly more?: Partial<ReaderSources>;
}

/** Bob's sources: he believes example.net's bridge, which keeps Alice's certificate. */
function sources(world: World = {}): ReaderSources {
  const { keys = [bridge.key], kept = [alice], revokedFrom, withdrawnPaths = [], more = {} } = world;
  return {
    crypto: webCrypto,
    now: testTime + 100 * 86_400,
    domains: ["example.net"],
    keys: (domain) => Promise.resolve(domain === "example.net" ? keys : []),
    certificates: (keyId) =>
      Promise.resolve({
        chains: kept.filter(({ signer }) => signer.keyId === keyId).map(({ chain }) => chain),
        revokedFrom: revokedFrom ?? null,
        withdrawnPaths,
      }),
    trustedAuthservIds: [],
    readerAddresses: ["Bob@example.net"],
    ...more,
  };
}

async function assessed(mail: Message, world: World = {}): Promise<{ verdict: Verdict; evidence: Evidence }> {
  return must(await assess(rawMail(mail), sources(world)));
}

interface Row {
  readonly name: string;
  readonly mail: () => Promise<Message>;
  readonly world?: () => World;
  readonly level: Level;
  readonly reason: Reason;
  readonly recheck?: Recheck;
}

const field = (name: string, value: string): HeaderField => ({ name, value: ` ${value}` });
const edited = async (name: string, edit: (value: string) => string | null): Promise<Message> =>
  editField(await sealed(signed), name, edit);

const sealedAt = makeSignal(makeMail(), bridge.signer).at;
const rows: readonly Row[] = [
  { name: "good", mail: async () => await sealed(signed), level: "holds", reason: "pass", recheck: "fits" },
  {
    name: "good, read months later by a retired key",
    mail: async () => await sealed(signed),
    world: () => ({ keys: [{ ...bridge.key, notAfter: testTime + 10 }] }),
    level: "holds",
    reason: "pass",
  },
  {
    name: "the certificate is not at hand: the seal's word stands",
    mail: async () => await sealed(signed),
    world: () => ({ kept: [] }),
    level: "holds",
    reason: "pass",
    recheck: "unable",
  },
  {
    name: "the certificate was revoked since, from before the mail came",
    mail: async () => await sealed(signed),
    world: () => ({ revokedFrom: testTime - 86_400 }),
    level: "careful",
    reason: "no-trust",
    recheck: "fits",
  },
  {
    name: "the same, and the certificate is not at hand any more",
    mail: async () => await sealed(signed),
    world: () => ({ kept: [], revokedFrom: 0 }),
    level: "careful",
    reason: "no-trust",
    recheck: "unable",
  },
  {
    name: "the certificate was revoked, from after the mail had come",
    mail: async () => await sealed(signed),
    world: () => ({ revokedFrom: testTime + 86_400 }),
    level: "holds",
    reason: "pass",
    recheck: "fits",
  },
  ...(["pkix", "domain", "site"] as const).flatMap((trust): Row[] => {
    const times = [
      { name: "before it came", from: sealedAt, until: sealedAt + 86_400, falls: trust !== "site" },
      { name: "and that was known when it came", from: 0, until: sealedAt - 1, falls: false },
      { name: "after it had come", from: sealedAt + 1, until: sealedAt + 86_400, falls: false },
    ];
    const level = trust === "domain" ? "domain" : "pkix";
    return times.map(({ name, falls, ...time }) => ({
      name: `${trust}, and a CA of the ${level}'s way was revoked ${name}`,
      mail: async () => await sealed(signed, { trust }),
      world: () => ({ withdrawnPaths: [{ level, ...time }] }),
      level: falls ? "careful" : "holds",
      reason: falls ? "first-key" : "pass",
      recheck: "fits",
    }));
  }),
  {
    name: "domain, and a CA of the trust store's way was revoked",
    mail: async () => await sealed(signed, { trust: "domain" }),
    world: () => ({ withdrawnPaths: [{ level: "pkix", from: 0, until: testTime + 86_400 }] }),
    level: "holds",
    reason: "pass",
  },
  {
    name: "trust self",
    mail: async () => await sealed(signed, { trust: "self" }),
    level: "careful",
    reason: "first-key",
  },
  {
    name: "a changed key",
    mail: async () => await sealed(signed, { warnings: ["key"] }),
    level: "careful",
    reason: "changed-key",
  },
  {
    name: "policy was to reject",
    mail: async () => await sealed(signed, { action: "reject" }),
    level: "broken",
    reason: "policy-reject",
  },
  // From outside: section 7's words.
  {
    name: "altered subject",
    mail: async () => await edited("Subject", () => " Your invoice 4712"),
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "altered Content-Type",
    mail: async () => await edited("Content-Type", () => " text/html"),
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "altered recipient",
    mail: async () => await edited("To", () => " eve@example.net"),
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "altered declaration",
    mail: async () => await edited("IPP-Purpose", (value) => value.replace("invoice", "receipt")),
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "a second From",
    mail: async () => withFields(await sealed(signed), field("From", "eve@example.com")),
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "the signature removed after the seal",
    mail: async () => await edited("IPP-Signature", () => null),
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "altered body",
    mail: async () => ({ ...(await sealed(signed)), body: bytesFromString("Pay to another account.\r\n") }),
    level: "unproven",
    reason: "changed-body",
    recheck: "header-fits",
  },
  {
    name: "an empty line behind a part's header, made one of spaces: the digest is the same",
    mail: async () => {
      const body = "--b\r\nContent-Type: text/plain\r\n\r\nPay 5 EUR.\r\n\r\nTo our account.\r\n--b--\r\n";
      const mixed = editField(makeMail({ body }), "Content-Type", () => " multipart/mixed; boundary=b");
      const mail = await sealed(await signMail(mixed, alice));
      return { ...mail, body: bytesFromString(body.replace("plain\r\n\r\n", "plain\r\n \r\n")) };
    },
    level: "unproven",
    reason: "broken",
    recheck: "fails",
  },
  {
    name: "an attachment's disposition for the whole mail, added on the way",
    mail: async () => sealed(withFields(signed, { name: "Content-Disposition", value: " attachment; filename=x.exe" })),
    level: "unproven",
    reason: "broken",
    recheck: "fails",
  },
  ...[
    { name: "a base for relative links", field: "Content-Base", value: " https://evil.example/" },
    { name: "the same by another name", field: "Content-Location", value: " https://evil.example/" },
    {
      name: "another place of an attachment",
      field: "X-Mozilla-External-Attachment-URL",
      value: " https://evil.example/",
    },
    { name: "an address for receipts", field: "Return-Receipt-To", value: " mallory@evil.example" },
  ].map(({ name, field: added, value }): Row => ({
    name: `${name}, added on the way`,
    mail: async () => sealed(withFields(signed, { name: added, value })),
    level: "unproven",
    reason: "broken",
    recheck: "fails",
  })),
  {
    name: "an address for answers, added on the way",
    mail: async () => sealed(withFields(signed, { name: "Mail-Reply-To", value: " mallory@evil.example" })),
    level: "unproven",
    reason: "broken",
    recheck: "fails",
  },
  {
    name: "the same, when its author wrote it",
    mail: async () => sealed(await signMail(makeMail({ more: [["Mail-Reply-To", "office@example.org"]] }), alice)),
    level: "holds",
    reason: "pass",
    recheck: "fits",
  },
  {
    name: "two hops, the inner one better than the border",
    mail: async () => {
      const border = await sealed(signed, { declaration: "replay" });
      return sealed(border, { hop: 2, by: "inner.example.net", declaration: "pass" });
    },
    level: "careful",
    reason: "replay",
  },
  {
    name: "two hops, the inner one of a better trust and without the warning",
    mail: async () => {
      const border = await sealed(signed, { trust: "self", warnings: ["key"] });
      return sealed(border, { hop: 2, by: "inner.example.net", trust: "site" });
    },
    level: "careful",
    reason: "changed-key",
    recheck: "fits",
  },
  {
    name: "two hops, the inner one milder than the border's policy",
    mail: async () => {
      const border = await sealed(signed, { action: "quarantine", policy: { rule: "a", action: "quarantine" } });
      return sealed(border, { hop: 2, by: "inner.example.net" });
    },
    level: "careful",
    reason: "policy-quarantine",
    recheck: "fits",
  },
  {
    name: "two hops, the inner one says pass of a mail that it changed and sealed anew",
    mail: async () => {
      const border = await sealed(signed);
      const other = { ...border, body: bytesFromString("Pay to another account.\r\n") };
      return sealed(other, { hop: 2, by: "inner.example.net" });
    },
    level: "unproven",
    reason: "broken",
    recheck: "fails",
  },
  {
    name: "a forged Hop-Signal",
    mail: async () => await sealed(signed, {}, stranger),
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "a forged Hop-Signal under our key's id",
    mail: async () =>
      editField(await sealed(signed, {}, stranger), "Hop-Signal", (value) =>
        value.replace(stranger.key.keyId, bridge.key.keyId),
      ),
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "a transplanted Hop-Signal",
    mail: async () => {
      const seal = (await sealed(signed)).fields[0];
      if (seal === undefined) throw new Error("no seal");
      return withFields(makeMail({ from: "eve@example.com", subject: "Pay me" }), seal);
    },
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "sealed by a withdrawn key",
    mail: async () => await sealed(signed),
    world: () => ({ keys: [{ ...bridge.key, revoked: true }] }),
    level: "careful",
    reason: "forged-hop",
  },
  {
    name: "another domain's Hop-Signal is nothing to us",
    mail: async () => await sealed(signed, { domain: "elsewhere.example" }),
    level: "unproven",
    reason: "claimed",
  },
  {
    name: "a reader who believes nobody",
    mail: async () => await sealed(signed),
    world: () => ({ more: { domains: [] } }),
    level: "unproven",
    reason: "claimed",
  },
  // The recheck: the server said pass, the mail says otherwise.
  {
    name: "sealed as pass, but the signature does not fit",
    mail: async () => await sealed(editField(signed, "Subject", () => " Another")),
    level: "unproven",
    reason: "broken",
    recheck: "fails",
  },
  {
    name: "sealed as pass, the signature does not fit, and the domain signs all",
    mail: async () =>
      await sealed(
        editField(signed, "Subject", () => " Another"),
        { allMail: true },
      ),
    level: "broken",
    reason: "broken-all",
    recheck: "fails",
  },
  {
    name: "sealed as pass, but nothing is declared",
    mail: async () => await sealed(makeMail()),
    level: "unrecorded",
    reason: "none",
    recheck: "fails",
  },
  {
    name: "sealed as pass, for another purpose",
    mail: async () => await sealed(signed, { purpose: "newsletter" }),
    level: "careful",
    reason: "permerror",
    recheck: "fails",
  },
  {
    name: "sealed as pass, after the signature had run out",
    mail: async () => await sealed(signed, { at: testTime + 30 * 86_400 }),
    level: "careful",
    reason: "expired",
    recheck: "fails",
  },
  {
    name: "sealed as pass, certificate for another address",
    mail: async () => await sealed(signed),
    world: () => {
      const other = { ...mallory, signer: { ...mallory.signer, keyId: alice.signer.keyId } };
      return { kept: [other] };
    },
    level: "careful",
    reason: "permerror",
    recheck: "fails",
  },
  {
    name: "sealed as broken stays so though it fits here",
    mail: async () => await sealed(signed, { declaration: "broken" }),
    level: "unproven",
    reason: "broken",
  },
  {
    name: "sealed as replay stays so",
    mail: async () => await sealed(signed, { declaration: "replay" }),
    level: "careful",
    reason: "replay",
  },
  {
    name: "sealed as temperror stays so",
    mail: async () => await sealed(signed, { declaration: "temperror" }),
    level: "unproven",
    reason: "temperror",
  },
  // Nobody of ours looked.
  { name: "no seal, declares", mail: () => Promise.resolve(signed), level: "unproven", reason: "claimed" },
  {
    name: "no seal, declares nothing",
    mail: () => Promise.resolve(makeMail()),
    level: "unrecorded",
    reason: "nothing",
  },
  {
    name: "sealed, declares nothing",
    mail: async () => await sealed(makeMail(), { declaration: "none", purpose: null, trust: null }),
    level: "unrecorded",
    reason: "none",
  },
  {
    name: "sealed, declares nothing though the domain signs all",
    mail: async () => await sealed(makeMail(), { declaration: "none", purpose: null, trust: null, allMail: true }),
    level: "broken",
    reason: "none-all",
  },
];

let mallory: Identity;
beforeAll(async () => {
  mallory = await makeIdentity("mallory@example.org");
});

test.each(rows)("$name", async ({ mail, world, level, reason, recheck }) => {
  const { verdict, evidence } = await assessed(await mail(), world?.() ?? {});
  expect([verdict.level, verdict.reason]).toEqual([level, reason]);
  if (recheck !== undefined) expect(evidence.recheck).toBe(recheck);
});

test("line ends of another kind change nothing", async () => {
  const text = stringFromBytes(rawMail(await sealed(signed))).replaceAll("\r\n", "\n");
  const { verdict } = must(await assess(bytesFromString(text), sources()));
  expect(verdict.level).toBe("holds");
});

describe("the path at the time of signing", () => {
  test("pkix stands where the kept chain leads up, and falls where it does not", async () => {
    const authority = await makeAuthority("example.org");
    const other = await makeAuthority("example.org");
    const carol = await makeIdentity("carol@example.org", { issuer: authority });
    const mail = await sealed(await signMail(makeMail({ from: "carol@example.org" }), carol), { trust: "pkix" });
    expect((await assessed(mail, { kept: [carol] })).verdict.level).toBe("holds");
    const [leaf] = carol.chain;
    const [wrong] = other.chain;
    if (leaf === undefined || wrong === undefined) throw new Error("no certificates");
    const swapped = await assessed(mail, { kept: [{ ...carol, chain: [leaf, wrong] }] });
    expect([swapped.verdict.level, swapped.verdict.reason]).toEqual(["careful", "first-key"]);
  });

  test("a subaddress that the server let pass fits its base's certificate, another address does not", async () => {
    const plus = await signMail(makeMail({ from: "alice+shop@example.org" }), alice);
    expect((await assessed(await sealed(plus))).evidence.recheck).toBe("fits");
    const other = await signMail(makeMail({ from: "alicexshop@example.org" }), alice);
    expect((await assessed(await sealed(other))).evidence.recheck).toBe("fails");
  });
});

test("whether it is written to this reader is shown, and lowers nothing", async () => {
  const mail = await sealed(signed);
  expect((await assessed(mail)).evidence.addressed).toBe(true);
  const alias = await assessed(mail, { more: { readerAddresses: ["robert@example.net"] } });
  expect([alias.evidence.addressed, alias.verdict.level]).toEqual([false, "holds"]);
  expect((await assessed(mail, { more: { readerAddresses: [] } })).evidence.addressed).toBeNull();
});

describe("among how many readers a complaint leaves it open who complained", () => {
  test.each([
    { name: "one recipient", to: "bob@example.net", want: 1 },
    { name: "two at his domain, whose bridge signs the report", to: "bob@example.net, carol@example.net", want: 2 },
    { name: "one of them in Cc", to: "bob@example.net", cc: "carol@EXAMPLE.net", want: 2 },
    {
      name: "others elsewhere, whom the sender may have made up, hide nobody",
      to: "bob@example.net, a@b.example",
      want: 1,
    },
    { name: "his own other address is himself", to: "bob@example.net, robert@example.net", want: 1 },
    { name: "a subaddress of his is himself, whatever begins it", to: "bob@example.net, BOB-x@example.net", want: 1 },
    { name: "so is one of his other address", to: "bob@example.net, robert+shop@example.net", want: 1 },
    { name: "a longer name is another's", to: "bob@example.net, bobby@example.net", want: 2 },
    { name: "a subaddress elsewhere is of no matter", to: "bob@example.net, bob+x@b.example", want: 1 },
    { name: "he got it by an address that is not known", to: "list@example.net, carol@example.net", want: 0 },
  ])("$name: $want", async ({ to, cc, want }) => {
    const mail = await signMail(makeMail({ to, ...(cc === undefined ? {} : { cc }) }), alice);
    const more = { readerAddresses: ["Bob@example.net", "robert@example.net"] };
    const { complaint } = (await assessed(await sealed(mail), { more })).verdict;
    expect(complaint).toMatchObject({ reach: "sender", boundRecipients: want, namesReader: want < 2 });
  });
});

describe("other checks", () => {
  const results = (id: string, text: string): HeaderField => field("Authentication-Results", `${id}; ${text}`);

  test("under a seal: those of its server below it, and no others", async () => {
    const below = withFields(
      signed,
      results("mx1.example.net", "dkim=fail header.d=example.org"),
      results("evil.example", "dkim=pass"),
    );
    const mail = withFields(await sealed(below), results("mx1.example.net", "dkim=pass; dmarc=pass"));
    const { verdict, evidence } = await assessed(mail);
    expect(evidence.checks.sealed).toBe(true);
    expect(spoken(verdict.checks.gist)).toBe("DKIM failed");
    expect(verdict.checks.rows.map(({ label, value }) => `${spoken(label)}: ${spoken(value)}`)).toEqual([
      "DKIM: signature of a domain: failed, for example.org",
      "Checked by: mx1.example.net, under seal",
    ]);
  });

  test("without a seal: of a trusted id only, as claims, and of each method the topmost only", async () => {
    const mail = withFields(
      makeMail(),
      results("mx.provider.example", "spf=pass smtp.mailfrom=example.org"),
      results("mx.provider.example", "dkim=fail header.d=example.org"),
      results("mx.provider.example", "dkim=pass header.d=example.org; dmarc=pass"),
    );
    const trusting = await assessed(mail, { more: { trustedAuthservIds: ["MX.provider.example"] } });
    expect(spoken(trusting.verdict.checks.gist)).toBe("provider says: DKIM failed");
    expect(trusting.verdict.level).toBe("unrecorded");
    expect(trusting.evidence.checks.sealed).toBe(false);
    const strict = await assessed(mail);
    expect(spoken(strict.verdict.checks.gist)).toBe("nothing recorded");
    expect(strict.verdict.checks.rows).toEqual([]);
  });
});

test("what stands below a trusted server's word that can't be read is anybody's", async () => {
  const results = (text: string): HeaderField => field("Authentication-Results", text);
  const world = { more: { trustedAuthservIds: ["mx.provider.example"] } };
  const good = results("mx.provider.example; dkim=pass header.d=bank.example; dmarc=pass");
  const gist = async (...fields: readonly HeaderField[]): Promise<string> =>
    spoken((await assessed(withFields(makeMail(), ...fields), world)).verdict.checks.gist);
  expect(await gist(good)).toBe("provider says: DKIM, DMARC passed");
  for (const unreadable of [
    "mx.provider.example; dmarc=fail action=none header.from=bank.example",
    '"mx.\\provider.example"; spf=fail (',
    "MX.Provider.example spf=fail",
  ])
    expect(await gist(results(unreadable), good), unreadable).toBe("nothing recorded");
  // One of others, or one below, takes nothing away.
  expect(await gist(results("mx.other.example; dmarc=fail action=none"), good)).toContain("DKIM, DMARC passed");
  expect(await gist(good, results("mx.provider.example; dmarc=fail action=none"))).toContain("DKIM, DMARC passed");
});

test("a server's word that can't be read is no word, be it a good or a bad one (Exchange Online's)", async () => {
  for (const dmarc of ["pass action=none", "fail action=quarantine"]) {
    const field = { name: "Authentication-Results", value: ` mx.provider.example; spf=pass; dmarc=${dmarc}` };
    const { verdict } = await assessed(withFields(makeMail(), field), {
      more: { trustedAuthservIds: ["mx.provider.example"] },
    });
    expect([verdict.checks.rows, spoken(verdict.checks.gist)]).toEqual([[], "nothing recorded"]);
  }
});

describe("the way", () => {
  const ours = field(
    "Received",
    "from mail.example.org (mail.example.org [192.0.2.25]) by mx1.example.net (Postfix) with ESMTPS id 4XyZ1234; Sat, 22 Nov 2025 22:20:05 +0000",
  );
  const theirs = field(
    "Received",
    "from app7 (unknown [10.0.0.7]) by mail.example.org with ESMTP id 9; Sat, 22 Nov 2025 22:20:01 +0000",
  );
  const later = field(
    "Received",
    "from mx1.example.net by imap.example.net with LMTP id 7; Sat, 22 Nov 2025 22:20:06 +0000",
  );

  test("what a server of ours sealed is not told twice; below it all is claimed", async () => {
    const mail = withFields(await sealed(withFields(signed, ours, theirs)), later);
    const { verdict } = await assessed(mail);
    expect(verdict.way.steps.map(({ text, seen }) => [seen, spoken(text)])).toEqual([
      [true, "imap.example.net took it from mx1.example.net"],
      [true, "mx1.example.net took it from mail.example.org"],
      [false, "mail.example.org took it from app7"],
    ]);
    expect(spoken(verdict.way.gist)).toBe("TLS 1.3, 1 server");
    expect(verdict.way.steps[1]?.details.map((detail) => spoken(detail)).slice(0, 2)).toEqual([
      "TLS 1.3 · AES-256-GCM",
      "no certificate",
    ]);
  });

  test("without a seal all is claimed; the trusted server's line gives the gist", async () => {
    const tls = field(
      "Received",
      "from a.example (a.example [192.0.2.1]) (using TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)) by mx.provider.example with ESMTPS id 1; Sat, 22 Nov 2025 22:20:05 +0000",
    );
    const mail = withFields(makeMail(), tls, theirs);
    const trusting = await assessed(mail, { more: { trustedAuthservIds: ["provider.example"] } });
    expect(spoken(trusting.verdict.way.gist)).toBe("only claimed: TLS 1.2");
    expect(trusting.verdict.way.steps.map(({ seen }) => seen)).toEqual([false, false]);
    expect(spoken((await assessed(mail)).verdict.way.gist)).toBe("only claimed");
    expect(spoken((await assessed(makeMail())).verdict.way.gist)).toBe("nothing");
  });

  test("no TLS, and no record of TLS, are two things", async () => {
    const open = await assessed(await sealed(signed, { tls: null, protocol: "ESMTP", rdns: null }));
    expect(spoken(open.verdict.way.gist)).toBe("not encrypted");
    expect(spoken(open.verdict.way.steps[0]?.text ?? { key: "", values: {} })).toBe(
      "mx1.example.net took it from 192.0.2.25 (no name)",
    );
    const untold = await assessed(await sealed(signed, { tls: null, protocol: null }));
    expect(spoken(untold.verdict.way.gist)).toBe("encryption not recorded");
  });

  test("a field that can't be read is a step that can't be read", async () => {
    const { verdict } = await assessed(withFields(makeMail(), field("Received", "\u0001")));
    expect(verdict.way.steps.map(({ text }) => text.key)).toEqual(["way_unreadable"]);
  });
});

describe("one-click unsubscribe (RFC 8058)", () => {
  const post = ["List-Unsubscribe-Post", "List-Unsubscribe=One-Click"] as const;
  const offers: { name: string; more: readonly (readonly [string, string])[]; want: string | null }[] = [
    {
      name: "offered",
      more: [post, ["List-Unsubscribe", "<mailto:x@example.org>, <https://news.example/u/1>"]],
      want: "https://news.example/u/1",
    },
    {
      name: "folded",
      more: [post, ["List-Unsubscribe", "<https://news.example/\r\n u/1>"]],
      want: "https://news.example/u/1",
    },
    { name: "without its second field", more: [["List-Unsubscribe", "<https://news.example/u/1>"]], want: null },
    { name: "over http", more: [post, ["List-Unsubscribe", "<http://news.example/u/1>"]], want: null },
    { name: "with credentials", more: [post, ["List-Unsubscribe", "<https://a:b@news.example/u/1>"]], want: null },
    { name: "a script", more: [post, ["List-Unsubscribe", "<javascript:alert(1)>"]], want: null },
    {
      name: "twice",
      more: [post, ["List-Unsubscribe", "<https://a.example/>"], ["List-Unsubscribe", "<https://b.example/>"]],
      want: null,
    },
  ];
  test.each(offers)("$name", async ({ more, want }) => {
    expect((await assessed(makeMail({ more }))).evidence.unsubscribe).toBe(want);
    expect((await assessed(await signMail(makeMail({ more }), alice))).evidence.unsubscribe).toBe(want);
  });

  test("of a declared mail, added on the way: not offered", async () => {
    const added = withFields(signed, field(...post), field("List-Unsubscribe", "<https://evil.example/>"));
    const { evidence, verdict } = await assessed(await sealed(added));
    expect(evidence.unsubscribe).toBe(null);
    expect(verdict.level).toBe("holds");
  });
});

describe("hostile", () => {
  test("whatever the octets, it ends in an answer and never holds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (raw) => {
        const result = await assess(raw, sources());
        if (result.ok) expect(result.value.verdict.level).not.toBe("holds");
      }),
    );
  });

  test("one changed octet in what is sealed never holds", async () => {
    const mail = await sealed(signed);
    const raw = rawMail(mail);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: raw.length - 1 }), fc.integer({ min: 0x21, max: 0x7e }), async (at, octet) => {
        const was = raw[at] ?? 0;
        // White space and the case of names are not signed (relaxed canonicalisation, RFC 6376 section 3.4).
        fc.pre(was > 0x20 && was !== octet && (was | 32) !== (octet | 32));
        const changed = Uint8Array.from(raw);
        changed[at] = octet;
        const result = await assess(changed, sources());
        if (result.ok) expect(result.value.verdict.level, `octet ${at}`).not.toBe("holds");
      }),
      { numRuns: 400 },
    );
  });

  test("text of the mail is shown without what can't be seen", async () => {
    const from = "ali\u00e2\u0080\u008bce <alice@example.org>";
    const { verdict } = await assessed(
      withFields(
        makeMail({ from }),
        field(
          "Received",
          "from evil\u00e2\u0080\u00aegpj (x [192.0.2.1]) by \u00e2\u0080\u008bmx with SMTP; 1 Jan 2025 00:00:00 +0000",
        ),
      ),
    );
    expect(JSON.stringify(verdict)).not.toMatch(/[\u200b\u202e]/);
  });
});
