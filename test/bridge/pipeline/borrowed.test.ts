// Trust that is borrowed: a stranger whose own DNS, host and certificates are in perfect order vouches for another's address,
// or has the other's publication vouch for his. What is sealed, and what the reader is told. Protocol sections 1 and 2.
import { beforeAll, describe, expect, test } from "vitest";
import { keyIdOf, nodeSigner } from "../../../bridge/keys/node-crypto.ts";
import type { Message } from "../../../shared/header/field.ts";
import { editField, makeMail, signMail, testTime } from "../../fakes/mail.ts";
import { spoken } from "../../shared/verdict/words.ts";
import { general, issue, testKey, type Issued, type TestKey } from "../../shared/x509/issue.ts";
import { arrives, borderOf, pem, type Senders, txt } from "./senders.ts";

const day = 86_400;
const life = { notBefore: testTime - day, notAfter: testTime + 60 * day };
const bankUrl = "https://ipp.bank.example/bank.example/";
const evilUrl = "https://ipp.evil.example/";

function authority(name: string, key: TestKey): Issued {
  return issue({ subject: [["CN", name]], key, issuer: null, ca: true, keyUsage: ["keyCertSign"], ...life });
}

function leaf(key: TestKey, issuer: Issued | null, ...addresses: readonly string[]): Issued {
  return issue({ subject: [["CN", "x"]], key, issuer, names: addresses.map((each) => general.email(each)), ...life });
}

const [bankKey, evilKey] = [testKey("p256", 41), testKey("p256", 43)];
const bankCa = authority("Bank CA", testKey("p256", 40));
const evilCa = authority("Evil CA", testKey("p256", 42));
const ofBank = leaf(bankKey, bankCa, "billing@bank.example");
const digestOf = ({ key }: Issued): string => keyIdOf(key.spki);

const signerOf = (key: TestKey) => {
  const signer = nodeSigner(key.privateKey);
  if (signer === null) throw new Error("P-256 signs");
  return signer;
};
const [bank, evil] = [signerOf(bankKey), signerOf(evilKey)];
const record = (base: string, more: string): string => `v=IPP1; t=url; url=${base}; ${more}`;
const pub = (base: string, local: string, keyId: string): string => `${base}${local}.pub?ks=${keyId}`;

/** The bank in order, and the stranger in order for himself. */
function world(): Senders {
  const ofEvil = leaf(evilKey, evilCa, "mallory@evil.example");
  return {
    names: {
      "_ipp.bank.example": txt([record(bankUrl, `ca=sha256:${digestOf(bankCa)}; m=all`)]),
      "_ipp.evil.example": txt([record(evilUrl, `ca=sha256:${digestOf(evilCa)}`)]),
    },
    documents: {
      [pub(bankUrl, "billing", bank.keyId)]: pem(ofBank.der, bankCa.der),
      [pub(evilUrl, "mallory", evil.keyId)]: pem(ofEvil.der, evilCa.der),
    },
  };
}

const from = (address: string, name = ""): Message =>
  makeMail({ from: name === "" ? address : `${name} <${address}>` });
const domainTag = (mail: Message, domain: string): Message =>
  editField(mail, "IPP-Signature", (value) => value.replace(/d=[^;]+/, `d=${domain}`));

test("each for himself is in order", async () => {
  const asBank = await signMail(from("billing@bank.example"), { signer: bank });
  const asEvil = await signMail(from("mallory@evil.example"), { signer: evil });
  expect((await arrives(borderOf(world()), asBank)).words).toBe("pass domain: holds pass");
  expect((await arrives(borderOf(world()), asEvil)).words).toBe("pass domain: holds pass");
});

/** The stranger's mail in the bank's name, his world changed as he likes. */
interface Attack {
  readonly name: string;
  readonly mail: () => Promise<Message>;
  readonly change?: (senders: Senders) => void;
  readonly want: string;
}

