// Ed25519 over the octets themselves (RFC 8032, "PureEdDSA"), as RFC 9421 section 3.3.6 wants it; mail signs a digest
// instead (RFC 8463). Over WebCrypto, which Node and browsers both have: reports are rare.

/** Whether `signature` over `data` verifies under the key, a DER SubjectPublicKeyInfo. Malformed keys verify nothing. */
export async function verifyEd25519(spki: Uint8Array, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("spki", Uint8Array.from(spki), { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, key, Uint8Array.from(signature), Uint8Array.from(data));
  } catch {
    // WebCrypto's way to say that this is no key, or one of another type.
    return false;
  }
}
