// The reader in a report: told apart from other readers of the same mail, and by nobody but his own bridge told to be
// himself. Protocol section 6.
import type { Crypto } from "../crypto/crypto.ts";
import { toBase64Url } from "../encoding/base64.ts";
import { encodeUtf8 } from "../encoding/bytes.ts";
import { asciiLower } from "../header/address.ts";

/**
 * base64url(HMAC-SHA-256(bridge key; "ipp1-blind" 0 tok 0 recipient)): 43 characters. One mail's reports of one reader are
 * the same, two mails' differ, so that no profile of him can be drawn. ASCII letters of the address are lower-cased.
 */
export async function blindRecipient(
  bridgeKey: Uint8Array,
  token: string,
  recipient: string,
  crypto: Crypto,
): Promise<string> {
  return toBase64Url(await crypto.hmac(bridgeKey, encodeUtf8(`ipp1-blind\0${token}\0${asciiLower(recipient)}`)));
}
