import { beforeAll, describe, expect, test } from "vitest";
import { signDeclaration, type SigningInput } from "../../../shared/ipp/sign.ts";
import { parseSignature } from "../../../shared/ipp/signature.ts";
import { checkToken, tokenNonce } from "../../../shared/ipp/token.ts";
import {
  bodyHashOf,
  editField,
  makeIdentity,
  makeMail,
  must,
  testCrypto,
  testDeclaration,
  testTime,
  testTokenKey,
  withFields,
  type Identity,
} from "../../fakes/mail.ts";

let alice: Identity;
beforeAll(async () => {
  alice = await makeIdentity("alice@example.org");
});

function input(mail = makeMail(), more: Partial<SigningInput> = {}): SigningInput {
  return {
    fields: mail.fields,
    bodyHash: bodyHashOf(mail),
    declaration: testDeclaration,
    now: testTime,
    lifetimeSeconds: 3_600,
    signer: alice.signer,
    tokenKey: testTokenKey,
    crypto: testCrypto,
    ...more,
  };
}

describe("signDeclaration", () => {
  test("oversigns what must be, signs what may be, and issues a token the sender can check", async () => {
    const mail = makeMail({
      cc: "carol@example.com",
      more: [
        ["List-Id", "<a.example>"],
        ["Received", "x"],
      ],
    });
    const signed = must(await signDeclaration(input(mail)));
    const signature = must(parseSignature(signed.signature.value));
    expect(signature.signedFields.join(":")).toBe(
      "from:from:sender:to:to:cc:cc:reply-to:subject:subject:date:date:message-id:message-id:mime-version:mime-version:" +
        "content-type:content-type:content-transfer-encoding:content-transfer-encoding:ipp-purpose:ipp-purpose:list-id",
    );
    expect(signature).toMatchObject({ address: "alice@example.org", signedAt: testTime, expiresAt: testTime + 3_600 });
    expect([signature.rh.length, signature.rd.length]).toEqual([2, 2]);
    const claims = {
      domain: "example.org",
      address: "alice@example.org",
      purpose: testDeclaration.purpose,
      classification: testDeclaration.classification,
      signedAt: testTime,
      rh: signature.rh,
      rd: signature.rd,
    };
    expect((await checkToken({ token: signed.token, keys: [testTokenKey], claims, crypto: testCrypto })).ok).toBe(true);
  });

  test("takes a fresh nonce for every mail unless given one", async () => {
    const [one, two] = [must(await signDeclaration(input())), must(await signDeclaration(input()))];
    expect(one.token).not.toBe(two.token);
    const nonce = new Uint8Array(12).fill(3);
    expect(tokenNonce(must(await signDeclaration(input(makeMail(), { nonce }))).token)).toEqual(nonce);
  });

  const refused: { name: string; input: () => SigningInput; code: string }[] = [
    {
      name: "a mail that is signed already",
      input: () => input(withFields(makeMail(), { name: "ipp-signature", value: "" })),
      code: "ipp/already-signed",
    },
    {
      name: "a mail with a declaration",
      input: () => input(withFields(makeMail(), { name: "IPP-Purpose", value: "" })),
      code: "ipp/already-signed",
    },
    {
      name: "resent mail",
      input: () => input(withFields(makeMail(), { name: "Resent-From", value: " x" })),
      code: "ipp/resent",
    },
    { name: "no Date", input: () => input(editField(makeMail(), "Date", () => null)), code: "ipp/incomplete" },
    {
      name: "no Message-ID",
      input: () => input(editField(makeMail(), "Message-ID", () => null)),
      code: "ipp/incomplete",
    },
    {
      name: "words for a local part",
      input: () => input(makeMail({ from: '"billing@bank.example, checked"@example.org' })),
      code: "ipp/local-part",
    },
    {
      name: "a From behind a CR alone",
      input: () => input(makeMail({ subject: "hello\rFrom: ceo@example.org" })),
      code: "ipp/header-form",
    },
    ...["MIME-Version", "Content-Type", "Content-Transfer-Encoding"].map((name) => ({
      name: `two ${name} fields`,
      input: () => input(withFields(makeMail(), { name, value: " x" })),
      code: "ipp/structure",
    })),
    {
      name: "two From fields",
      input: () => input(withFields(makeMail(), { name: "From", value: " a@b.example" })),
      code: "address/not-single",
    },
    {
      name: "two authors",
      input: () => input(makeMail({ from: "a@b.example, c@b.example" })),
      code: "address/not-single",
    },
    { name: "a From that does not parse", input: () => input(makeMail({ from: "alice" })), code: "address/syntax" },
    {
      name: "more than 14 days",
      input: () => input(makeMail(), { lifetimeSeconds: 14 * 86_400 + 1 }),
      code: "ipp/lifetime",
    },
    {
      name: "a purpose that is none",
      input: () => input(makeMail(), { declaration: { ...testDeclaration, purpose: "a\r\nb" } }),
      code: "ipp/purpose",
    },
  ];
  test.each(refused)("$name is not signed", async ({ input, code }) => {
    expect(await signDeclaration(input())).toMatchObject({ ok: false, code });
  });

  test("recipients that do not parse bind nobody", async () => {
    const signed = must(await signDeclaration(input(makeMail({ to: "bob at example" }))));
    expect(must(parseSignature(signed.signature.value)).rh).toEqual([]);
  });
});
