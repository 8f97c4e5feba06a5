// Good mails, changed in thousands of ways: a declaration passes and a seal holds exactly where nothing that counts has
// changed, and nothing ever throws. WAYBILL_MUTATIONS sets how many (3,000 by default), WAYBILL_SEED where to begin.
import { beforeAll, describe, expect, test } from "vitest";
import { bytesFromString, stringFromBytes } from "../../shared/encoding/bytes.ts";
import type { Message } from "../../shared/header/field.ts";
import { splitMessage } from "../../shared/header/split.ts";
import { sealHop } from "../../shared/hop/seal.ts";
import { verifyHops } from "../../shared/hop/verify.ts";
import { optionalFields } from "../../shared/ipp/signature.ts";
import { verifyDeclaration } from "../../shared/ipp/verify.ts";
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
import { mutate } from "../fakes/mutate.ts";
import { randomOf } from "../fakes/random.ts";

const count = Number(process.env["WAYBILL_MUTATIONS"] ?? 3_000);
const seed = Number(process.env["WAYBILL_SEED"] ?? 1);
const { signer, key } = makeBridgeKey();

const multipart =
  "--b\r\nContent-Type: text/plain\r\n\r\nDear Bob,\r\n\r\npay  12.50.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Dear Bob</p>\r\n--b--\r\n";
const mails: readonly {
  readonly name: string;
  readonly mail: Message;
  readonly kind: "p256" | "ed25519" | "rsa2048";
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
}

async function outcomeOf(raw: string, identity: Identity, recipient = "bob@example.net"): Promise<Outcome> {
  const message = splitMessage(bytesFromString(raw));
  if (!message.ok) {
    return { declared: message.code, sealed: false, body: null };
  }
  const { fields } = message.value;
  const sources = makeDirectory({ records: { "example.org": testRecord() }, published: [identity] });
  const bodyHash = bodyHashOf(message.value);
  const finding = must(
    await verifyDeclaration({ fields, bodyHash, recipients: [recipient], now: testTime + 9 }, sources),
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
  return { declared: finding.result, sealed: hops.verified.length > 0, body: hops.verified[0]?.body ?? null };
}

describe.each(mails)("$name", ({ mail, kind }) => {
  let identity: Identity;
  let raw: string;
  beforeAll(async () => {
    identity = await makeIdentity("alice@example.org", { kind });
    raw = await delivered(mail, identity);
  });

  test("is good as it is, and not good for another recipient", async () => {
    expect(await outcomeOf(raw, identity)).toEqual({ declared: "pass", sealed: true, body: "same" });
    expect((await outcomeOf(raw, identity, "eve@example.net")).declared).toBe("forwarded");
  });

  test(`${Math.ceil(count / mails.length)} mutations`, async () => {
    const optional = optionalFields.filter((name) => new RegExp(`^${name}:`, "im").test(raw));
    const original = meaningOf(raw, "mx1.example.net", optional);
    const [seal] = original?.sealed ?? [];
    const random = randomOf(seed);
    const kept = { declared: 0, sealed: 0 };
    for (let round = 0; round < count / mails.length; round += 1) {
      const mutation = mutate(raw, random);
      const meaning = meaningOf(mutation.raw, "mx1.example.net", optional);
      const outcome = await outcomeOf(mutation.raw, identity);
      const say = `seed ${seed}, round ${round}: ${mutation.kind}\n${JSON.stringify(mutation.raw)}\n${JSON.stringify(outcome)}`;
      const sameBody = meaning !== null && meaning.body === original?.body;
      const good = sameBody && meaning.declared === original.declared;
      if ((outcome.declared === "pass") !== good) {
        throw new Error(`the declaration: ${say}`);
      }
      const holds = meaning?.sealed.some((text) => text === seal) === true;
      if (outcome.sealed !== holds || (holds && (outcome.body === "same") !== sameBody)) {
        throw new Error(`the seal: ${say}`);
      }
      kept.declared += good ? 1 : 0;
      kept.sealed += holds ? 1 : 0;
    }
    // Some mutations change nothing that counts: the word "exactly" above is tested in both directions.
    expect(kept.declared).toBeGreaterThan(0);
    expect(kept.sealed).toBeGreaterThan(0);
  }, 600_000);
});
