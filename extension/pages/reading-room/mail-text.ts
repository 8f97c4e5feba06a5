// A mail as text to read beside its panel. Never its HTML: the page shows what the mail says, it does not run it.
import PostalMime from "postal-mime";

/** Longest text that is shown, UTF-16 units. */
const maxLength = 20_000;

/** The text part; of a mail with HTML only, its words. */
export async function mailText(raw: Uint8Array): Promise<string> {
  const mail = await PostalMime.parse(raw);
  const words = mail.text ?? new DOMParser().parseFromString(mail.html ?? "", "text/html").body.textContent;
  return words.trim().slice(0, maxLength);
}
