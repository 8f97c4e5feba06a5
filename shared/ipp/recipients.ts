// Recipient binding: salted digests of the visible recipients (`rh`) and of their domains (`rd`). Protocol section 3.
// The salt is the token's nonce: it is signed with them, new for every mail, and the sender can recompute them from a report.
import type { Crypto } from "../crypto/crypto.ts";
import { toBase64Url } from "../encoding/base64.ts";
import { concatBytes, encodeUtf8 } from "../encoding/bytes.ts";
import { addressDomain, asciiLower } from "../header/address.ts";

/** Base64url characters of one entry: 132 bits. */
export const bindingCharacters = 22;

const recipientLabel = encodeUtf8("ipp1-rcpt\0");
const domainLabel = encodeUtf8("ipp1-dom\0");

async function bind(label: Uint8Array, nonce: Uint8Array, text: string, crypto: Crypto): Promise<string> {
  const digest = await crypto.digest(concatBytes(label, nonce, encodeUtf8(asciiLower(text))));
  return toBase64Url(digest).slice(0, bindingCharacters);
}

/**
 * The `rh` entry of an address (Mailbox.address). ASCII letters are lower-cased in the local part too, as `<alias>` is:
 * envelopes do not always spell it as the header does.
 */
export function bindRecipient(nonce: Uint8Array, address: string, crypto: Crypto): Promise<string> {
  return bind(recipientLabel, nonce, address, crypto);
}

/** The `rd` entry of a domain (A-labels). */
export function bindDomain(nonce: Uint8Array, domain: string, crypto: Crypto): Promise<string> {
  return bind(domainLabel, nonce, domain, crypto);
}

/** The `rh` and `rd` lists for some recipients, each entry once, in the recipients' order. */
export async function bindRecipients(
  nonce: Uint8Array,
  addresses: readonly string[],
  crypto: Crypto,
): Promise<{ readonly rh: readonly string[]; readonly rd: readonly string[] }> {
  const rh = new Set<string>();
  const rd = new Set<string>();
  for (const domain of new Set(addresses.map((address) => addressDomain(address)))) {
    rd.add(await bindDomain(nonce, domain, crypto));
  }
  for (const address of addresses) {
    rh.add(await bindRecipient(nonce, address, crypto));
  }
  return { rh: [...rh], rd: [...rd] };
}
