// Every cap on what comes from outside, with its reason. Checked before anything is allocated.

export const limits = {
  /** Header section of one mail, bytes. Postfix's header_size_limit is 102,400 a field; real mails stay under 64 kB. */
  headerBytes: 1_048_576,
  /** A submitted body that is kept to be made 7-bit, bytes: three times Postfix' default message_size_limit. */
  sevenBitBytes: 33_554_432,
  /** All such bodies together, bytes: they are kept from their first octet to the mail's end, which is milliseconds. */
  sevenBitTotalBytes: 134_217_728,
  /** Parts of one mail, and how deep they nest: mail programs write a handful, forwards of forwards go ten deep. */
  mimeParts: 10_000,
  mimeDepth: 30,
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
  /** One CRL that is fetched from a CA of the trust store, bytes: 100,000 entries. */
  crlFetchBytes: 4_194_304,
  /** And from one that a domain's DNS names: strangers have such CAs too. 10,000 entries. */
  ownCrlFetchBytes: 524_288,
  /** And one such request, ms. */
  crlFetchMs: 30_000,
  /** Certificates in one chain that is looked at. */
  chainCertificates: 10,
  /** Intermediates between leaf and trust anchor. */
  pathDepth: 5,
  /** Signature checks one path validation may spend. */
  pathSignatures: 64,
  /** Certificates in one publication: several leaves of a roll-over, each with its chain. 64 KiB hold 200, and each is parsed. */
  publishedCertificates: 50,
  /** One certificate, bytes. */
  certificateBytes: 32_768,
  /** Certificates or CRLs offered to one path validation as candidates; what is beyond is not looked at. */
  pathCandidates: 4_096,
  /** Steps one path search may take from a certificate to a possible issuer: stops graphs whose edges all verify. */
  pathSteps: 20_000,
  /** Names compared with name constraints in one path validation: 2,000 times 2,000 is an attack, 64 times 64 real. */
  nameComparisons: 262_144,
  /** CRLs of one path validation, bytes, and each: the biggest public S/MIME CRLs have a few MB; 37 bytes an entry. */
  crlBytes: 8_388_608,
  /** CRLs offered to one path validation. */
  crls: 64,
  /** How old a CRL without nextUpdate may be, s: RFC 5280 section 5.1.2.5 demands the field; a week is what issuers use. */
  crlSeconds: 7 * 86_400,
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
  /** How long a mail is put off because its declaration cannot be checked, s (protocol section 3, temperror). */
  temperrorSeconds: 4 * 3_600,
  /** Mails remembered as put off; above it nothing more is put off. A mail's identity and time take some 150 bytes. */
  deferredMails: 100_000,
  /** One milter packet, bytes: libmilter's largest agreed size is 1 MiB - 1, Postfix sends bodies by 65,535. */
  milterPacketBytes: 1_048_576,
  /** What one milter connection may send ahead while its last command is worked on, bytes; then it is not read. */
  milterQueuedBytes: 262_144,
  /** What one milter peer may leave unread of our replies, bytes: one end of message's edits are far below. */
  milterUnreadBytes: 1_048_576,
  /** Milter connections at once: ten times Postfix' default_process_limit of 100. */
  milterConnections: 1_000,
  /** Recipients of one mail: Postfix' smtpd_recipient_limit is 1,000. */
  recipients: 1_000,
  /** One request to the policy service, bytes: 40 attributes, of which certificates' names may be long. */
  policydRequestBytes: 65_536,
  /** What one policy client may leave unread of our answers, bytes: Postfix reads each before it asks again. */
  policydUnreadBytes: 65_536,
  /** Attributes in one policy request; Postfix 3.10 sends about 45. */
  policydAttributes: 200,
  /** Policy service connections at once: one a Postfix smtpd process. */
  policydConnections: 1_000,
  /** Client certificate facts kept for the milter, entries: one an SMTP connection whose mail is still to come. */
  clientFacts: 20_000,
  /** How long such a fact is kept, s: Postfix' smtpd_timeout between two commands is 300 s, and a large mail takes long. */
  clientFactSeconds: 3_600,
  /** One Authentication-Results value, characters, and the results and properties in it: providers write under 2 kB. */
  authresChars: 32_768,
  authresResults: 100,
  authresProperties: 50,
  /** One Received value, characters: the longest real ones (Exchange, Facebook) have under 1,000. */
  receivedChars: 8_192,
  /** HTTP signature fields, characters, and the signatures in them: a report carries one of some 300 characters. */
  httpSignatureChars: 8_192,
  httpSignatures: 10,
  /** Longest life of an HTTP signature, s: it is made for one attempt (protocol section 6). */
  httpSignatureSeconds: 600,
  /** A report's JSON body, characters: 100 recipients' and domains' bindings and room. */
  reportChars: 16_384,
  /** Entries of one weekly count or daily sum: purposes times codes of one domain. At their longest they fit reportChars. */
  countEntries: 100,
  /** Largest count in one of them: what no provider sees of one domain in a day. */
  countedMails: 1_000_000_000,
  /** CFBL-Address or CFBL-Feedback-ID, characters: one line of RFC 5322's longest and its folding. */
  feedbackChars: 1_024,
  /** An abuse report, bytes, and the parts and fields of it that are looked at. */
  arfBytes: 1_048_576,
  arfParts: 20,
} as const;
