// Every cap on what comes from outside, with its reason. Checked before anything is allocated.

export const limits = {
  /** Header section of one mail, bytes. Postfix's header_size_limit is 102,400 a field; real mails stay under 64 kB. */
  headerBytes: 1_048_576,
  /** Fields in one header. The longest seen in practice (long ARC and Received chains) has fewer than 300. */
  headerFields: 2_000,
  /** One IPP-Signature, Hop-Signal or IPP-Purpose value, bytes: 100 recipients' bindings of 24 bytes and room. */
  ourFieldBytes: 32_768,
  /** Tags in one tag=value list. */
  tags: 64,
  /** Recipients bound in one declaration (`rh`, `rd`): RFC 5321 section 4.5.3.1.8's 100 recipients. */
  boundRecipients: 100,
  /** Hop-Signals in one mail that are looked at: more MTAs of one's own in a row is a loop (RFC 5321 section 6.3: 100 Received). */
  hops: 20,
  /** One TXT record's joined strings, bytes: what fits a DNS answer over TCP comfortably, far above any real record. */
  txtBytes: 4_096,
  /** One HTTP answer from a sender's side, bytes. */
  fetchBytes: 65_536,
  /** One HTTP request to a sender's side, ms, from look-up to last byte. */
  fetchMs: 10_000,
  /** Certificates in one chain that is looked at. */
  chainCertificates: 10,
  /** Intermediates between leaf and trust anchor. */
  pathDepth: 5,
  /** Signature checks one path validation may spend. */
  pathSignatures: 64,
  /** One certificate, bytes. */
  certificateBytes: 32_768,
  /** Certificates or CRLs offered to one path validation as candidates; what is beyond is not looked at. */
  pathCandidates: 4_096,
  /** One policy document, bytes, rules, and nesting. */
  policyBytes: 65_536,
  policyRules: 200,
  policyPatterns: 50,
  /** Clock difference between sender and receiver that is forgiven, s (protocol section 3). */
  skewSeconds: 300,
  /** Longest life of a declaration, s: x - t (protocol section 3). */
  declarationSeconds: 14 * 86_400,
  /** How long the sender still counts a report about a token, s: t + 60 d (protocol section 6). */
  reportSeconds: 60 * 86_400,
  /** Unbound recipients one token may reach before it reads `replay` (protocol section 3). */
  replayRecipients: 10,
  /** A second copy from the same client within this time is a retry, s (protocol section 3; RFC 5321 section 4.5.4.1: 4-5 d). */
  retrySeconds: 5 * 86_400,
  /** One Authentication-Results value, characters, and the results and properties in it: providers write under 2 kB. */
  authresChars: 32_768,
  authresResults: 100,
  authresProperties: 50,
  /** One Received value, characters: the longest real ones (Exchange, Facebook) have under 1,000. */
  receivedChars: 8_192,
} as const;
