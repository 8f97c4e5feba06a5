// GeneralName: one name of any of X.509's nine forms. RFC 5280 section 4.2.1.6; SmtpUTF8Mailbox: RFC 9598 section 3.
import { type DerReader, constructed, primitive, tags } from "./der.ts";
import { type DistinguishedName, readName } from "./name.ts";
import { readIa5, readOid, utf8Text } from "./values.ts";

/** The forms as this code tells them apart; `other`: otherName of a kind unknown here. */
export type GeneralNameForm =
  "email" | "smtpUtf8" | "dns" | "uri" | "ip" | "directory" | "other" | "x400" | "ediParty" | "registeredId";

/** One name. Text is as written, not yet checked for the syntax its form asks for. */
export type GeneralName =
  | { readonly form: "email" | "smtpUtf8" | "dns" | "uri"; readonly text: string }
  | { readonly form: "ip"; readonly octets: Uint8Array }
  | { readonly form: "directory"; readonly name: DistinguishedName }
  | { readonly form: "other"; readonly type: string }
  | { readonly form: "x400" | "ediParty" | "registeredId" };

/** id-on-SmtpUTF8Mailbox. RFC 9598 section 3. */
const smtpUtf8MailboxType = "1.3.6.1.5.5.7.8.9";

/** The next GeneralName. */
export function readGeneralName(reader: DerReader): GeneralName {
  const tag = reader.peek();
  switch (tag) {
    case constructed(0):
      return readOtherName(reader);
    case primitive(1):
      return { form: "email", text: readIa5(reader, tag) };
    case primitive(2):
      return { form: "dns", text: readIa5(reader, tag) };
    case constructed(3):
      reader.element();
      return { form: "x400" };
    case constructed(4): {
      const explicit = reader.enter(tag);
      const name = readName(explicit);
      explicit.finish();
      return { form: "directory", name };
    }
    case constructed(5):
      reader.element();
      return { form: "ediParty" };
    case primitive(6):
      return { form: "uri", text: readIa5(reader, tag) };
    case primitive(7):
      return { form: "ip", octets: reader.content(tag) };
    case primitive(8):
      readOid(reader, tag);
      return { form: "registeredId" };
    default:
      reader.fail("no GeneralName");
      return { form: "x400" };
  }
}

function readOtherName(reader: DerReader): GeneralName {
  const other = reader.enter(constructed(0));
  const type = readOid(other);
  if (type !== smtpUtf8MailboxType) {
    // A value of any type, not looked into. Some real suites leave out its [0]: whatever stands here is one value.
    other.element();
    other.finish();
    return { form: "other", type };
  }
  const explicit = other.enter(constructed(0));
  const text = utf8Text(explicit.content(tags.utf8String));
  explicit.finish();
  other.finish();
  if (text === null) reader.fail("SmtpUTF8Mailbox not UTF-8");
  return { form: "smtpUtf8", text: text ?? "" };
}

/** GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName, with its tag given where it is implicit. */
export function readGeneralNames(reader: DerReader, tag: number = tags.sequence): GeneralName[] {
  const sequence = reader.enter(tag);
  const names: GeneralName[] = [];
  do names.push(readGeneralName(sequence));
  while (sequence.more());
  return names;
}
