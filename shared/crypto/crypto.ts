// The primitives that shared/ needs, injected: node:crypto's thread pool in the bridge, WebCrypto elsewhere.

/** Signature algorithms of declarations and seals (protocol section 3). ECDSA signatures are P1363 (r ‖ s), 64 bytes. */
export type SignatureAlgorithm = "ed25519-sha256" | "ecdsa-p256-sha256" | "rsa-sha256";

/** An implementation may answer at once or later; callers await. */
export interface Crypto {
  /** SHA-256 of the octets. */
  digest(data: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** HMAC-SHA-256 (RFC 2104). */
  hmac(key: Uint8Array, data: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /**
   * Whether `signature` over `data` verifies under the key. `spki` is a DER SubjectPublicKeyInfo; an implementation may
   * cache the parsed key by its content. A malformed key or one of another type is `false`, never an exception.
   * "ed25519-sha256" signs the SHA-256 digest of `data` (RFC 8463 section 3).
   */
  verify(
    algorithm: SignatureAlgorithm,
    spki: Uint8Array,
    data: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean> | boolean;
}

/** Holds a private key and signs with it; the key itself never leaves the implementation. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  /** DER SubjectPublicKeyInfo of the key. */
  readonly spki: Uint8Array;
  /** base64url(SHA-256(spki)): the `ks` of declarations, the `k` of seals. */
  readonly keyId: string;
  sign(data: Uint8Array): Promise<Uint8Array> | Uint8Array;
}
