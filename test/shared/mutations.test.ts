// Good mails, changed in thousands of ways: a declaration passes and a seal holds exactly where nothing that counts has
// changed, a reader is told "holds" only then, and nothing ever throws. WAYBILL_MUTATIONS sets how many (10,000 by default), WAYBILL_SEED where to begin.
import { beforeAll, describe, expect, test } from "vitest";
import { bytesFromString, encodeUtf8, stringFromBytes } from "../../shared/encoding/bytes.ts";
import type { Message } from "../../shared/header/field.ts";
import { hidesPartEnds } from "../../shared/header/part-ends.ts";
import { splitMessage } from "../../shared/header/split.ts";
import { sealHop } from "../../shared/hop/seal.ts";
import { verifyHops } from "../../shared/hop/verify.ts";
import { optionalFields } from "../../shared/ipp/signed-fields.ts";
import { verifyDeclaration } from "../../shared/ipp/verify.ts";
import { assess } from "../../shared/verdict/assess.ts";
import type { Level } from "../../shared/verdict/types.ts";
import {
  bodyHashOf,
  makeBridgeKey,
  makeDirectory,
  makeIdentity,
  makeMail,
  makeSignal,
  must,
  rawMail,
  signMail,
  testCrypto,
  testRecord,
  testTime,
  withFields,
  type Identity,
} from "../fakes/mail.ts";
import { meaningOf } from "../fakes/meaning.ts";
import { mutate, mutateText, mutationKinds } from "../fakes/mutate.ts";
import { randomOf } from "../fakes/random.ts";

const count = Number(process.env["WAYBILL_MUTATIONS"] ?? 10_000);
const seed = Number(process.env["WAYBILL_SEED"] ?? 1);
const { signer, key } = makeBridgeKey();

const multipart =
  "--b\r\nContent-Type: text/plain\r\n\r\nDear Bob,\r\n\r\npay  12.50.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Dear Bob</p>\r\n--b--\r\n";
const attached = [
  "--o",
  "Content-Type: multipart/alternative; boundary=i",
  "",
  "--i",
  "Content-Type: text/plain; charset=utf-8",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "Dear Bob, see =E2=82=AC 12",
  "--i--",
  "--o",
  "Content-Type: application/pdf; name=a.pdf",
  "Content-Disposition: attachment; filename=a.pdf",
  "Content-Transfer-Encoding: base64",
  "",
  "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9G",
  "bGF0ZURlY29kZT4+CnN0cmVhbQp4nD2OywoCMQxF9/mKu3YRk7bptDAIDuh+oOAP+AAX",
  "--o--",
  "",
].join("\r\n");
const mails: readonly {
  readonly name: string;
  readonly mail: Message;
  readonly kind: "p256" | "ed25519" | "rsa2048";
  /** Who signs; alice@example.org by default. */
  readonly from?: string;
}[] = [
  { name: "plain text, P-256", kind: "p256", mail: makeMail() },
  {
    name: "a newsletter, RSA",
    kind: "rsa2048",
    mail: makeMail({
      to: '"Bob (b)" <bob@example.net>,\r\n carol@example.com',
      more: [
        ["List-Id", "<news.example.org>"],
        ["List-Unsubscribe", "<https://example.org/u/1>"],
      ],
    }),
  },
  {
    name: "MIME parts, Ed25519",
    kind: "ed25519",
    mail: {
      fields: makeMail({ cc: "carol@example.com" }).fields.map((field) =>
        field.name === "Content-Type" ? { ...field, value: " multipart/alternative;\r\n\tboundary=b" } : field,
      ),
      body: bytesFromString(multipart),
    },
  },
  {
    name: "an attachment in nested parts, RSA",
    kind: "rsa2048",
    mail: {
      fields: makeMail({ to: "bob@example.net", subject: "=?utf-8?q?R=C3=A9sum=C3=A9?=" }).fields.map((field) =>
        field.name === "Content-Type" ? { ...field, value: ' multipart/mixed;\r\n boundary="o"' } : field,
      ),
      body: bytesFromString(attached),
    },
  },
  {
    name: "an international address, P-256",
    kind: "p256",
    from: "j\u00f6rg@example.org",
    mail: makeMail({
      from: stringFromBytes(encodeUtf8("J\u00f6rg <j\u00f6rg@example.org>")),
      to: stringFromBytes(encodeUtf8("Bob <bob@example.net>, zo\u00eb@example.com")),
      subject: stringFromBytes(encodeUtf8("Gr\u00fc\u00dfe")),
    }),
  },
];

/** The mail as our border delivers it. */
async function delivered(mail: Message, identity: Identity): Promise<string> {
  const declared = await signMail(mail, identity);
  const seen = withFields(declared, { name: "Authentication-Results", value: " mx1.example.net; dkim=pass" });
  const signal = makeSignal(seen, signer);
  const value = await sealHop({ signal, fields: seen.fields, signer });
  return stringFromBytes(rawMail(withFields(seen, { name: "Hop-Signal", value })));
}

interface Outcome {
  readonly declared: string;
  readonly sealed: boolean;
  readonly body: string | null;
  /** What a reader is told. */
  readonly level: Level | null;
}

