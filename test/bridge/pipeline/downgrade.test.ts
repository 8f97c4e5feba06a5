// Made worse on the way: what a domain had before is taken from its mail, one thing at a time, by whoever stands between.
// The mail may still be true; it never reads as it did.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openStore, type Store } from "../../../bridge/store/store.ts";
import type { Message } from "../../../shared/header/field.ts";
import type { Policy } from "../../../shared/policy/types.ts";
import { editField, type Identity, makeIdentity, makeMail, must, signMail } from "../../fakes/mail.ts";
import { silent } from "../store/fixtures.ts";
import { accepting, client, type Desk } from "./desk.ts";
import { arrives, borderOf, pem, type Senders, txt } from "./senders.ts";

const url = "https://ipp.example/example.org/";
const record = (more: string): string => `v=IPP1; t=url; url=${url}${more}`;
let alice: Identity;
let mallory: Identity;
let folder: string;
let store: Store;
let senders: Senders;
let mails = 0;

beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
  mallory = await makeIdentity("alice@example.org");
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "waybill-downgrade-"));
  store = must(await openStore(join(folder, "waybill.db"), silent));
  senders = {
    names: { "_ipp.example.org": txt([record(`; ca=sha256:${alice.signer.keyId}; m=all`)]) },
    documents: { [`${url}alice.pub?ks=${alice.signer.keyId}`]: pem(...alice.chain) },
  };
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const border = (more: Parameters<typeof borderOf>[1] = {}): Desk =>
  borderOf(senders, { history: store.knownKeys, keys: store.knownKeys, ...more });

/** Alice's next mail. */
async function next(signer: Identity = alice): Promise<Message> {
  mails += 1;
  const nonce = new Uint8Array(12).fill(mails);
  return signMail(makeMail({ messageId: `<${mails}@example.org>` }), signer, { nonce });
}

const setRecord = (records: readonly string[], dnssec: "secure" | "insecure" = "secure"): void => {
  senders.names["_ipp.example.org"] = txt(records, dnssec);
};
const insteadOf = (tag: RegExp, by: string) => async (): Promise<Message> =>
  editField(await next(), "IPP-Signature", (value) => value.replace(tag, by));

const cases: { name: string; take: () => void; mail?: () => Promise<Message>; want: string }[] = [
  { name: "nothing", take: () => undefined, want: "pass domain: holds pass" },
  {
    name: "DNSSEC",
    take: () => setRecord([record(`; ca=sha256:${alice.signer.keyId}; m=all`)], "insecure"),
    want: "pass site: careful lowered-trust",
  },
  {
    name: "the key's digest in DNS",
    take: () => setRecord([record("; m=all")]),
    want: "pass site: careful lowered-trust",
  },
  {
    name: "the key itself: another one is published, in DNS without DNSSEC",
    take: () => {
      setRecord([record(`; ca=sha256:${mallory.signer.keyId}`)], "insecure");
      senders.documents[`${url}alice.pub?ks=${mallory.signer.keyId}`] = pem(...mallory.chain);
    },
    mail: () => next(mallory),
    want: "pass site: careful changed-key",
  },
  {
    name: "the record, with proof or without",
    take: () => setRecord([], "insecure"),
    want: "permerror none: careful permerror",
  },
  {
    name: "the signature, m=all known",
    take: () => undefined,
    mail: async () => editField(await next(), "IPP-Signature", () => null),
    want: "permerror: broken invalid-all",
  },
  {
    name: "the whole declaration, m=all known",
    take: () => undefined,
    mail: async () => {
      const fields = (await next()).fields.filter(({ name }) => !name.startsWith("IPP-"));
      return { ...(await next()), fields };
    },
    want: "none: broken none-all",
  },
  {
    name: "the algorithm: SHA-1",
    take: () => undefined,
    mail: insteadOf(/a=[^;]+/, "a=rsa-sha1"),
    want: "permerror: broken invalid-all",
  },
  {
    name: "the algorithm: another that is good",
    take: () => undefined,
    mail: insteadOf(/a=[^;]+/, "a=ed25519-sha256"),
    want: "permerror none: broken invalid-all",
  },
  { name: "the version", take: () => undefined, mail: insteadOf(/v=1/, "v=0"), want: "permerror: broken invalid-all" },
  {
    name: "fields of h",
    take: () => undefined,
    mail: insteadOf(/h=from:from:/, "h=from:"),
    want: "broken none: broken broken-all",
  },
  {
    name: "all but the first octets of the body: l=",
    take: () => undefined,
    mail: insteadOf(/bh=/, "l=10; bh="),
    want: "permerror: broken invalid-all",
  },
  {
    name: "the end of its life",
    take: () => undefined,
    mail: insteadOf(/x=\d+/, "x=9999999999"),
    want: "permerror: broken invalid-all",
  },
];

test.each(cases)("$name", async ({ take, mail, want }) => {
  const desk = border();
  expect((await arrives(desk, await next())).words).toBe("pass domain: holds pass");
  await store.flushed();
  take();
  expect((await arrives(border(), await (mail ?? next)())).words).toBe(want);
});

test("STARTTLS, or its version, where a rule asks for more: what the rule says else", async () => {
  const rule = {
    id: "bank",
    match: { purposes: [], classifications: [], from: ["@example.org"] },
    require: { trust: ["domain"], tls: "1.2" },
    action: "accept",
    otherwise: "quarantine",
  } as const;
  const policy: Policy = { ...accepting, rules: [rule] };
  const desk = border({ policies: { effective: () => ({ default: policy }) } });
  const words = async (tls: typeof client.tls): Promise<string> =>
    (await arrives(desk, await next(), { client: { tls } })).words;
  expect(await words(client.tls)).toBe("pass domain: holds pass");
  expect(await words({ version: "TLSv1.1", cipher: null, bits: null })).toBe("pass domain: careful policy-quarantine");
  expect(await words(null)).toBe("pass domain: careful policy-quarantine");
});
