// Seals what this MTA saw of a mail into a Hop-Signal. Protocol section 4.
import type { Signer } from "../crypto/crypto.ts";
import { toBase64 } from "../encoding/base64.ts";
import { bytesFromString } from "../encoding/bytes.ts";
import type { HeaderField } from "../header/field.ts";
import { fillSignature } from "../header/taglist.ts";
import { formatHopSignal } from "./format.ts";
import { indexSealed, sealedData } from "./sealed-data.ts";
import type { HopSignal } from "./types.ts";

/**
 * The sealed Hop-Signal's value, to be inserted above everything (index 0). `fields`: the header as it stands below it
 * then, this hop's Authentication-Results and kept lower Hop-Signals included, removed fields gone.
 * The signal's keyId and algorithm must be the signer's.
 */
export async function sealHop(input: {
  readonly signal: HopSignal;
  readonly fields: readonly HeaderField[];
  readonly signer: Signer;
  /** `formatHopSignal(signal, null)`, where it is at hand. */
  readonly value?: string;
}): Promise<string> {
  const { signal, fields, signer } = input;
  if (signer.algorithm !== signal.algorithm || signer.keyId !== signal.keyId) {
    throw new RangeError("the Hop-Signal names another key than its signer's");
  }
  const value = input.value ?? formatHopSignal(signal, null);
  const data = sealedData(indexSealed(fields), -1, signal.by, value);
  return fillSignature(value, toBase64(await signer.sign(bytesFromString(data))));
}