async function outcomeOf(raw: string, identity: Identity, recipient = "bob@example.net"): Promise<Outcome> {
  const message = splitMessage(bytesFromString(raw));
  if (!message.ok) {
    return { declared: message.code, sealed: false, body: null, level: null };
  }
  const { fields } = message.value;
  const sources = makeDirectory({ records: { "example.org": testRecord() }, published: [identity] });
  const bodyHash = bodyHashOf(message.value);
  const finding = must(
    await verifyDeclaration(
      { fields, bodyHash, hidesPartEnds: hidesPartEnds(message.value), recipients: [recipient], now: testTime + 9 },
      sources,
    ),
  );
  const hops = must(
    await verifyHops({
      fields,
      body: { hash: bodyHash },
      domains: ["example.net"],
      keys: () => [key],
      crypto: testCrypto,
    }),
  );
  const assessed = await assess(bytesFromString(raw), {
    crypto: testCrypto,
    now: testTime + 9,
    domains: ["example.net"],
    keys: async () => [key],
    certificates: async (keyId) => ({
      chains: keyId === identity.signer.keyId ? [identity.chain] : [],
      revokedFrom: null,
      withdrawnPaths: [],
    }),
    trustedAuthservIds: ["mx1.example.net"],
    readerAddresses: [recipient],
  });
  return {
    declared: finding.result,
    sealed: hops.verified.length > 0,
    body: hops.verified[0]?.body ?? null,
    level: must(assessed).verdict.level,
  };
}

describe.each(mails)("$name", ({ mail, kind, from = "alice@example.org" }) => {
  let identity: Identity;
  let raw: string;
  beforeAll(async () => {
    identity = await makeIdentity(from, { kind });
    raw = await delivered(mail, identity);
  });

  test("is good as it is, and not good for another recipient", async () => {
    expect(await outcomeOf(raw, identity)).toEqual({ declared: "pass", sealed: true, body: "same", level: "holds" });
    expect((await outcomeOf(raw, identity, "eve@example.net")).declared).toBe("forwarded");
  });

  /** Throws where a changed mail comes to anything else than what its meaning asks for; what is left of the good one. */
  async function check(changed: string, what: string) {
    const optional = optionalFields.filter((name) => new RegExp(`^${name}:`, "im").test(raw));
    const original = meaningOf(raw, "mx1.example.net", optional);
    const [seal] = original?.sealed ?? [];
    const meaning = meaningOf(changed, "mx1.example.net", optional);
    const outcome = await outcomeOf(changed, identity);
    const sameBody = meaning !== null && meaning.body === original?.body;
    const declared = sameBody && meaning.plainParts && meaning.declared === original.declared;
    const sealed = meaning?.sealed.some((text) => text === seal) === true;
    const wrong =
      (outcome.declared === "pass") !== declared
        ? "the declaration"
        : outcome.sealed !== sealed || (sealed && (outcome.body === "same") !== sameBody)
          ? "the seal"
          : outcome.level === "holds" && !(declared && sealed)
            ? "the reader"
            : null;
    if (wrong !== null) throw new Error(`${wrong}: ${what}\n${JSON.stringify(changed)}\n${JSON.stringify(outcome)}`);
    return { declared, sealed, holding: outcome.level === "holds" };
  }

  test(`${Math.ceil(count / mails.length)} mutations`, async () => {
    const random = randomOf(seed);
    const kept = { declared: 0, sealed: 0, holding: 0 };
    const tried = new Map(mutationKinds.map((name) => [name, 0]));
    for (let round = 0; round < count / mails.length; round += 1) {
      const mutation = mutate(raw, random);
      const left = await check(mutation.raw, `seed ${seed}, round ${round}: ${mutation.kind}`);
      tried.set(mutation.kind, (tried.get(mutation.kind) ?? 0) + 1);
      for (const name of ["declared", "sealed", "holding"] as const) kept[name] += left[name] ? 1 : 0;
    }
    // Some mutations change nothing that counts: the word "exactly" above is tested in both directions.
    expect(kept.declared).toBeGreaterThan(0);
    expect(kept.sealed).toBeGreaterThan(0);
    expect(kept.holding).toBeGreaterThan(0);
    expect([...tried].filter(([, times]) => times === 0)).toEqual([]);
  }, 1_200_000);

  test("every octet, one after the other, changed", async () => {
    for (let at = 0; at < raw.length; at += 1) {
      const octet = String.fromCharCode(raw.charCodeAt(at) ^ 1);
      await check(raw.slice(0, at) + octet + raw.slice(at + 1), `octet ${at}`);
    }
  }, 120_000);

  test("a second instance of each field, above, below and beside: what each covers, exactly", async () => {
    const end = raw.indexOf("\r\n\r\n") + 2;
    const fields = raw.slice(0, end).split(/(?<=\r\n)(?![ \t])/);
    for (const [index, field] of fields.entries()) {
      const [name = ""] = field.split(":");
      for (const place of [0, index, index + 1, fields.length]) {
        const changed = fields.toSpliced(place, 0, field).join("") + raw.slice(end);
        const { holding } = await check(changed, `${name} once more at ${place}`);
        // Above the seal our own results are only claimed, and read as that.
        if (name !== "Authentication-Results" || place > index) expect(holding, `${name} at ${place}`).toBe(false);
      }
    }
  });

  test("an envelope's recipient that is another one is not bound", async () => {
    const random = randomOf(seed);
    for (let round = 0; round < 200; round += 1) {
      const recipient = mutateText("bob@example.net", random);
      const { declared } = await outcomeOf(raw, identity, recipient);
      // Spelled otherwise it is still Bob: case, quotes, comments, white space.
      const plain = recipient.toLowerCase().replaceAll(/[\s"\\]|\([^)]*\)/g, "");
      if (plain !== "bob@example.net") expect(declared, JSON.stringify(recipient)).toBe("forwarded");
    }
  });
});
