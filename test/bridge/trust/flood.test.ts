// A flood of mails in the names of a victim's domains, made up or not: how much each of them makes our bridge ask of his
// DNS and of his servers. No more than any mail does, whatever stands in it.
import { beforeAll, describe, expect, test } from "vitest";
import { ok, temp } from "../../../shared/result.ts";
import type { Resolver } from "../../../bridge/dns/resolver.ts";
import { requestBudget } from "../../../bridge/fetch/budget.ts";
import { fetchedDocuments } from "../../../bridge/fetch/documents.ts";
import { declarationSources } from "../../../bridge/trust/sources.ts";
import type { Message } from "../../../shared/header/field.ts";
import { verifyDeclaration } from "../../../shared/ipp/verify.ts";
import {
  bodyHashOf,
  editField,
  type Identity,
  makeIdentity,
  makeMail,
  must,
  signMail,
  testCrypto,
  testTime,
} from "../../fakes/mail.ts";

let alice: Identity;
beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
});

/** What verifying these mails asks: TXT and address questions, requests. Every domain leads to the victim's server. */
async function asked(mails: readonly Message[]): Promise<{ txt: number; addresses: number; requests: number }> {
  const count = { txt: 0, addresses: 0, requests: 0 };
  const resolver: Resolver = {
    txt: async () => {
      count.txt += 1;
      return ok({ records: ["v=IPP1; t=url; url=https://victim.example/{d}/"], dnssec: "insecure", ttlSeconds: 300 });
    },
    addresses: async () => {
      count.addresses += 1;
      return ok(["198.18.0.1"]);
    },
  };
  const now = (): number => testTime * 1_000;
  const documents = fetchedDocuments({
    ask: async () => {
      count.requests += 1;
      return temp("fetch/timeout", "");
    },
    budget: requestBudget(now),
    now,
  });
  const sources = declarationSources({
    crypto: testCrypto,
    resolver,
    documents,
    anchors: () => [],
    revocations: { lists: async () => [], generation: () => 0 },
    history: null,
    keeper: null,
    clock: { now: () => testTime },
    now,
  });
  for (const mail of mails) {
    const { fields } = mail;
    const bodyHash = bodyHashOf(mail);
    must(await verifyDeclaration({ fields, bodyHash, hidesPartEnds: false, recipients: [], now: testTime }, sources));
  }
  return count;
}

const mails = 1_000;
const named = (n: number): string => `alice@d${n}.victim.example`;
const many = (make: (n: number) => Message): Message[] => Array.from({ length: mails }, (_, n) => make(n));

describe("a thousand mails", () => {
  test("that declare nothing: one question each, for the domain that they name, and no request", async () => {
    expect(await asked(many((n) => makeMail({ from: named(n) })))).toEqual({ txt: 1_000, addresses: 0, requests: 0 });
  });

  test("that all name one domain: one question", async () => {
    expect(await asked(many(() => makeMail()))).toEqual({ txt: 1, addresses: 0, requests: 0 });
  });

  test("with a hundred domains each in From: four questions each", async () => {
    const from = (n: number): string => Array.from({ length: 100 }, (_, i) => named(n * 100 + i)).join(", ");
    expect(await asked(many((n) => makeMail({ from: from(n) })))).toEqual({ txt: 4_000, addresses: 0, requests: 0 });
  });

  test("whose declarations are malformed, too old, or of a changed body: no request", async () => {
    const signed = await signMail(makeMail(), alice);
    const old = await signMail(makeMail(), alice, { now: testTime - 30 * 86_400 });
    const changed = { ...signed, body: new TextEncoder().encode("changed\r\n") };
    const malformed = editField(signed, "IPP-Signature", (value) => value.replace("tok=", "tok=x"));
    for (const mail of [old, changed, malformed]) expect(await asked(many(() => mail))).toMatchObject({ requests: 0 });
  });

  test("each well formed and by a key of its own: the domain's budget, and then none", async () => {
    const signed = await signMail(makeMail(), alice);
    const keyed = (n: number): Message =>
      editField(signed, "IPP-Signature", (value) =>
        value.replace(/ks=[\w-]{43}/, `ks=${Buffer.alloc(32, `k${n}`).toString("base64url")}`),
      );
    expect(await asked(many(keyed))).toEqual({ txt: 1, addresses: 0, requests: 60 });
  });

  test("each well formed and of a domain of its own: the host's budget, and then none", async () => {
    const signed = await signMail(makeMail(), alice);
    const elsewhere = (n: number): Message => {
      const domain = `d${n}.evil.example`;
      const from = editField(signed, "From", () => ` alice@${domain}`);
      return editField(from, "IPP-Signature", (value) => value.replaceAll("example.org", domain));
    };
    expect(await asked(many(elsewhere))).toEqual({ txt: 1_000, addresses: 0, requests: 600 });
  });
});
