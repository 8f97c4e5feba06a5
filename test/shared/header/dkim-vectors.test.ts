// Signed messages of others, with their keys: our canonicalisation must give what their signers hashed. RFC 6376 section 6.1.
import { createHash, createPublicKey, verify, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fromBase64, withoutWhitespace } from "../../../shared/encoding/base64.ts";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { relaxBody, relaxedField } from "../../../shared/header/canonical.ts";
import { splitMessage } from "../../../shared/header/split.ts";
import { readTagList, withoutSignature } from "../../../shared/header/taglist.ts";
import { indexFields, signedData } from "../../../shared/ipp/signed-data.ts";
import { must } from "../../fakes/mail.ts";
import { hasVectors, readVectors } from "../vectors.ts";

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

/** RFC 6376 section 3.4.3; only here: Waybill itself never signs this way. */
function simpleBody(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body)
    .toString("latin1")
    .replaceAll(/\r?\n/g, "\r\n")
    .replace(/(?:\r\n)*$/, "");
  return bytesFromString(`${text}\r\n`);
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
  const { fields, body } = must(splitMessage(bytesFromString(text.slice(blank + 2))));
  const index = indexFields(fields);
  return (index.get("dkim-signature") ?? []).flatMap((position) => {
    const value = fields[position]?.value ?? "";
    const list = must(readTagList(value));
    const { tags } = list;
    const [headerForm, bodyForm = "simple"] = (tags.get("c") ?? "simple/simple").split("/");
    const record = records.get(`${tags.get("s")}._domainkey.${tags.get("d")}`);
    if (headerForm !== "relaxed" || record === undefined) {
      return [];
    }
    const check = (): { body: boolean; header: boolean } => {
      const relaxed = bodyForm === "relaxed" ? must(relaxBody(body)) : simpleBody(body);
      const names = withoutWhitespace(tags.get("h") ?? "")
        .toLowerCase()
        .split(":");
      const own = relaxedField("dkim-signature", withoutSignature(value, list));
      const data = bytesFromString(signedData(fields, index, names, own));
      const seal = fromBase64(tags.get("b") ?? "", { whitespace: "ignore" }) ?? new Uint8Array();
      const ed25519 = tags.get("a") === "ed25519-sha256";
      return {
        body: createHash("sha256").update(relaxed).digest("base64") === withoutWhitespace(tags.get("bh") ?? ""),
        header: verify(
          ed25519 ? null : "sha256",
          ed25519 ? createHash("sha256").update(data).digest() : data,
          publicKey(record),
          seal,
        ),
      };
    };
    return [{ name: `${file}, field ${position}: ${tags.get("a")} ${tags.get("c")}`, check }];
  });
}

describe.skipIf(files.length === 0)("DKIM messages of others", () => {
  const signed = files.flatMap((file) => signaturesOf(file));

  test("there are six relaxed signatures", () => {
    expect(signed.map(({ name }) => name).length).toBeGreaterThanOrEqual(6);
  });

  test.each(signed)("$name", ({ check }) => {
    expect(check()).toEqual({ body: true, header: true });
  });
});