const forBank = leaf(evilKey, evilCa, "billing@bank.example");
const attacks: readonly Attack[] = [
  {
    name: "his CA, in his secure DNS, has issued for the bank's address: the bank's own publication is asked",
    mail: () => signMail(from("billing@bank.example"), { signer: evil }),
    change: ({ documents }) => {
      documents[pub(evilUrl, "billing", evil.keyId)] = pem(forBank.der, evilCa.der);
    },
    want: "permerror none: broken invalid-all",
  },
  {
    name: "the same, and d is his own domain",
    mail: async () => domainTag(await signMail(from("billing@bank.example"), { signer: evil }), "evil.example"),
    want: "permerror: broken invalid-all",
  },
  {
    name: "signed as himself, From is the bank",
    mail: async () =>
      editField(await signMail(from("mallory@evil.example"), { signer: evil }), "From", () => " billing@bank.example"),
    want: "permerror none: broken invalid-all",
  },
  {
    name: "a subdomain of the bank's name that he owns",
    mail: async () => domainTag(await signMail(from("billing@bank.example"), { signer: evil }), "pay.bank.example"),
    change: ({ names }) => {
      names["_ipp.pay.bank.example"] = names["_ipp.evil.example"] ?? txt([]);
    },
    want: "permerror: broken invalid-all",
  },
  {
    name: "his record names the bank's host and path: the key there is not his",
    mail: () => signMail(from("billing@evil.example"), { signer: { ...evil, keyId: bank.keyId } }),
    change: ({ names }) => {
      names["_ipp.evil.example"] = txt([record(bankUrl, `ca=sha256:${digestOf(bankCa)}`)]);
    },
    want: "permerror none: careful permerror",
  },
  {
    name: "the bank's certificate and its CA's, copied to his host, under his domain's name",
    mail: () => signMail(from("billing@evil.example"), { signer: { ...evil, keyId: bank.keyId } }),
    change: ({ names, documents }) => {
      names["_ipp.evil.example"] = txt([record(evilUrl, `ca=sha256:${digestOf(bankCa)}`)]);
      documents[pub(evilUrl, "billing", bank.keyId)] = pem(ofBank.der, bankCa.der);
    },
    want: "permerror none: careful permerror",
  },
  {
    name: "his record names the bank's CA, whose certificate he publishes beside his own: it has not issued that",
    mail: () => signMail(from("mallory@evil.example"), { signer: evil }),
    change: ({ names, documents }) => {
      names["_ipp.evil.example"] = txt([record(evilUrl, `ca=sha256:${digestOf(bankCa)}`)]);
      const own = leaf(evilKey, null, "mallory@evil.example");
      documents[pub(evilUrl, "mallory", evil.keyId)] = pem(own.der, bankCa.der);
    },
    want: "pass site: holds pass",
  },
  {
    name: "the same in the name of the bank's CA, by a key of his own",
    mail: () => signMail(from("mallory@evil.example"), { signer: evil }),
    change: ({ names, documents }) => {
      names["_ipp.evil.example"] = txt([record(evilUrl, `ca=sha256:${digestOf(bankCa)}`)]);
      const namesake = authority("Bank CA", testKey("p256", 44));
      const own = leaf(evilKey, namesake, "mallory@evil.example");
      documents[pub(evilUrl, "mallory", evil.keyId)] = pem(own.der, bankCa.der, namesake.der);
    },
    want: "pass site: holds pass",
  },
  {
    name: "the bank's DNS without DNSSEC, answered by him: his host, his CA, and no secure word for it",
    mail: () => signMail(from("billing@bank.example"), { signer: evil }),
    change: ({ names, documents }) => {
      names["_ipp.bank.example"] = txt([record(evilUrl, `ca=sha256:${digestOf(evilCa)}`)], "insecure");
      documents[pub(evilUrl, "billing", evil.keyId)] = pem(forBank.der, evilCa.der);
    },
    // Whoever has a domain's insecure DNS signs as it does (threat model, section 8); where it is known to have had
    // better, downgrade.test.ts has the word.
    want: "pass site: holds pass",
  },
];

describe("a stranger in order", () => {
  test.each(attacks)("$name", async ({ mail, change, want }) => {
    const senders = world();
    change?.(senders);
    expect((await arrives(borderOf(senders), await mail())).words).toBe(want);
  });

  test("a certificate of his for two addresses signs as the one that From names, and is told as that one", async () => {
    const senders = world();
    const both = leaf(evilKey, evilCa, "billing@bank.example", "mallory@evil.example");
    senders.documents[pub(evilUrl, "mallory", evil.keyId)] = pem(both.der, evilCa.der);
    const mail = await signMail(from("mallory@evil.example", '"billing@bank.example"'), { signer: evil });
    const { words, sentence } = await arrives(borderOf(senders), mail);
    expect(words).toBe("pass domain: holds pass");
    expect(sentence === null ? "" : spoken(sentence)).toMatch(/mallory@evil\.example/);
    expect(sentence === null ? "" : spoken(sentence)).not.toMatch(/bank\.example/);
  });

  test("what is remembered of his key for him is nothing for the bank's address", async () => {
    const senders = world();
    const history = {
      known: (address: string) =>
        address === "mallory@evil.example"
          ? [{ keyId: evil.keyId, level: "domain", dkimAligned: true } as const]
          : [{ keyId: bank.keyId, level: "domain", dkimAligned: true } as const],
    };
    senders.names["_ipp.bank.example"] = txt([record(evilUrl, "m=all")], "insecure");
    senders.documents[pub(evilUrl, "billing", evil.keyId)] = pem(forBank.der);
    const mail = await signMail(from("billing@bank.example"), { signer: evil });
    expect((await arrives(borderOf(senders, { history }), mail)).words).toBe("pass site: careful changed-key");
  });
});

describe("a host that serves many domains", () => {
  let mails: readonly Message[];
  beforeAll(async () => {
    mails = [await signMail(from("billing@bank.example"), { signer: bank })];
  });

  test.each([
    { name: "each below a path of its own", url: "https://shared.example/{d}/", want: "pass domain: holds pass" },
    {
      name: "all below one: the certificate tells them apart",
      url: "https://shared.example/",
      want: "permerror none: broken invalid-all",
    },
  ])("$name", async ({ url, want }) => {
    const senders = world();
    const at = (domain: string): string => pub(url.replace("{d}", domain), "billing", bank.keyId);
    senders.names["_ipp.bank.example"] = txt([record(url, `ca=sha256:${digestOf(bankCa)}; m=all`)]);
    senders.documents[at("bank.example")] = pem(ofBank.der, bankCa.der);
    // Where both share a place the other's document is what is there.
    senders.documents[at("evil.example")] = pem(leaf(bankKey, evilCa, "billing@evil.example").der, evilCa.der);
    for (const mail of mails) expect((await arrives(borderOf(senders), mail)).words).toBe(want);
  });
});
