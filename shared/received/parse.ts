// Received, untrusted text to typed, for the wordings of Postfix, Exim, Sendmail, Exchange, Gmail, qmail and their like.
// RFC 5321 section 4.4 gives the frame; the rest is custom. Nothing here is believed: who wrote the field decides.
//
// Known gaps: a host whose name is one of the clause words ("by", "for") reads as that word, but behind "from" where a
// comment follows; `via` is not told.
import { limits } from "../limits.ts";
import { ok, perm, type Result } from "../result.ts";
import { splitClauses, type Clause, type Clauses } from "./clauses.ts";
import { parseMailDate } from "./date.ts";
import { readFrom } from "./from.ts";
import { parseIpAddress } from "./ip.ts";
import { readTls } from "./tls.ts";
import type { Received } from "./types.ts";

/** IANA "Mail Transmission Types" (RFC 3848, RFC 6531 section 4.3), and what gateways write. */
const transmissionTypes = /^(?:(?:UTF8)?(?:E?SMTP|LMTP)S?A?|HTTPS?|POP3|IMAP|MMS)$/;

const spellings: ReadonlyMap<string, string> = new Map([
  ["LOCAL", "Local"],
  ["LOCAL-SMTP", "SMTP"],
  ["LOCAL-BSMTP", "SMTP"],
  ["LOCAL-ESMTP", "ESMTP"],
  ["SMTPSVC", "SMTP"],
  ["ASMTP", "ESMTPA"],
  ["ESMTP-TLS", "ESMTPS"],
]);

/** "with Microsoft SMTP Server", "with [XMail 1.20 ESMTP Server]", "with ESMTP/TLS/…": the first word that is a type. */
function readProtocol(clause: Clause | undefined): string | null {
  const words = (clause?.words ?? []).slice(0, 4).flatMap((word) => word.split(/[\s[\]/]+/, 8));
  for (const word of words) {
    const upper = word.toUpperCase();
    const type = spellings.get(upper) ?? (transmissionTypes.test(upper) ? upper : null);
    if (type !== null) return type;
  }
  return null;
}

function withoutAngles(word: string | undefined): string | null {
  const bare = word?.replace(/^<(.*)>$/, "$1").trim() ?? "";
  return bare === "" ? null : bare;
}

function readHost(word: string | undefined): string | null {
  if (word === undefined) return null;
  return (word.startsWith("[") ? parseIpAddress(word) : null) ?? word;
}

/** Where servers tell of TLS, what only they write first. Comments that quote the client are left out. */
function tlsTexts({ byName }: Clauses, fromComments: readonly string[]): string[] {
  const clauses = [byName.get("with"), byName.get("by"), byName.get("id"), byName.get("for")];
  const comments = [...clauses.flatMap((clause) => clause?.comments ?? []), ...fromComments];
  const words = byName.get("with")?.words.slice(0, 8).join(" ") ?? "";
  return [words, ...comments.filter((comment) => !/^envelope-|ident/i.test(comment))];
}

/**
 * Parses one Received field: its value, or the whole field with its name, folded or not. Fails only where nothing of a
 * Received field can be found in it.
 */
export function parseReceived(text: string): Result<Received> {
  if (text.length > limits.receivedChars) return perm("received/too-long", `${text.length} characters`);
  const clauses = splitClauses(text.replace(/^received[ \t]*:/i, ""));
  const { from, otherComments } = readFrom(clauses);
  const isNamed = from !== null && Object.values(from).some((value) => value !== null);
  const received: Received = {
    from: isNamed ? from : null,
    by: readHost(clauses.byName.get("by")?.words[0]),
    with: readProtocol(clauses.byName.get("with")),
    tls: readTls(tlsTexts(clauses, otherComments)),
    id: withoutAngles(clauses.byName.get("id")?.words[0]),
    for: withoutAngles(clauses.byName.get("for")?.words[0]),
    date: parseMailDate(clauses.tail),
  };
  const told = Object.values(received).some((value) => value !== null);
  return told ? ok(received) : perm("received/nothing", "no from, by, with, id, for or date");
}
