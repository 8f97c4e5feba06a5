// A world in which alice@example.org signs and everything is in order, but for what a test changes.
import { hidesPartEnds } from "../../../shared/header/part-ends.ts";
import type { Message } from "../../../shared/header/field.ts";
import type { DeclarationFinding } from "../../../shared/ipp/types.ts";
import { verifyDeclaration } from "../../../shared/ipp/verify.ts";
import {
  bodyHashOf,
  makeAuthority,
  makeDirectory,
  makeIdentity,
  must,
  testRecord,
  testTime,
  type DirectoryEntries,
  type Identity,
} from "../../fakes/mail.ts";

const day = 86_400;

/** Who signs in these tests. */
export const alice: Identity = await makeIdentity("alice@example.org");

/** Alice under other keys and certificates, and others. */
export const others = {
  plus: await makeIdentity("alice+shop@example.org"),
  mallory: await makeIdentity("mallory@example.org"),
  expired: await makeIdentity("alice@example.org", { notAfter: testTime - 1, notBefore: testTime - day }),
  future: await makeIdentity("alice@example.org", { notBefore: testTime + 1 }),
  jörg: await makeIdentity("jörg@example.org"),
  twin: await makeIdentity("alice@example.org"),
  ed25519: await makeIdentity("alice@example.org", { kind: "ed25519" }),
  rsa: await makeIdentity("alice@example.org", { kind: "rsa2048" }),
  issued: await makeIdentity("alice@example.org", { issuer: await makeAuthority("example.org") }),
};

/** What is different from the usual. */
export interface World extends DirectoryEntries {
  readonly recipients?: readonly string[];
  readonly now?: number;
}

/** Verifies in that world; `asked`: every question to the outside, in order. */
export async function verify(
  mail: Message,
  world: World = {},
): Promise<{ finding: DeclarationFinding; asked: readonly string[] }> {
  const sources = makeDirectory({ records: { "example.org": testRecord() }, published: [alice], ...world });
  const finding = await verifyDeclaration(
    {
      fields: mail.fields,
      bodyHash: bodyHashOf(mail),
      hidesPartEnds: hidesPartEnds(mail),
      recipients: world.recipients ?? ["bob@example.net"],
      now: world.now ?? testTime + 60,
    },
    sources,
  );
  return { finding: must(finding), asked: sources.asked };
}
