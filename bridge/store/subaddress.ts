// Whose mailbox a subaddress leads to (RFC 5233): alice@ for alice+shop@. As the MTA cuts it, so that both mean the same
// reader: Postfix' recipient_delimiter, a set of characters of which the first in the local part counts (postconf(5)).

/** The mailbox behind an address with a subaddress; null: it has none. */
export type MailboxOf = (address: string) => string | null;

/** What Postfix never cuts at "-" (split_addr(3), owner_request_special). */
const whole = /^(?:mailer-daemon|double-bounce|owner-.*|.*-request)$/is;

function firstOf(text: string, set: string): number {
  for (let at = 0; at < text.length; at += 1) if (set.includes(text.charAt(at))) return at;
  return -1;
}

/** `delimiters`: the characters, asked for each time, so that a reload counts at once. */
export function mailboxesBy(delimiters: () => string): MailboxOf {
  return (address) => {
    const set = delimiters();
    const local = address.slice(0, Math.max(0, address.lastIndexOf("@")));
    const cut = firstOf(local, set);
    if (cut < 1 || (set.includes("-") && whole.test(local))) return null;
    return address.slice(0, cut) + address.slice(local.length);
  };
}
