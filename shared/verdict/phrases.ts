// Every text that a verdict can say: its key in extension/_locales, the names of its values, and in English as a comment
// (test/shared/verdict/phrases.test.ts holds all three to each other). How a value is shown follows from the end of its
// name: `_key` is another text, `_at` a moment and `_day` a day (Unix seconds), all else is text of the mail.
import type { Phrase } from "./types.ts";

/** Names of the values of each text, in alphabetical order. */
export const phrases = {
  // Levels (panel.md point 1).
  level_holds: [], // Holds
  level_careful: [], // Careful
  level_broken: [], // Does not hold
  level_unproven: [], // Not proven
  level_unrecorded: [], // Not recorded

  // What it is said to be: at the beginning of a sentence, and in short.
  purpose_personal: [], // A personal mail
  purpose_personal_short: [], // Personal mail
  purpose_transactional: [], // A mail about an order or a contract
  purpose_transactional_short: [], // Order or contract
  purpose_transactional_invoice: [], // An invoice
  purpose_transactional_invoice_short: [], // Invoice
  purpose_transactional_order: [], // An order confirmation
  purpose_transactional_order_short: [], // Order
  purpose_transactional_receipt: [], // A receipt
  purpose_transactional_receipt_short: [], // Receipt
  purpose_transactional_delivery: [], // A delivery notice
  purpose_transactional_delivery_short: [], // Delivery
  purpose_transactional_booking: [], // A booking
  purpose_transactional_booking_short: [], // Booking
  purpose_transactional_reminder: [], // A reminder
  purpose_transactional_reminder_short: [], // Reminder
  purpose_account: [], // A notice about an account
  purpose_account_short: [], // Account
  purpose_account_signin: [], // A notice about a sign-in
  purpose_account_signin_short: [], // Sign-in
  purpose_account_password: [], // A notice about a password
  purpose_account_password_short: [], // Password
  purpose_account_code: [], // A one-time code
  purpose_account_code_short: [], // One-time code
  purpose_account_security: [], // A security notice
  purpose_account_security_short: [], // Security
  purpose_account_terms: [], // A change of terms
  purpose_account_terms_short: [], // Change of terms
  purpose_notification: [], // A notification
  purpose_notification_short: [], // Notification
  purpose_notification_appointment: [], // An appointment
  purpose_notification_appointment_short: [], // Appointment
  purpose_notification_alert: [], // An alert
  purpose_notification_alert_short: [], // Alert
  purpose_discussion: [], // A contribution to a discussion
  purpose_discussion_short: [], // Discussion
  purpose_newsletter: [], // A newsletter
  purpose_newsletter_short: [], // Newsletter
  purpose_marketing: [], // Advertising
  purpose_marketing_short: [], // Advertising
  purpose_political: [], // Political advertising
  purpose_political_short: [], // Political advertising
  purpose_automated: [], // An automatic message
  purpose_automated_short: [], // Automatic message
  purpose_report: [], // A technical report
  purpose_report_short: [], // Technical report
  purpose_other: [], // A mail of a kind that is not known here
  purpose_other_short: [], // Unknown kind

  // The sentence: one for each row of the judgement, more where one would not be true of every such mail.
  sentence_pass: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$. The rules of your mailbox accept it.
  sentence_policy_reject: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but the rules of your mailbox refuse it. Your server let it through on trial.
  sentence_policy_quarantine: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but the rules of your mailbox set it aside.
  sentence_policy_tag: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but the rules of your mailbox mark it: look twice.
  sentence_broken_all: ["domain"], // $DOMAIN$ signs all its mail. This one is not theirs.
  sentence_none_all: ["domain"], // $DOMAIN$ signs all its mail. This one has no signature: it is not theirs.
  sentence_invalid_all: ["domain"], // $DOMAIN$ signs all its mail. What this one carries is not a valid signature of theirs.
  sentence_all_nameless: [], // The domain it names as its sender signs all its mail. This one is not theirs.
  sentence_forged_hop: [], // It carries a record that is not from your server.
  sentence_forged_unknown_key: [], // It carries a record under your server’s name, sealed with a key that is not known here.
  sentence_forged_revoked_key: [], // It carries a record under your server’s name, sealed with a key that your provider has withdrawn.
  sentence_expired: ["signer"], // It says it is signed for $SIGNER$, but that signature had run out when it arrived.
  sentence_expired_certificate: ["signer"], // It says it is signed for $SIGNER$, but its certificate had expired when it was signed.
  sentence_out_of_date: ["signer"], // It says it is signed for $SIGNER$, but signature or certificate had run out.
  sentence_permerror: [], // It carries a declaration that can’t be checked. Nothing it says of itself is proven.
  sentence_permerror_malformed: [], // Its declaration is malformed. Nothing it says of itself is proven.
  sentence_permerror_from: ["signer"], // It carries a signature that names $SIGNER$, but says that it is from somebody else.
  sentence_unchecked_all: ["domain", "signer"], // $DOMAIN$ signs all its mail. This one says it is signed for $SIGNER$, but for hours the sender’s side could not be asked about that.
  sentence_replay: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but sent again to many whom it was not written to.
  sentence_changed_key: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but with another key than earlier mail from there.
  sentence_lowered_trust: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but less well vouched for than earlier mail from there.
  sentence_no_trust: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but nobody stands behind its certificate: it may have been withdrawn.
  sentence_first_key: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but by a key that nobody vouches for yet.
  sentence_changed_body: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but changed after your server saw it.
  sentence_revocation_unknown: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but your server could not yet learn whether the certificate has been withdrawn.
  sentence_forwarded: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but you are not named in it: forwarded, or sent as a blind copy.
  sentence_forwarded_others: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$ and written to you, but it came together with a copy for somebody it doesn’t name.
  sentence_copy: ["signer"], // A second copy of a mail signed for $SIGNER$.
  sentence_temperror: ["signer"], // It says it is signed for $SIGNER$, but the sender’s side could not be asked about that.
  sentence_broken: [], // Signed, but changed on the way; mailing lists do that.
  sentence_no_policy: ["purpose_key", "signer"], // $PURPOSE_KEY$, signed for $SIGNER$, but no rule of your mailbox has looked at it.
  sentence_none: [], // This mail declares nothing. How it got here is recorded.
  sentence_unjudged: ["short_key"], // It calls itself “$SHORT_KEY$”. Your server recorded its way, but did not check that.
  sentence_claimed: ["short_key"], // It calls itself “$SHORT_KEY$”. No server of yours has checked that.
  sentence_nothing: [], // This mail declares nothing, and your mail server recorded nothing about its way.

  // What to do, with every bad level (panel.md point 5).
  advice_broken: [], // Don’t pay, don’t open links. Ask the sender by another way.
  advice_refused: [], // You or your provider do not want such mail. Leave links and attachments closed.
  advice_forged: [], // Somebody wants it to look checked, or a program changed it after your server. Rely on nothing it says; ask the sender by another way.
  advice_forged_key: [], // See in the settings whether your provider has new keys. Until then rely on nothing it says.
  advice_expired: [], // If it matters, ask the sender to send it again. Don’t pay before that.
  advice_permerror: [], // If it asks for money or a password, ask the sender by another way first.
  advice_replay: [], // It was written to somebody else and is being spread. Don’t pay, don’t open links.
  advice_key: [], // Read the address letter by letter. If it asks for money, a password or new bank details, ask the sender by another way first.
  advice_policy: [], // Look twice before you open links or attachments.

  // Summaries at the end of the three lines.
  gist_says: ["short_key"], // $SHORT_KEY$
  gist_says_unproven: ["short_key"], // $SHORT_KEY$, not proven
  gist_says_nothing: [], // nothing
  gist_says_malformed: [], // something malformed
  gist_way_one: ["tls"], // $TLS$, 1 server
  gist_way_many: ["count", "tls"], // $TLS$, $COUNT$ servers
  gist_way_weak: [], // outdated encryption
  gist_way_open: [], // not encrypted
  gist_way_untold: [], // encryption not recorded
  gist_way_changed: [], // changed after your server
  gist_way_forged: [], // a record that does not hold
  gist_way_claimed: [], // only claimed
  gist_way_claimed_tls: ["tls"], // only claimed: $TLS$
  gist_way_nothing: [], // nothing
  gist_checks_pass: ["methods"], // $METHODS$ passed
  gist_checks_fail: ["methods"], // $METHODS$ failed
  gist_checks_unsure: [], // no clear result
  gist_checks_nothing: [], // nothing recorded
  gist_checks_claimed_pass: ["methods"], // provider says: $METHODS$ passed
  gist_checks_claimed_fail: ["methods"], // provider says: $METHODS$ failed
  gist_checks_claimed_unsure: [], // provider says: no clear result

  // Labels of the evidence.
  row_purpose: [], // Purpose
  row_signed_for: [], // Signed for
  row_claims: [], // Claims to be from
  row_names: [], // Signature names
  row_signature: [], // Signature
  row_written_to: [], // Written to
  row_letters: [], // Letters
  row_vouched: [], // Vouched for by
  row_certificate: [], // Certificate
  row_issuer: [], // Issued by
  row_fingerprint: [], // Fingerprint
  row_policy: [], // Rules
  row_rechecked: [], // Checked again
  row_list: [], // Mailing list
  row_reason: [], // Technical reason
  row_check_dkim: [], // DKIM: signature of a domain
  row_check_spf: [], // SPF: allowed server
  row_check_dmarc: [], // DMARC: domain of the sender
  row_check_arc: [], // ARC: stations before
  row_checked_by: [], // Checked by

  // What stands beside the labels.
  value_text: ["text"], // $TEXT$
  value_purpose: ["short_key"], // $SHORT_KEY$
  value_purpose_class: ["class_key", "short_key"], // $SHORT_KEY$; $CLASS_KEY$
  value_purpose_consent: ["consent_key", "short_key"], // $SHORT_KEY$; $CONSENT_KEY$
  value_purpose_class_consent: ["class_key", "consent_key", "short_key"], // $SHORT_KEY$; $CLASS_KEY$; $CONSENT_KEY$
  value_purpose_unknown: ["purpose"], // “$PURPOSE$”, a kind that is not known here
  value_class_individual: [], // to one reader alone
  value_class_group: [], // to a closed group
  value_class_bulk: [], // the same to many
  value_consent_relationship: [], // you are a customer, member or correspondent
  value_consent_requested: [], // you asked for it
  value_consent_optin: [], // you subscribed to it
  value_consent_confirmed: [], // you subscribed to it and confirmed
  value_consent_legal: [], // a law demands it
  value_consent_none: [], // you did not agree to it
  value_signed_for: ["signed_at", "signer"], // $SIGNER$, $SIGNED_AT$
  value_signature_holds: [], // fits this mail
  value_signature_broken: [], // does not fit this mail
  value_signature_expired: ["expired_at"], // ran out: $EXPIRED_AT$
  value_signature_certificate: [], // its certificate had expired
  value_signature_out_of_date: [], // had run out, or its certificate had
  value_signature_unusable: [], // can’t be checked
  value_signature_unasked: [], // could not be checked when it arrived
  value_signature_missing: [], // none, though the domain signs all its mail
  value_signature_unlooked: [], // not checked by any server of yours
  value_written_you: [], // one of your addresses
  value_written_other: [], // none of the addresses set up here; perhaps an alias or a group
  value_letters_mixed: [], // from several alphabets: it may only look like a name you know
  value_letters_coded: [], // the domain has letters beyond a to z, written here as xn--…
  value_trust_pkix: [], // a certificate authority that your server trusts
  value_trust_domain: ["domain"], // the domain $DOMAIN$, in signed DNS
  value_trust_site: ["domain"], // the web server of $DOMAIN$
  value_trust_pinned: [], // earlier mail from this address with the same key
  value_trust_self: [], // nobody but itself
  value_trust_none: [], // nobody
  value_certificate: ["until_day"], // valid to $UNTIL_DAY$
  value_rechecked_fits: [], // yes, on this device: signature and certificate fit
  value_rechecked_header: [], // yes, on this device: the header fits, the text was changed
  value_rechecked_fails: [], // yes, on this device: it does not fit
  value_rechecked_unable: [], // no, the certificate was not at hand; it is your server’s word
  value_list: [], // its header names one; lists often change what they pass on
  value_policy_rule_accept: ["rule"], // rule “$RULE$”: accept
  value_policy_rule_tag: ["rule"], // rule “$RULE$”: mark
  value_policy_rule_quarantine: ["rule"], // rule “$RULE$”: set aside
  value_policy_rule_reject: ["rule"], // rule “$RULE$”: refuse
  value_policy_local_accept: [], // a rule of your own: accept
  value_policy_local_tag: [], // a rule of your own: mark
  value_policy_local_quarantine: [], // a rule of your own: set aside
  value_policy_local_reject: [], // a rule of your own: refuse
  value_policy_default_accept: [], // no rule fits: accept
  value_policy_default_tag: [], // no rule fits: mark
  value_policy_default_quarantine: [], // no rule fits: set aside
  value_policy_default_reject: [], // no rule fits: refuse
  value_policy_undeclared_accept: [], // nothing proven: accept
  value_policy_undeclared_tag: [], // nothing proven: mark
  value_policy_undeclared_quarantine: [], // nothing proven: set aside
  value_policy_undeclared_reject: [], // nothing proven: refuse
  value_policy_unmet_trust: [], // too little is known about its key
  value_policy_unmet_tls: [], // it came without good enough encryption

  // The way: one server's step, and its details.
  way_took: ["by", "peer"], // $BY$ took it from $PEER$
  way_took_nameless: ["by", "ip"], // $BY$ took it from $IP$ (no name)
  way_received: ["by"], // $BY$ took it
  way_from: ["peer"], // taken from $PEER$
  way_unreadable: [], // a step that can’t be read
  way_tls: ["tls"], // $TLS$
  way_tls_weak: [], // outdated encryption
  way_tls_none: [], // not encrypted
  way_tls_untold: [], // encryption not recorded
  way_certificate_verified: [], // client certificate verified
  way_certificate_present: [], // client certificate not verified
  way_certificate_none: [], // no certificate
  way_named_itself: ["name"], // called itself $NAME$
  way_at: ["taken_at"], // $TAKEN_AT$
  way_changed: [], // text changed after this
  way_record_forged: [], // a record under your server’s name that does not hold
  way_record_unknown_key: [], // a record under your server’s name, sealed with an unknown key
  way_record_revoked_key: [], // a record under your server’s name, sealed with a withdrawn key

  // Other checks.
  checks_pass: [], // passed
  checks_pass_for: ["identity"], // passed, for $IDENTITY$
  checks_fail: [], // failed
  checks_fail_for: ["identity"], // failed, for $IDENTITY$
  checks_unsure: [], // no clear result
  checks_unsure_for: ["identity"], // no clear result, for $IDENTITY$
  checks_error: [], // could not be checked
  checks_error_for: ["identity"], // could not be checked, for $IDENTITY$
  checks_none: [], // nothing to check
  checks_none_for: ["identity"], // nothing to check, for $IDENTITY$
  checks_by: ["server"], // $SERVER$, under seal
  checks_by_claimed: ["server"], // $SERVER$, only claimed
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A text's key. */
export type PhraseKey = keyof typeof phrases;
type Values<Key extends PhraseKey> = Readonly<Record<(typeof phrases)[Key][number], string>>;

/** A text with exactly the values it has. */
export function say<Key extends PhraseKey>(
  key: Key,
  ...[values]: (typeof phrases)[Key] extends readonly [] ? [] : [Values<Key>]
): Phrase {
  return { key, values: values ?? {} };
}

/** The key as one of ours, or null: for keys put together from a registry's words. */
export function phraseKey(key: string): PhraseKey | null {
  return Object.hasOwn(phrases, key) ? (key as PhraseKey) : null;
}
