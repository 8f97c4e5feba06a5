// DKIM signatures of others, checked with our canonicalisation: what a signer hashed must come out. RFC 6376 section 6.1.
import { createHash, verify, type KeyObject } from "node:crypto";
import { fromBase64, withoutWhitespace } from "../../../shared/encoding/base64.ts";
import { bytesFromString } from "../../../shared/encoding/bytes.ts";
import { relaxBody, relaxedField } from "../../../shared/header/canonical.ts";
import { splitMessage } from "../../../shared/header/split.ts";
import { readTagList, withoutSignature } from "../../../shared/header/taglist.ts";
import { indexFields, signedData } from "../../../shared/ipp/signed-data.ts";
import { must } from "../../fakes/mail.ts";

/** RFC 6376 section 3.4.3; only here: Waybill itself never signs this way. */
function simpleBody(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body)
    .toString("latin1")
    .replaceAll(/\r?\n/g, "\r\n")
    .replace(/(?:\r\n)*$/, "");
  return bytesFromString(`${text}\r\n`);
}

/** One DKIM-Signature of a message. */
export interface DkimSignature {
  /** Its place among the fields. */
  readonly position: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly check: (key: KeyObject) => { readonly body: boolean; readonly header: boolean };
}

/** The signatures of a message whose header is relaxed. */
export function relaxedSignatures(message: Uint8Array): readonly DkimSignature[] {
  const { fields, body } = must(splitMessage(message));
  const index = indexFields(fields);
  return (index.get("dkim-signature") ?? []).flatMap((position) => {
    const value = fields[position]?.value ?? "";
    const list = must(readTagList(value));
    const { tags } = list;
    const [headerForm, bodyForm = "simple"] = (tags.get("c") ?? "simple/simple").split("/");
    if (headerForm !== "relaxed") return [];
    const check: DkimSignature["check"] = (key) => {
      const relaxed = bodyForm === "relaxed" ? must(relaxBody(body)) : simpleBody(body);
      const names = withoutWhitespace(tags.get("h") ?? "")
        .toLowerCase()
        .split(":");
      const own = relaxedField("dkim-signature", withoutSignature(value, list));
      const data = bytesFromString(signedData(fields, index, names, own));
      const seal = fromBase64(tags.get("b") ?? "", { whitespace: "ignore" }) ?? new Uint8Array();
      const ed25519 = tags.get("a") === "ed25519-sha256";
      const digested = ed25519 ? createHash("sha256").update(data).digest() : data;
      return {
        body: createHash("sha256").update(relaxed).digest("base64") === withoutWhitespace(tags.get("bh") ?? ""),
        header: verify(ed25519 ? null : "sha256", digested, key, seal),
      };
    };
    return [{ position, tags, check }];
  });
}
