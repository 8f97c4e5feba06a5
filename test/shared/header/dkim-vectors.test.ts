// Signed messages of others, with their keys: our canonicalisation must give what their signers hashed. RFC 6376 section 6.1.
import { createPublicKey, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { readTagList } from "../../../shared/header/taglist.ts";
import { must } from "../../fakes/mail.ts";
import { hasVectors, readVectors } from "../vectors.ts";
import { relaxedSignatures } from "./dkim.ts";

const files = ["001", "002", "003", "004", "005", "006"].map((name) => `dkim/${name}.txt`).filter(hasVectors);

/** The key of a DKIM key record (RFC 6376 section 3.6.1, RFC 8463 section 4; 002's is a bare RSAPublicKey). */
function publicKey(record: string): KeyObject {
  const tags = must(readTagList(record)).tags;
  const p = Buffer.from(tags.get("p") ?? "", "base64");
  return tags.get("k") === "ed25519"
    ? createPublicKey({
        key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), p]),
        format: "der",
        type: "spki",
      })
    : createPublicKey({ key: p, format: "der", type: "spki" });
}

interface Signed {
  readonly name: string;
  readonly check: () => { body: boolean; header: boolean };
}

function signaturesOf(file: string): readonly Signed[] {
  const text = readVectors(file);
  const blank = text.indexOf("\n\n");
  const records = new Map(
    text
      .slice(0, blank)
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)] as const),
  );
  return relaxedSignatures(bytesFromString(text.slice(blank + 2))).map(({ position, tags, check }) => {
    const record = records.get(`${tags.get("s")}._domainkey.${tags.get("d")}`) ?? "";
    return {
      name: `${file}, field ${position}: ${tags.get("a")} ${tags.get("c")}`,
      check: () => check(publicKey(record)),
    };
  });
}

describe.skipIf(files.length === 0)("DKIM messages of others", () => {
  const signed = files.flatMap((file) => signaturesOf(file));

  test("there are seven relaxed signatures, of six messages", () => {
    expect([files.length, signed.length]).toEqual([6, 7]);
  });

  test.each(signed)("$name", ({ check }) => {
    expect(check()).toEqual({ body: true, header: true });
  });
});
